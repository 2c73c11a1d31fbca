// Attack: what forms repeat, what a browser says of itself, and what a mail carries on, stay text.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { link, logIn, logInPage, mailTo } from "./clients.mjs";
import { BUILT_IN } from "./corpora.mjs";
import { scratch, startBrowser, startPortal } from "./world.mjs";
import { watched } from "./watch.mjs";

const ORGANIZATION = `<script>alert("organization")</script>`;
let folder, portal, browser, otto, group;

before(async () => {
  folder = scratch();
  portal = await startPortal(folder.path);
  browser = await startBrowser();
  const lab = portal.admin("organization", "create", "--name", ORGANIZATION).id;
  portal.admin("user", "create", "--email", "otto@lab.example", "--name", BUILT_IN[1], "--organization", lab, "--organization-role", "admin", "--password-file", "-");
  portal.admin("license", "create", "--product", "acme-cad", "--plan", BUILT_IN[0], "--organization", lab);
  otto = await logIn(portal, "otto@lab.example");
  group = (await otto.post("/organization/groups", { name: BUILT_IN[2] })).headers.get("location");
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  folder?.remove();
});

test("the watcher notices what it is there for", async () => {
  const markup = ["<b onclick=\"alert(1)\">x</b>", "<iframe></iframe>", "<a href=\"javascript:alert(1)\">x</a>", "<form action=\"https://evil.example\"></form>", "<i>x</i>",
    "<p style=\"color:red\">x</p>", "<img src=\"/healthz\">"];
  for (const text of markup) {
    const { page, look, inspect, close } = await watched(browser, portal);
    await look("/login");
    await page.locator("main").evaluate((main, html) => { main.innerHTML += html; }, text);
    await page.waitForTimeout(50);
    await assert.rejects(inspect(), assert.AssertionError, text);
    await close(/Content Security Policy/);
  }
});

test("attack: a browser's name is markup", async () => {
  const { page, look, close } = await watched(browser, portal, { userAgent: BUILT_IN[1] + BUILT_IN[0] });
  await logInPage(page, portal, "jane@lab.example");
  await look("/profile/sessions");
  await close();
});

test("attack: what forms repeat when they refuse stays text", async () => {
  const runner = await watched(browser, portal);
  await logInPage(runner.page, portal, "otto@lab.example");
  for (const text of BUILT_IN) {
    await runner.look("/organization/users");
    await runner.send("form[action='/organization/users']", { email: text, first_name: text, last_name: text, organization_role: "member" });
    assert.equal(await runner.shown([text]), 1, "the form keeps what was typed");
    await runner.look("/organization/groups");
    await runner.send("form[action='/organization/groups']", { name: text.repeat(20) });
    await runner.look(group);
    await runner.send(`form[action='${group}/link']`, { seat_cap: text });
    assert.equal(await runner.shown([text]), 1, "it says what is no number");
  }
  await runner.close();

  const vendor = await watched(browser, portal);
  await logInPage(vendor.page, portal, "admin@acme.example");
  const nobody = await watched(browser, portal);
  for (const text of BUILT_IN) {
    await vendor.look("/admin/licenses/new?product=acme-cad");
    await vendor.send("main form[method=post]", { allowed_activations: text, validity: text, strategy: text, metadata: `x=y [${text}]` });
    await vendor.look("/admin/products");
    await vendor.send("main form", { id: text, name: text, trial_days: text });
    await vendor.look("/admin/settings");
    await vendor.send("main form", { cap_days: text, origins: text });
    await nobody.look("/login");
    await nobody.send("main form", { email: text, password: text });
    await nobody.look("/forgot");
    await nobody.send("main form", { email: text });
  }
  await vendor.close();
  await nobody.close();
});

test("attack: an invitation from an organization whose name is markup is plain text, and its page is too", async () => {
  const answer = await otto.post("/organization/users", { email: "inga@lab.example", first_name: BUILT_IN[0], last_name: BUILT_IN[1], organization_role: "member" });
  assert.equal(answer.status, 303);
  const mail = await mailTo(portal, "inga@lab.example");
  assert.match(mail, /Content-Type: text\/plain/);
  assert.doesNotMatch(mail, /text\/html/);
  const { page, look, shown, close } = await watched(browser, portal);
  await look(new URL(link(portal, mail, "/invite/")).pathname);
  assert.equal(await shown([BUILT_IN[0], BUILT_IN[1], ORGANIZATION]), 3);
  assert.ok((await page.title()).includes(ORGANIZATION));
  await close();
});
