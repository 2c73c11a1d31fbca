// From an empty folder to the first activated machine, by what the pages say alone. Whoever does this knows no address but that of the
// setup link and that of the invitation's mail; the machine without a network is the real command line.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { PASSWORD, link, mailTo } from "./clients.mjs";
import { Machine, accessible, picture, save, scratch, startBrowser, startPortal, visit } from "./world.mjs";

let folder, portal, browser;

before(async () => {
  folder = scratch();
  // Nothing is set up: no product, no user, no license.
  portal = await startPortal(folder.path, { again: true });
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  folder?.remove();
});

/** Somebody at a browser, whose pages, clicks and typed fields are counted; each page is looked at. */
class Person {
  static async at(name, address) {
    const { page, close } = await visit(browser, [portal.url]);
    const person = new Person(name, page, close);
    await page.goto(address);
    await person.looks("first");
    return person;
  }

  constructor(name, page, close) {
    Object.assign(this, { name, page, close, pages: 0, clicks: 0, fields: 0 });
  }

  async looks(what) {
    this.pages += 1;
    await accessible(this.page, `${this.name}: ${what}`);
    await picture(this.page, `first-customer-${this.name}-${String(this.pages).padStart(2, "0")}-${what}`);
  }

  async types(fields) {
    for (const [label, text] of Object.entries(fields)) {
      this.fields += 1;
      await this.page.getByLabel(label).fill(text);
    }
  }

  /** Goes on by what is clicked, to a page with this heading. */
  async goesOn(locator, heading, what) {
    this.clicks += 1;
    await locator.click();
    await this.page.getByRole("heading", { level: 1, name: heading }).waitFor();
    await this.looks(what);
  }

  /** Chooses a file, which leads on. */
  async chooses(path, heading, what) {
    this.clicks += 1;
    await this.page.locator("input[type=file]").setInputFiles(path);
    await this.page.getByRole("heading", { level: 1, name: heading }).waitFor();
    await this.looks(what);
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  link(name) {
    return this.page.getByRole("link", { name, exact: true });
  }
}

test("from the first start to the first customer's activated machine by the pages alone", async (t) => {
  const began = performance.now();
  const setup = /^first admin\s+(\S+)$/m.exec(portal.said)[1];

  // The owner of a new portal.
  const owner = await Person.at("owner", setup);
  await owner.types({ "E-mail address": "ada@acme.example", Name: "Ada", "Password, at least": PASSWORD });
  await owner.goesOn(owner.button("Create"), "Overview", "overview");
  assert.match(await owner.page.locator("#root-left").innerText(), /root key/i);
  await owner.goesOn(owner.link("Create a product"), "Products", "products");
  await owner.types({ "Id: a-z": "acme-cad", Name: "Acme CAD" });
  await owner.goesOn(owner.button("Create product"), "Acme CAD", "product");
  const root = await owner.page.locator("dt", { hasText: "Root key" }).locator("+ dd code").innerText();
  await owner.goesOn(owner.link("Invite a customer"), "Customers", "customers");
  await owner.page.locator("#new-organization").getByLabel("Name").fill("Jane's Lab");
  owner.fields += 1;
  await owner.goesOn(owner.button("Create organization"), "Customers", "organization");
  const invitation = owner.page.locator("#new-user");
  assert.equal(await invitation.getByLabel("Organization", { exact: true }).inputValue(), "Jane's Lab", "nothing has to be typed again");
  assert.equal(await invitation.getByLabel("Role in the organization").inputValue(), "admin", "the first one runs it");
  await invitation.getByLabel("E-mail address").fill("jane@lab.example");
  owner.fields += 1;
  await owner.goesOn(owner.button("Send the invitation"), "jane@lab.example", "invited");
  assert.match(await owner.page.locator("#invited").innerText(), /nobody gets it/, "mail lies in the outbox, and the page says so");
  await owner.goesOn(owner.link("New license for them"), "New license", "license-form");
  assert.equal(await owner.page.getByLabel("Organization", { exact: true }).inputValue(), "Jane's Lab");
  await owner.types({ "Activations at a time": "3" });
  await owner.goesOn(owner.button("Create license"), /Acme CAD/, "license");
  assert.match(await owner.page.locator("#hand-over").innerText(), new RegExp(`Jane's Lab logs in at ${portal.url}`));

  // The machine without a network, where the app has the root key and the product's id built in.
  const lathe = new Machine(folder.path, "lathe-7", root);
  const request = lathe.request("activation");

  // The customer, who has got a mail and a stick.
  const mail = await mailTo(portal, "jane@lab.example");
  const jane = await Person.at("customer", link(portal, mail, "/invite/"));
  await jane.types({ "First name": "Jane", "Last name": "Doe", "Password, at least": PASSWORD });
  await jane.goesOn(jane.button("Accept the invitation"), "Licenses", "licenses");
  await jane.goesOn(jane.page.getByRole("link", { name: /^Acme CAD/ }), /^Acme CAD/, "license");
  // Choosing the file is enough: it is read at once.
  await jane.chooses(request.path, "What will happen", "review");
  await jane.goesOn(jane.page.locator("#confirm"), "Carry this back", "result");
  jane.clicks += 1;
  const response = await save(jane.page, jane.page.locator("a.download"), folder.path);
  await jane.close();

  assert.equal(lathe.install(response).state, "active");
  assert.equal(lathe.check().state, "active");
  const elapsed = (performance.now() - began) / 1000;

  // The owner sees it, and is told nothing any more that is done.
  await owner.page.getByRole("link", { name: "Vendor" }).click();
  await owner.page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  assert.equal(await owner.page.locator("#first-steps").count(), 0);
  await owner.close();

  const counts = ({ name, pages, clicks, fields }) => ({ name, pages, clicks, fields });
  t.diagnostic(`${elapsed.toFixed(1)} s with every page looked at; ${JSON.stringify([owner, jane].map(counts))}`);
  assert.deepEqual(counts(owner), { name: "owner", pages: 9, clicks: 8, fields: 8 });
  assert.deepEqual(counts(jane), { name: "customer", pages: 5, clicks: 5, fields: 3 });
});

test("the first steps say what is done, and the root key is one of them", async () => {
  const other = scratch();
  const fresh = await startPortal(other.path, { again: true });
  const left = join(other.path, "portal/root-key-carry-away");
  assert.ok(existsSync(left));
  const { page, close } = await visit(browser, [fresh.url]);
  try {
    await page.goto(/^first admin\s+(\S+)$/m.exec(fresh.said)[1]);
    await page.getByLabel("E-mail address").fill("ada@acme.example");
    await page.getByLabel("Name").fill("Ada");
    await page.getByLabel("Password, at least").fill(PASSWORD);
    await page.getByRole("button", { name: "Create", exact: true }).click();
    const steps = page.locator("#first-steps li");
    await steps.first().waitFor();
    assert.equal(await page.locator("#first-steps .status.done").count(), 0);
    assert.equal(await page.locator("#first-steps a.button").innerText(), "Create a product");
    const safe = join(other.path, "safe");
    mkdirSync(safe);
    renameSync(left, join(safe, "root"));
    fresh.admin("product", "create", "--id", "acme-cad", "--name", "Acme CAD");
    await page.reload();
    assert.equal(await page.locator("#root-left").count(), 0);
    assert.match(await steps.nth(0).innerText(), /done/);
    assert.match(await steps.nth(1).innerText(), /done/);
    assert.equal(await page.locator("#first-steps a.button").innerText(), "Invite a customer");
    await accessible(page, "first steps, two of them done");
    await picture(page, "first-customer-steps");
  } finally {
    await close();
    await fresh.stop();
    other.remove();
  }
});
