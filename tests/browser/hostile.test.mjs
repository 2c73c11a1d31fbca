// Attack: text that somebody stored about licenses, products and machines stays text on every page that shows it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { activate, activationRequest, logIn, logInPage } from "./clients.mjs";
import { BUILT_IN, PAYLOADS, names } from "./corpora.mjs";
import { scratch, startBrowser, startPortal } from "./world.mjs";
import { watched } from "./watch.mjs";

const PRODUCTS = names(100, PAYLOADS);
const PLANS = names(100);
const LABELS = names(64);
/** Lines of a field with many lines: a name, `=`, the text. */
const LINES = names(180);
const AUDIENCES = ["user", "organization", "user, organization", "reseller", "device"];

let folder, portal, browser, admin, lab;
/** Licenses whose pages are looked at one by one. */
const special = [];

before(async () => {
  folder = scratch();
  portal = await startPortal(folder.path, { seats: 10_000 });
  portal.admin("settings", "set", "--releases-per-year", "1000", "--release-cool-down-seconds", "0");
  browser = await startBrowser();
  admin = await logIn(portal, "admin@acme.example");
  lab = portal.admin("organization", "create", "--name", PAYLOADS[0]).id;
  portal.admin("user", "create", "--email", "otto@lab.example", "--name", "Otto", "--organization", lab, "--organization-role", "admin", "--password-file", "-");
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  folder?.remove();
});

async function license(fields) {
  const usual = { allowed_activations: "3", validity: "perpetual", import_days: "14", strategy: "fuzzy" };
  const answer = await admin.post("/admin/licenses", { ...usual, ...fields });
  assert.equal(answer.status, 303, `${answer.status} for ${JSON.stringify(fields).slice(0, 300)}`);
  return answer.headers.get("location").split("/").at(-1);
}

const inParts = (list, size) => Array.from({ length: Math.ceil(list.length / size) }, (_, n) => list.slice(n * size, (n + 1) * size));

async function fill() {
  const owner = "jane@lab.example";
  for (let n = 0; n < PRODUCTS.length; n += 1) {
    const entitlements = `feature-${n}=${PRODUCTS[n]}\n${names(64, [PRODUCTS[n].replaceAll("=", "-")])[0]}`;
    const fields = { id: `p-${n}`, name: PRODUCTS[n], trial_days: "14", trial_entitlements: entitlements };
    assert.equal((await admin.post("/admin/products", fields)).status, 303, PRODUCTS[n]);
    assert.equal((await admin.post(`/admin/products/p-${n}`, { ...fields, reinstall_allowance: "3", trial_strategy: "fuzzy" })).status, 303);
  }
  for (let n = 0; n < PLANS.length; n += 1) {
    const theirs = n % 2 === 0 ? { owner } : { organization: lab };
    const id = await license({ product: `p-${n % PRODUCTS.length}`, plan: PLANS[n], holder: PLANS[n], ...theirs });
    if (n % 100 < 2) special.push(id);
  }
  // Many texts on one page: as features, and as metadata for one audience after the other. What a machine is told has to
  // fit into a response, so only the first few are for it.
  for (const [n, part] of inParts(LINES, 46).entries()) {
    const entitlements = part.slice(0, 8).flatMap((text, k) => [`feature${k}=${text}`, names(64, [text.replaceAll("=", "-")])[0]]).join("\n");
    const audience = (k) => AUDIENCES[(k + n) % (k < 10 ? AUDIENCES.length : AUDIENCES.length - 1)];
    const metadata = part.map((text, k) => `note${k} for ${audience(k)}=${text} [${audience(k)}]`).join("\n");
    for (const theirs of [{ owner }, { organization: lab }]) {
      special.push(await license({ product: "acme-cad", plan: `many ${n}`, entitlements, metadata, ...theirs }));
    }
  }
}

test("attack: payloads in products, plans, holders, features and metadata are shown as text", async () => {
  await fill();
  const vendor = await watched(browser, portal);
  await logInPage(vendor.page, portal, "admin@acme.example");
  for (const path of ["/admin", "/admin/customers", "/admin/settings"]) await vendor.look(path);
  await vendor.look("/admin/products");
  assert.equal(await vendor.shown(PRODUCTS), PRODUCTS.length);
  assert.ok(await vendor.walk("/admin/licenses", PLANS) > PLANS.length * 0.9, "all are on the vendor's list");
  for (let n = 0; n < PRODUCTS.length; n += 50) await vendor.look(`/admin/products/p-${n}`);
  for (const id of special) await vendor.look(`/admin/licenses/${id}`);
  assert.ok(await vendor.shown(LINES.slice(-10)) > 0, "a form has them in its fields");
  assert.ok(await vendor.walk("/licenses?view=all", PLANS) > PLANS.length * 0.9, "all are on the lists");
  await vendor.close();

  for (const email of ["jane@lab.example", "otto@lab.example"]) {
    const customer = await watched(browser, portal);
    await logInPage(customer.page, portal, email);
    assert.ok(await customer.walk("/licenses", PLANS) > PLANS.length * 0.4, `${email} sees half of them`);
    let shown = 0;
    for (const id of special) {
      const status = await customer.look(`/licenses/${id}`);
      if (status === 200) shown += await customer.shown(LINES);
    }
    assert.ok(shown > LINES.length * 0.4, `${email} is shown features and metadata: ${shown}`);
    for (const path of ["/downloads", "/downloads/p-0", "/downloads/p-1", "/organization", `/organization/licenses/${special[1]}`, `/organization/licenses/${special.at(-1)}`]) {
      await customer.look(path);
    }
    await customer.close();
  }
});

test("attack: payloads in a machine's name, platform and version are shown as text", async () => {
  const device = (name, n) => ({ name, platform: LABELS.at(-1 - n), app_version: LABELS[(n + 7) % LABELS.length] });
  await activate(portal, LABELS.map((name, n) => activationRequest(device(name, n), portal.license.key)));
  const jane = await watched(browser, portal);
  await logInPage(jane.page, portal, "jane@lab.example");
  const page = `/licenses/${portal.license.id}`;
  assert.equal(await jane.walk(page, LABELS), LABELS.length, "every machine is on the license's pages");
  await jane.look(page);
  const machines = await jane.page.locator("table.machines tbody a").evaluateAll((links) => links.map((a) => a.getAttribute("href")));
  assert.ok(machines.length >= Math.min(25, LABELS.length));
  for (const path of machines.filter((_, n) => n % 5 === 0)) {
    await jane.look(path);
    await jane.look(`${path}/release`);
  }
  // A reason is stored, shown and told.
  const reasons = names(200, BUILT_IN).slice(0, 3);
  for (const [n, path] of inParts(machines.slice(0, reasons.length), 1).entries()) {
    await jane.look(`${path}/release`);
    await jane.send("main form", { reason: reasons[n] });
    assert.equal(await jane.shown([reasons[n]]), 1, "the reason is on the machine's page");
  }
  await jane.look(`${page}?state=released`);
  await jane.close();

  const vendor = await watched(browser, portal);
  await logInPage(vendor.page, portal, "admin@acme.example");
  await vendor.look(`/admin/licenses/${portal.license.id}`);
  assert.ok(await vendor.shown(LABELS) > 400 || LABELS.length < 400, "the vendor's page shows the newest 500");
  await vendor.look("/admin");
  assert.ok(await vendor.shown(reasons) > 0, "the log has the reasons");
  await vendor.close();
});

test("attack: a search, a filter and an order that are markup are not repeated as markup", async () => {
  const { page, look, shown, close } = await watched(browser, portal);
  await logInPage(page, portal, "admin@acme.example");
  const q = encodeURIComponent;
  for (const [one, two, three, four] of inParts(PAYLOADS, 4)) {
    const filters = `status=${q(two ?? "")}&sort=${q(three ?? "")}&product=${q(four ?? "")}&view=${q(two ?? "")}&state=${q(four ?? "")}`;
    await look(`/licenses?q=${q(one)}&${filters}`);
  }
  await look(`/licenses?q=${q(BUILT_IN[0])}`);
  assert.equal(await shown([BUILT_IN[0]]), 1, "the search field keeps what was typed");
  for (const text of BUILT_IN) {
    const t = q(text);
    await look(`/licenses/${portal.license.id}?q=${t}&state=${t}&sort=${t}&after=${t}&before=${t}`);
    await look(`/licenses?after=${t}&before=${t}&sort=end`);
    await look(`/downloads/acme-cad?channel=${t}&after=${t}`);
    await look(`/organization/activity?before=${t}`);
  }
  await close();
});
