// Attack: text that people stored about themselves, each other, groups and organizations stays text.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { logIn, logInPage } from "./clients.mjs";
import { BUILT_IN, PAYLOADS, names } from "./corpora.mjs";
import { scratch, startBrowser, startPortal } from "./world.mjs";
import { watched } from "./watch.mjs";

const NAMES = names(100);
const ORGANIZATIONS = names(100, PAYLOADS);
const ORGANIZATION = `<script>alert("organization")</script>`;
let folder, portal, browser, admin, otto, lab, users, groups, license;

before(async () => {
  folder = scratch();
  portal = await startPortal(folder.path);
  browser = await startBrowser();
  admin = await logIn(portal, "admin@acme.example");
  lab = portal.admin("organization", "create", "--name", ORGANIZATION).id;
  for (const [email, role] of [["otto@lab.example", "admin"], ["mia@lab.example", "member"]]) {
    portal.admin("user", "create", "--email", email, "--name", BUILT_IN[1], "--organization", lab, "--organization-role", role, "--password-file", "-");
  }
  portal.admin("license", "create", "--product", "acme-cad", "--plan", BUILT_IN[0], "--holder", BUILT_IN[1], "--organization", lab, "--activations", "20");
  otto = await logIn(portal, "otto@lab.example");
  await fill();
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  folder?.remove();
});

/** The ids of the users with made-up addresses. */
async function madeUp() {
  const text = await (await otto.get("/organization/users")).text();
  return [...text.matchAll(/href="\/organization\/users\/([\w-]+)">[^<]*<\/a><\/th><td[^>]*>u\d+@/g)].map((match) => match[1]);
}

/** Users of the organization, each with a text as the first name and another as the last. */
async function fillUsers() {
  const half = Math.ceil(NAMES.length / 2);
  for (let n = 0; n < half; n += 1) {
    const fields = { email: `u${n}@lab.example`, name: NAMES[n], role: "customer", organization: lab, organization_role: "member" };
    assert.equal((await admin.post("/admin/customers/users", fields)).status, 200, NAMES[n]);
  }
  const users = await madeUp();
  assert.equal(users.length, half);
  for (const [n, id] of users.entries()) {
    const fields = { first_name: NAMES[n], last_name: NAMES[n + half] ?? NAMES[n], organization_role: "member" };
    assert.equal((await otto.post(`/organization/users/${id}`, fields)).status, 200, NAMES[n]);
  }
  return users;
}

async function fillGroups() {
  const places = [];
  for (const name of NAMES) {
    const answer = await otto.post("/organization/groups", { name });
    // 422: there is one of this name already, but for upper and lower case.
    assert.ok([303, 422].includes(answer.status), `${answer.status} for ${name}`);
    if (answer.status === 303) places.push(answer.headers.get("location"));
  }
  assert.ok(places.length > NAMES.length * 0.9);
  return places;
}

async function fill() {
  users = await fillUsers();
  groups = await fillGroups();
  const text = await (await otto.get(groups[0])).text();
  license = /<option value="([\w-]{22})">Acme CAD/.exec(text)[1];
  const mia = /<option value="([\w-]{22})">[^<]*img src/.exec(text)[1];
  for (const group of groups.slice(0, 60)) {
    assert.equal((await otto.post(`${group}/add`, { user: mia })).status, 303);
    assert.equal((await otto.post(`${group}/link`, { license, seat_cap: "5" })).status, 303);
  }
  for (const name of ORGANIZATIONS) await admin.post("/admin/customers/organizations", { name });
}

test("attack: payloads in names of users, groups and organizations are shown as text", async () => {
  const runner = await watched(browser, portal);
  await logInPage(runner.page, portal, "otto@lab.example");
  await runner.look("/organization");
  assert.equal(await runner.shown([ORGANIZATION]), 1);
  await runner.look("/organization/users");
  assert.ok(await runner.shown(NAMES) > NAMES.length * 0.9, "users, and groups to choose from");
  await runner.look("/organization/groups");
  assert.ok(await runner.shown(NAMES) > NAMES.length * 0.9);
  for (const path of groups.filter((_, n) => n % 50 === 0)) await runner.look(path);
  for (const id of users.filter((_, n) => n % 50 === 0)) await runner.look(`/organization/users/${id}`);
  await runner.look(`/organization/licenses/${license}`);
  assert.ok(await runner.walk("/organization/activity", NAMES) > NAMES.length / 2, "the log tells of them");
  await runner.close();

  const vendor = await watched(browser, portal);
  await logInPage(vendor.page, portal, "admin@acme.example");
  await vendor.look("/admin/customers");
  assert.ok(await vendor.walk("/admin/customers/organizations", ORGANIZATIONS) > ORGANIZATIONS.length * 0.9);
  for (const id of users.filter((_, n) => n % 100 === 0)) await vendor.look(`/admin/customers/users/${id}`);
  for (const path of ["/admin", "/admin/licenses"]) await vendor.look(path);
  await vendor.close();
});

test("attack: a profile, and what its forms repeat, stay text", async () => {
  const mia = await watched(browser, portal);
  await logInPage(mia.page, portal, "mia@lab.example");
  await mia.look("/profile");
  assert.ok(await mia.shown(NAMES) > Math.min(50, NAMES.length / 2), "the groups she is in");
  for (const name of names(100, BUILT_IN)) {
    await mia.send("form[action='/profile']", { first_name: name, last_name: name });
    assert.equal(await mia.shown([name]), 1);
    assert.ok((await mia.page.locator(".who").innerText()).includes(name.split(" ")[0]));
  }
  for (const text of BUILT_IN) {
    await mia.look("/profile");
    await mia.send("form[action='/profile']", { first_name: `${text}\n`, last_name: text.repeat(20), language: text });
    await mia.look("/profile");
    await mia.send("form[action='/profile/email']", { email: text, password: text });
  }
  await mia.look("/profile/two-factor");
  await mia.send("form[action='/profile/two-factor/offer']", { password: "correct horse battery" });
  await mia.look("/profile/sessions");
  await mia.close();
});
