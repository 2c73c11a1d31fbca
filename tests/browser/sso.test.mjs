// Single sign-on in Chromium: an organization's administrator sets up a provider that the OpenID Foundation has certified, tries
// it out, the vendor approves the domain, and Inga, who was invited, comes in by it without a password.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { logInPage } from "./clients.mjs";
import { accessible, picture, root, scratch, startBrowser, startPortal, visit } from "./world.mjs";

const SECRET = "a secret between portal and provider";

let folder, portal, browser, provider;

/** The provider, until its input ends. */
async function startProvider() {
  const child = spawn("node", ["provider.mjs", `${portal.url}/login/sso/callback`], { cwd: join(root, "tests/oidc"), stdio: ["pipe", "pipe", "ignore"] });
  const url = await new Promise((found, failed) => {
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
      const match = /^listening on (\S+)$/m.exec(text);
      if (match) found(match[1]);
    });
    child.on("exit", () => failed(new Error("the provider ended: is tests/oidc installed (npm ci)?")));
  });
  return { url, stop: () => new Promise((done) => { child.removeAllListeners("exit"); child.on("exit", done); child.stdin.end(); }) };
}

before(async () => {
  folder = scratch();
  portal = await startPortal(folder.path, { serve: ["--sso-may-reach", "127.0.0.1"] });
  const lab = portal.admin("organization", "create", "--name", "Materials Lab").id;
  portal.admin("user", "create", "--email", "otto@lab.example", "--name", "Otto Berg", "--organization", lab, "--organization-role", "admin", "--password-file", "-");
  provider = await startProvider();
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await provider?.stop();
  await portal?.stop();
  folder?.remove();
});

/** The provider's own pages want a font of somebody else, which they do not get. */
const FONTS = "https://fonts.googleapis.com";

async function visitor(options = {}) {
  const one = await visit(browser, [portal.url, provider.url, FONTS], options);
  await one.page.context().route(`${FONTS}/**`, (route) => route.abort());
  return one;
}

const text = (page) => page.locator("main").innerText();

/** A person at the provider's own pages, on the way back to the portal. */
async function atTheProvider(page, login) {
  await page.waitForURL(`${provider.url}/**`);
  await page.locator("[name=login]").fill(login);
  await page.locator("[name=password]").fill("what the provider wants");
  await page.locator("button[type=submit]").click();
  await page.locator("button[type=submit]").click();
  await page.waitForURL(`${portal.url}/**`);
}

async function setUp(page) {
  await page.goto(`${portal.url}/organization/sign-on`);
  await accessible(page, "no provider yet");
  await page.getByLabel("Name on the button").fill("Lab account");
  await page.getByLabel("Issuer").fill(provider.url);
  await page.getByLabel("Client id").fill("countersign");
  await page.getByLabel("Client secret").fill(SECRET);
  await page.getByRole("button", { name: "Set up" }).click();
  await page.getByLabel("Add a domain").fill("lab.example");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByText("waits for the vendor").waitFor();
  await accessible(page, "a provider");
  await picture(page, "sign-on-provider");
  await page.getByRole("button", { name: "Try it out" }).click();
  await atTheProvider(page, "otto@lab.example");
  await page.getByRole("heading", { name: "Tried out" }).waitFor();
  assert.match(await text(page), /may not speak for the domain[\s\S]*otto@lab\.example/);
  await accessible(page, "a provider, tried out");
  await picture(page, "sign-on-tried");
}

test("an organization sets up its provider, and who was invited comes in by it", async () => {
  const otto = await visitor();
  await logInPage(otto.page, portal, "otto@lab.example");
  await setUp(otto.page);
  const ada = await visit(browser, [portal.url]);
  await logInPage(ada.page, portal, "admin@acme.example");
  await ada.page.goto(`${portal.url}/admin/sign-on`);
  await accessible(ada.page, "the vendor's list of providers");
  await ada.page.getByRole("link", { name: "Lab account" }).click();
  await ada.page.getByRole("button", { name: "Approve" }).click();
  await ada.page.getByText("approved", { exact: true }).waitFor();
  await ada.close();
  await otto.page.goto(`${portal.url}/organization/users`);
  await otto.page.getByLabel("E-mail address").fill("inga@lab.example");
  await otto.page.getByRole("button", { name: "Send the invitation" }).click();
  await otto.page.getByText("invited").first().waitFor();

  const { page, close } = await visitor();
  await page.goto(`${portal.url}/login?next=/licenses`);
  await accessible(page, "the login page with a company account");
  await picture(page, "sign-on-login");
  await page.getByRole("link", { name: "Log in with your company account" }).click();
  await accessible(page, "whose company account");
  await page.getByLabel("Your e-mail address at work").fill("inga@lab.example");
  await picture(page, "sign-on-choose");
  await page.getByRole("button", { name: "Continue" }).click();
  await atTheProvider(page, "inga@lab.example");
  assert.equal(page.url(), `${portal.url}/licenses`);
  await page.goto(`${portal.url}/profile/sessions`);
  await accessible(page, "the session of a single sign-on");
  await close();
  await otto.page.goto(`${portal.url}/organization/activity`);
  assert.match(await text(otto.page), /logged in through Lab account/);
  await otto.close();
});

test("somebody without an account is told what to do, in German as well", async () => {
  const { page, close } = await visitor({ locale: "de-DE" });
  await page.goto(`${portal.url}/login/sso`);
  await page.getByLabel("Ihre E-Mail-Adresse bei der Arbeit").fill("nora@lab.example");
  await page.getByRole("button", { name: "Weiter" }).click();
  await atTheProvider(page, "nora@lab.example");
  assert.match(await text(page), /Sie haben hier noch kein Konto/);
  await accessible(page, "no account");
  await picture(page, "sign-on-no-account");
  await close();
});
