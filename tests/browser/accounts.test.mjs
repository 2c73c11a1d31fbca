// Accounts and organizations in Chromium: an invitation by a real mail, groups and licenses, the profile with two-factor
// login; every page with axe-core, in light and dark, and as pictures.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";

import { link as linkOf, mailTo as newestMail } from "./clients.mjs";
import { accessible, picture, scratch, startBrowser, startPortal, visit } from "./world.mjs";

const PASSWORD = "correct horse battery";
let folder, portal, browser, lab, license;

before(async () => {
  folder = scratch();
  portal = await startPortal(folder.path);
  lab = portal.admin("organization", "create", "--name", "Materials Lab", "--allowed-users", "10").id;
  portal.admin("user", "create", "--email", "otto@lab.example", "--name", "Otto Berg", "--organization", lab,
    "--organization-role", "admin", "--password-file", "-");
  license = portal.admin("license", "create", "--product", "acme-cad", "--plan", "Campus", "--holder", "Materials Lab",
    "--organization", lab, "--activations", "20").id;
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  folder?.remove();
});

async function logIn(page, email, password = PASSWORD) {
  await page.goto(`${portal.url}/login`);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
}

const mailTo = (address) => newestMail(portal, address);
const link = (mail, path) => linkOf(portal, mail, path);

/** RFC 6238, written anew: not by what the portal uses. */
function code(secret, time = Date.now()) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(time / 30000)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const at = digest.at(-1) & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, "0");
}

test("an organization's admin groups, invites and links a license; the invited comes in by mail", async () => {
  const { page, close } = await visit(browser, [portal.url]);
  await logIn(page, "otto@lab.example");
  await page.getByRole("link", { name: "Organization", exact: true }).click();
  await page.getByRole("heading", { name: "Materials Lab" }).waitFor();
  await accessible(page, "organization");
  await picture(page, "organization");
  await page.getByRole("link", { name: "Groups", exact: true }).first().click();
  await page.getByLabel("Name").fill("Students");
  await accessible(page, "groups");
  await page.getByRole("button", { name: "Create group" }).click();
  await page.getByRole("heading", { name: "Students" }).waitFor();
  await page.getByLabel("Seats at most (empty: any number)").fill("5");
  await page.getByRole("button", { name: "Link", exact: true }).click();
  await page.getByText("0 of 5").waitFor();
  await page.getByRole("link", { name: "Users", exact: true }).click();
  await page.getByLabel("E-mail address").fill("inga@lab.example");
  await page.getByLabel("First name").fill("Inga");
  await page.getByLabel("Last name").fill("Holm");
  await page.getByLabel("Students").check();
  await accessible(page, "users");
  await picture(page, "organization-users");
  await page.getByRole("button", { name: "Send the invitation" }).click();
  await page.getByText("invited").waitFor();
  await page.getByRole("link", { name: "Inga Holm" }).click();
  await page.getByText("The invitation was not accepted yet.").waitFor();
  await accessible(page, "a user of the organization");
  await picture(page, "organization-user");

  const inga = await visit(browser, [portal.url]);
  await inga.page.goto(link(await mailTo("inga@lab.example"), "/invite/"));
  await accessible(inga.page, "invitation");
  await picture(inga.page, "invitation");
  await inga.page.getByLabel(/^Password/).fill("inga's own password");
  await inga.page.getByRole("button", { name: "Accept the invitation" }).click();
  await inga.page.goto(`${portal.url}/profile`);
  await inga.page.getByRole("heading", { name: "Profile" }).waitFor();
  assert.match(await inga.page.locator("main").innerText(), /Materials Lab[\s\S]*Students/);
  await inga.close();

  await page.goto(`${portal.url}/organization/groups`);
  await page.getByRole("link", { name: "Students" }).click();
  await page.getByText("Inga Holm").first().waitFor();
  await accessible(page, "a group");
  await picture(page, "organization-group");
  await page.goto(`${portal.url}/organization/licenses/${license}`);
  assert.match(await page.locator("main").innerText(), /Inga Holm[\s\S]*Group Students/);
  await accessible(page, "who may use a license");
  await picture(page, "organization-license");
  await page.goto(`${portal.url}/organization/activity`);
  assert.match(await page.locator("main").innerText(), /Inga Holm accepted the invitation\./);
  await accessible(page, "activity");
  await picture(page, "organization-activity");
  await close();
});

test("a profile with two-factor login, all without JavaScript", async () => {
  const { page, close } = await visit(browser, [portal.url], { javaScriptEnabled: true });
  await logIn(page, "jane@lab.example");
  await page.goto(`${portal.url}/profile`);
  await page.getByLabel("First name").fill("Jane");
  await page.getByLabel("Last name").fill("Doe");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  await accessible(page, "profile");
  await picture(page, "profile");
  await page.getByRole("link", { name: "Two-factor login" }).click();
  await page.getByLabel("Your password now").fill(PASSWORD);
  await page.getByRole("button", { name: "Set it up" }).click();
  const secret = (await page.locator("#totp-secret").innerText()).replaceAll(" ", "");
  await accessible(page, "two-factor login, offered");
  await picture(page, "two-factor-offered");
  await page.getByLabel("Code of your authenticator app").fill(code(secret));
  await page.getByRole("button", { name: "Turn on" }).click();
  const codes = await page.locator("#recovery-codes code").allInnerTexts();
  assert.equal(codes.length, 10);
  await accessible(page, "recovery codes");
  await picture(page, "recovery-codes");
  await page.getByRole("link", { name: "Continue" }).click();
  await accessible(page, "two-factor login, on");
  await picture(page, "two-factor-on");
  await page.getByRole("link", { name: "Sessions" }).click();
  await page.getByText("this one").waitFor();
  await accessible(page, "sessions");
  await picture(page, "sessions");
  await page.getByRole("button", { name: "Log out" }).first().click();

  const plain = await visit(browser, [portal.url], { javaScriptEnabled: false });
  await logIn(plain.page, "jane@lab.example");
  await plain.page.getByRole("heading", { name: "Second step" }).waitFor();
  await plain.page.getByLabel("Code of your authenticator app").fill(codes[0]);
  await plain.page.getByRole("button", { name: "Log in" }).click();
  await plain.page.getByRole("heading", { name: "Licenses" }).waitFor();
  await plain.close();

  const waiting = await visit(browser, [portal.url]);
  await logIn(waiting.page, "jane@lab.example");
  await waiting.page.getByRole("heading", { name: "Second step" }).waitFor();
  await accessible(waiting.page, "second step");
  await picture(waiting.page, "login-code");
  await waiting.close();
  await close();
});

test("a forgotten password is set by mail, in German", async () => {
  const { page, close } = await visit(browser, [portal.url], { locale: "de-DE" });
  await page.goto(`${portal.url}/login`);
  await page.getByRole("link", { name: "Passwort vergessen?" }).click();
  await accessible(page, "forgotten password");
  await picture(page, "forgot");
  await page.getByLabel("E-Mail-Adresse").fill("otto@lab.example");
  await page.getByRole("button", { name: "Link schicken" }).click();
  await page.getByText("ist eine Mail unterwegs").waitFor();
  const mail = await mailTo("otto@lab.example");
  assert.match(mail, /hoffentlich Sie/);
  await page.goto(link(mail, "/reset/"));
  await accessible(page, "new password");
  await page.getByLabel(/^Passwort/).fill("ein neues Passwort");
  await page.getByRole("button", { name: "Passwort festlegen" }).click();
  await page.getByText("Ihr neues Passwort gilt.").waitFor();
  await page.getByLabel("E-Mail-Adresse").fill("otto@lab.example");
  await page.getByLabel("Passwort").fill("ein neues Passwort");
  await page.getByRole("button", { name: "Anmelden" }).click();
  await page.getByRole("link", { name: "Organisation", exact: true }).waitFor();
  await close();
});
