// Attack: text that somebody stored - in a machine's name, a license, an organization - must stay text on every page.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Machine, scratch, startBrowser, startPortal, visit } from "./world.mjs";

/** What is tried where no collection of payloads is at hand. */
const BUILT_IN = [
  `<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'-alert(1)-'`, `<svg onload=alert(1)>`, `javascript:alert(1)`,
  `</textarea><script>alert(1)</script>`, `</title><script>alert(1)</script>`, `{{7*7}}`, `\${alert(1)}`, `<a href="javascript:alert(1)">x</a>`,
  `<iframe srcdoc="<script>alert(1)</script>">`, `<style>*{background:url(//evil.example)}</style>`, `--><script>alert(1)</script>`,
  `&lt;script&gt;alert(1)&lt;/script&gt;`, `\u202Etxt.exe`, `=cmd|' /C calc'!A0`, `<base href="//evil.example">`, `<meta http-equiv=refresh content="0;url=//evil.example">`,
];

function strings() {
  const folder = process.env.COUNTERSIGN_CORPORA;
  if (!folder || !existsSync(folder)) {
    console.log(`# COUNTERSIGN_CORPORA names no folder: only the ${BUILT_IN.length} built-in payloads are tried`);
    return BUILT_IN;
  }
  const read = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));
  const payloads = read("xss-payloads.json").map((entry) => (typeof entry === "string" ? entry : entry.payload ?? entry.dirty ?? JSON.stringify(entry)));
  return [...BUILT_IN, ...payloads, ...read("blns.json")].filter((text) => typeof text === "string" && text.trim() !== "");
}

let folder, portal, browser, admin;

before(async () => {
  folder = scratch();
  portal = await startPortal(folder.path, { seats: 10_000 });
  browser = await startBrowser();
  admin = await logIn("admin@acme.example");
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  folder?.remove();
});

/** A client that posts forms as a browser on the portal's own pages would. */
async function logIn(email) {
  const post = (path, fields, cookie) =>
    fetch(portal.url + path, {
      method: "POST", redirect: "manual", body: new URLSearchParams(fields),
      headers: { origin: portal.url, ...(cookie ? { cookie } : {}) },
    });
  const answer = await post("/login", { email, password: "correct horse battery" });
  assert.equal(answer.status, 303);
  const cookie = answer.headers.getSetCookie().map((text) => text.split(";")[0]).join("; ");
  return { cookie, post: (path, fields) => post(path, fields, cookie) };
}

/** Visits pages and fails on anything that ran, was asked for elsewhere, or was stopped by the policy. */
async function look(email, paths, texts) {
  const { page, close } = await visit(browser, [portal.url]);
  const stopped = [];
  page.on("console", (message) => { if (/Content Security Policy|violates/i.test(message.text())) stopped.push(message.text()); });
  if (email) {
    await page.goto(`${portal.url}/login`);
    await page.getByLabel(/mail/i).fill(email);
    await page.getByLabel(/password/i).fill("correct horse battery");
    await page.getByRole("button", { name: /log in/i }).click();
  }
  for (const path of paths) {
    const answer = await page.goto(portal.url + path);
    assert.ok(answer.status() < 500, `${path}: ${answer.status()}`);
    assert.equal(await page.locator("main script, main iframe, main object, main base, main meta, main style, main svg").count(), 0, path);
    const handlers = await page.evaluate(() => [...document.querySelectorAll("*")].flatMap((e) => [...e.attributes].filter((a) => /^on/i.test(a.name)).map((a) => a.name)));
    assert.deepEqual(handlers, [], path);
    const links = await page.evaluate(() => [...document.querySelectorAll("a[href]")].map((a) => a.protocol).filter((p) => !["http:", "https:", "mailto:"].includes(p)));
    assert.deepEqual(links, [], path);
  }
  assert.deepEqual(stopped, [], "the policy had nothing to stop");
  for (const [path, text] of texts ?? []) {
    await page.goto(portal.url + path);
    assert.ok((await page.locator("main").innerText()).includes(text), `${path} shows ${text} as text`);
  }
  await close();
}

test("attack: payloads in licenses, products, users and organizations are shown as text", async () => {
  const all = strings();
  // Many fields a license, so that one page of the list shows hundreds of them.
  const create = async (text, n) => {
    const fields = {
      product: "acme-cad", plan: text, holder: text, allowed_activations: "3", validity: "perpetual", import_days: "14", strategy: "fuzzy",
      entitlements: "cad", metadata: `note${n}=${text.replaceAll("\n", " ")} [user, organization]`,
    };
    const answer = await admin.post("/admin/licenses", fields);
    assert.ok([303, 422].includes(answer.status), `${answer.status} for ${JSON.stringify(text)}`);
    return answer.status === 303 ? answer.headers.get("location") : undefined;
  };
  const places = [];
  for (let n = 0; n < all.length; n++) places.push(await create(all[n], n));
  const made = places.filter(Boolean);
  assert.ok(made.length > all.length / 2, `${made.length} of ${all.length} were taken`);
  for (const text of BUILT_IN) {
    assert.equal((await admin.post("/admin/products", { id: `p-${BUILT_IN.indexOf(text)}`, name: text })).status, 303);
    assert.equal((await admin.post("/admin/customers/organizations", { name: text })).status, 303);
    assert.ok([200, 422].includes((await admin.post("/admin/customers/users", { email: `u${BUILT_IN.indexOf(text)}@lab.example`, name: text, role: "customer" })).status));
  }
  const some = made.filter((_, n) => n % 12 === 0).slice(0, 40);
  await look("admin@acme.example", ["/admin", "/admin/licenses", "/admin/products", "/admin/customers", ...some], [["/admin/products", BUILT_IN[0]]]);
});

test("attack: payloads in a machine's name, and in files that are none, are shown as text", async () => {
  const names = BUILT_IN.filter((text) => text.length <= 64 && !/[\u0000-\u001f]/.test(text));
  const requests = names.map((name, n) => {
    const machine = new Machine(folder.path, `m${n}`, portal.roots);
    return machine.request("activation", "--license-key", portal.license.key, `--device-name=${name}`).text;
  });
  for (const text of requests) {
    const answer = await fetch(`${portal.url}/api/v1/activations`, { method: "POST", body: text, headers: { "content-type": "text/plain" } });
    assert.equal(answer.status, 200, await answer.text());
  }
  await look("jane@lab.example", ["/licenses", `/licenses/${portal.license.id}`], [[`/licenses/${portal.license.id}`, names[0]]]);

  const { page, close } = await visit(browser, [portal.url]);
  for (const text of BUILT_IN) {
    await page.goto(`${portal.url}/activate`);
    const file = { name: `${text.replaceAll(/[/\u0000]/g, "_")}.request`, mimeType: "text/plain", buffer: Buffer.from(text) };
    await page.locator("input[type=file]").setInputFiles(file);
    await page.getByRole("heading", { name: "What will happen" }).waitFor();
    assert.equal(await page.locator("main script, main img, main svg, main iframe").count(), 0, text);
  }
  await close();
});

test("attack: markup in an address, a way back and a language is not repeated as markup", async () => {
  const evil = encodeURIComponent(`"><script>alert(1)</script>`);
  await look(undefined, [`/login?next=${evil}`, `/${evil}`, `/licenses/${evil}`, `/responses/${evil}`, `/setup/${evil}`, `/password/${evil}`, `/assets/${evil}`]);
});
