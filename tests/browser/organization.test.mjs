// An organization's member in Chromium: invited into a group, they activate twelve machines by one zip within the group's
// seats, and give one back; the organization sees it.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { link, logInPage, mailTo } from "./clients.mjs";
import { Machine, accessible, picture, save, scratch, startBrowser, startPortal, unzip, visit, zip } from "./world.mjs";

let folder, portal, browser, license;

before(async () => {
  folder = scratch();
  portal = await startPortal(folder.path);
  const lab = portal.admin("organization", "create", "--name", "Materials Lab", "--allowed-users", "10").id;
  portal.admin("user", "create", "--email", "otto@lab.example", "--name", "Otto Berg", "--organization", lab, "--organization-role", "admin", "--password-file", "-");
  license = portal.admin("license", "create", "--product", "acme-cad", "--plan", "Campus", "--holder", "Materials Lab", "--organization", lab, "--activations", "20", "--days", "365").id;
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  folder?.remove();
});

const text = (page) => page.locator("main").innerText();

/** The organization's administrator makes a group with a license and twelve seats, and invites Inga into it. */
async function invite(page) {
  await page.goto(`${portal.url}/organization/groups`);
  await accessible(page, "no groups yet");
  await picture(page, "organization-groups-empty");
  await page.getByLabel("Name").fill("Cluster");
  await page.getByRole("button", { name: "Create group" }).click();
  await page.getByRole("heading", { name: "Cluster" }).waitFor();
  await accessible(page, "an empty group");
  await picture(page, "organization-group-empty");
  await page.getByLabel("Seats at most (empty: any number)").fill("12");
  await page.getByRole("button", { name: "Link", exact: true }).click();
  await page.getByText("0 of 12").waitFor();
  await page.goto(`${portal.url}/organization/users`);
  await page.getByLabel("E-mail address").fill("inga@lab.example");
  await page.getByLabel("First name").fill("Inga");
  await page.getByLabel("Last name").fill("Holm");
  await page.getByLabel("Cluster").check();
  await page.getByRole("button", { name: "Send the invitation" }).click();
  await page.getByText("invited").waitFor();
}

test("an invited member activates twelve machines by one zip within the group's seats, and deactivates one", async () => {
  const otto = await visit(browser, [portal.url]);
  await logInPage(otto.page, portal, "otto@lab.example");
  await invite(otto.page);

  const { page, close } = await visit(browser, [portal.url]);
  await page.goto(link(portal, await mailTo(portal, "inga@lab.example"), "/invite/"));
  await page.getByLabel(/^Password/).fill("inga's own password");
  await page.getByRole("button", { name: "Accept the invitation" }).click();
  await page.goto(`${portal.url}/licenses`);
  await accessible(page, "a member's licenses");
  await picture(page, "member-licenses");
  await page.getByRole("link", { name: /Acme CAD/ }).first().click();
  assert.match(await text(page), /The whole key is for the administrators of your organization/);
  await accessible(page, "a member's license");
  await picture(page, "member-license");

  const machines = Array.from({ length: 12 }, (_, n) => new Machine(folder.path, `node-${n + 1}`, portal.roots));
  const files = machines.map((one) => {
    const path = join(folder.path, `${one.name}.request`);
    writeFileSync(path, one.request("activation").text);
    return path;
  });
  await page.locator("input[type=file]").setInputFiles(zip(join(folder.path, "cluster.zip"), files));
  await page.getByRole("heading", { name: "What will happen" }).waitFor();
  assert.match(await text(page), /12 of these machines need a seat of Acme CAD, 12 are free/);
  await accessible(page, "a member's review");
  await picture(page, "member-review");
  await page.locator("#confirm").click();
  await page.getByRole("heading", { name: "Carry this back" }).waitFor();
  await accessible(page, "a member's result");
  await picture(page, "member-result");
  const responses = await save(page, page.locator("#all"), folder.path);
  unzip(responses, join(folder.path, "responses"));
  for (const one of machines) assert.equal(one.install(join(folder.path, "responses", `${one.name}.response`)).state, "active", one.name);

  // The thirteenth gets none, though the license has eight left: that is what the group's limit is for.
  await page.goto(`${portal.url}/licenses/${license}`);
  await page.locator("input[type=file]").setInputFiles(new Machine(folder.path, "node-13", portal.roots).request("activation").path);
  await page.getByText("group-seats-used-up").waitFor();
  await accessible(page, "a group without a seat");
  await picture(page, "member-refused");

  await page.goto(`${portal.url}/licenses/${license}`);
  await page.locator("input[type=file]").setInputFiles(machines[4].request("deactivation").path);
  await page.locator("#confirm").click();
  const receipt = await save(page, page.locator("a.download"), folder.path);
  assert.equal(machines[4].install(receipt).installed, "receipt");
  assert.notEqual(machines[4].check().state, "active");
  await page.goto(`${portal.url}/licenses/${license}?state=deactivated`);
  await close();

  await otto.page.goto(`${portal.url}/organization/licenses/${license}`);
  assert.match(await text(otto.page), /Cluster[\s\S]*11 of 12/);
  await otto.page.goto(`${portal.url}/organization/activity`);
  assert.match(await text(otto.page), /node-5 was deactivated\.[\s\S]*node-\d+ was activated\.[\s\S]*Inga Holm accepted the invitation/);
  await otto.page.emulateMedia({ colorScheme: "dark" });
  await picture(otto.page, "organization-activity-dark");
  await otto.close();
});

test("a member of no group sees no license, and is told what to do", async () => {
  portal.admin("user", "create", "--email", "new@lab.example", "--name", "New", "--password-file", "-");
  const { page, close } = await visit(browser, [portal.url]);
  await logInPage(page, portal, "new@lab.example");
  await page.goto(`${portal.url}/licenses`);
  await accessible(page, "no licenses");
  await picture(page, "licenses-none");
  assert.match(await text(page), /No license is linked to you yet\. Ask/);
  await page.goto(`${portal.url}/downloads`);
  await accessible(page, "no downloads");
  await picture(page, "downloads-none");
  await page.goto(`${portal.url}/licenses/${license}`);
  await accessible(page, "somebody else's license");
  await picture(page, "not-found");
  await page.goto(`${portal.url}/admin`);
  await accessible(page, "not allowed");
  await picture(page, "forbidden");
  await close();
});
