// The vendor's pages about keys, tokens, journals, the audit log and the second person, in Chromium: each is accessible and fits a
// phone; a token is made and shown once; a journal that was pushed is seen; a proposal waits for somebody else.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import { PASSWORD, logInPage } from "./clients.mjs";
import { accessible, picture, scratch, startBrowser, startPortal, visit } from "./world.mjs";

let folder, portal, browser;

before(async () => {
  folder = scratch();
  portal = await startPortal(folder.path);
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  folder?.remove();
});

/** Pushes a journal of a key that nobody delegated anything to: it is kept, and each entry says why it does not count. */
async function pushJournal() {
  const hash = (line) => createHash("sha256").update(line).digest("base64url");
  const lines = [JSON.stringify({ journal: randomBytes(16).toString("base64url"), v: 1, kid: hash("key"), made: 1_790_000_000, prev: "" })];
  for (let n = 1; n <= 3; n += 1) lines.push(JSON.stringify({ n, at: 1_790_000_000 + n, prev: hash(lines.at(-1)), request: hash(`request ${n}`), response: "a.b.c" }));
  const { token } = portal.admin("token", "create", "--user", "admin@acme.example", "--name", "laptop", "--scope", "journal:push");
  const answer = await fetch(`${portal.url}/api/v1/journals`, { method: "POST", headers: { authorization: `Bearer ${token}` }, body: `${lines.join("\n")}\n` });
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()).journal;
}

test("the pages of the desk are accessible and fit a phone", async () => {
  const journal = await pushJournal();
  const { page, close } = await visit(browser, [portal.url]);
  await logInPage(page, portal, "admin@acme.example");
  const pages = { keys: "/admin/keys", tokens: "/admin/tokens", journals: "/admin/journals", journal: `/admin/journals/${journal}`, audit: "/admin/audit", approvals: "/admin/approvals" };
  for (const [name, path] of Object.entries(pages)) {
    const answer = await page.goto(portal.url + path);
    assert.equal(answer.status(), 200, path);
    await accessible(page, path);
    await picture(page, `desk-${name}`);
  }
  await close();
});

test("a token is made with the password, shown once, and answers for nobody when it is revoked", async () => {
  const { page, close } = await visit(browser, [portal.url]);
  await logInPage(page, portal, "admin@acme.example");
  await page.goto(`${portal.url}/admin/tokens`);
  await page.locator("[name=name]").fill("laptop of the desk");
  await page.locator("[name=password]").fill(PASSWORD);
  await page.getByRole("button", { name: "Make the token" }).click();
  const token = (await page.locator("#token").innerText()).trim();
  assert.match(token, /^cst_[\w-]{43}$/);
  await accessible(page, "the new token");
  const ask = () => fetch(`${portal.url}/api/v1/requests`, { method: "POST", headers: { authorization: `Bearer ${token}` }, body: JSON.stringify({ request: "none" }) });
  assert.equal((await ask()).status, 422, "the token is good, the request is none");
  await page.goto(`${portal.url}/admin/tokens`);
  assert.ok(!(await page.content()).includes(token), "it is shown once");
  const row = page.locator("tr", { hasText: "laptop of the desk" });
  await row.getByRole("button", { name: "Revoke" }).click();
  await page.waitForLoadState();
  assert.equal((await (await ask()).json()).code, "token-revoked");
  await close();
});
