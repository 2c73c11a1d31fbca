// Releases in Chromium: a vendor publishes by command line, a customer finds out what is included, downloads, is cut off,
// goes on, and checks what arrived.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { accessible, picture, save, scratch, startBrowser, startPortal, visit } from "./world.mjs";

const root = resolve(fileURLToPath(new URL(".", import.meta.url)), "../..");
const countersign = join(resolve(root, process.env.CARGO_TARGET_DIR ?? "target"), "debug/countersign");

const NOTES = `# Faster assemblies

Opening an assembly of 10,000 parts takes **a third** of the time.

## Fixed

- Dimensions of *hidden* edges are printed again
- \`--batch\` ends with the exit code of the last job

| platform | smallest version |
| --- | --- |
| Linux | glibc 2.31 |
| Windows | 10 |

See [the manual](https://acme.example/manual) <script>alert(1)</script>
`;

let folder, portal, browser;
const archive = randomBytes(24 * 1024 * 1024);

before(async () => {
  folder = scratch();
  portal = await startPortal(folder.path);
  browser = await startBrowser();
  const built = join(folder.path, "built");
  mkdirSync(built);
  const write = (name, content) => {
    writeFileSync(join(built, name), content);
    return join(built, name);
  };
  const notes = write("notes.md", NOTES);
  const publish = (version, channel, files) => {
    portal.admin("release", "create", "--product", "acme-cad", "--version", version, "--channel", channel, "--notes-file", notes);
    const release = `acme-cad/${channel}/${version}`;
    for (const [name, platform, content] of files) {
      portal.admin("release", "add-file", release, write(name, content), "--platform", platform);
    }
    return portal.admin("release", "publish", release);
  };
  publish("2.0.0", "stable", [["acme-cad-2.0.0-linux-x86_64.tar.gz", "Linux x86_64", randomBytes(1000)]]);
  publish("2.1.0", "stable", [
    ["acme-cad-2.1.0-linux-x86_64.tar.gz", "Linux x86_64", archive],
    ["acme-cad-2.1.0-windows-x86_64.msi", "Windows x86_64", randomBytes(7777)],
    ["acme-cad-2.1.0-macos-arm64.dmg", "macOS arm64", randomBytes(7777)],
  ]);
  publish("3.0.0-beta.1", "beta", [["acme-cad-3.0.0-beta.1.tar.gz", "Linux x86_64", randomBytes(10)]]);
  portal.admin("license", "limits", portal.license.id, "--highest-version", "2.x");
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  folder?.remove();
});

async function logIn(page) {
  await page.goto(`${portal.url}/login`);
  await page.locator("[name=email]").fill("jane@lab.example");
  await page.locator("[name=password]").fill("correct horse battery");
  await page.locator("main button").first().click();
  await page.waitForURL("**/licenses");
}

/** What the table says of a version. */
const row = (page, version) => page.locator("tbody tr").filter({ has: page.getByRole("link", { name: version, exact: true }) });

test("what is included, and why the rest is not", async () => {
  const { page, close } = await visit(browser, [portal.url]);
  await logIn(page);
  await page.locator("tbody a").first().click();
  await page.getByRole("link", { name: "All releases of Acme CAD" }).waitFor();
  await page.getByRole("link", { name: "Downloads" }).click();
  assert.match(await row(page, "2.1.0").innerText(), /Included/);
  assert.match(await row(page, "3.0.0-beta.1").innerText(), /Your license covers versions up to 2\.x/);
  await accessible(page, "downloads");
  await picture(page, "downloads");
  await page.getByRole("link", { name: "All releases of Acme CAD" }).click();
  await page.getByRole("link", { name: "beta", exact: true }).click();
  assert.equal(await page.locator("tbody tr").count(), 1);
  await accessible(page, "releases of a channel");
  await picture(page, "downloads-channel");
  await page.getByRole("link", { name: "3.0.0-beta.1" }).click();
  await page.getByRole("heading", { name: "Not included" }).waitFor();
  assert.equal(await page.locator("a[download]").count(), 0);
  await accessible(page, "a release that is not included");
  await picture(page, "release-not-included");
  await close();
});

test("a release is downloaded, and what arrived is what the vendor signed", async () => {
  const { page, close } = await visit(browser, [portal.url]);
  await logIn(page);
  await page.goto(`${portal.url}/downloads`);
  await page.getByRole("link", { name: "2.1.0", exact: true }).click();
  await page.getByRole("heading", { name: "Faster assemblies" }).waitFor();
  assert.equal(await page.locator(".notes script").count(), 0);
  await accessible(page, "release");
  await picture(page, "release");
  const file = await save(page, page.getByRole("link", { name: /linux-x86_64/ }), folder.path);
  const checksums = await save(page, page.getByRole("link", { name: "acme-cad-2.1.0.checksums" }), folder.path);
  assert.deepEqual(readFileSync(file), archive);
  const verify = (...files) =>
    JSON.parse(execFileSync(countersign, ["verify-release", "--json", "--root", portal.roots, checksums, ...files]));
  assert.equal(verify(file).checked[0].result, "ok");
  writeFileSync(file, Buffer.concat([archive.subarray(0, -1), Buffer.from("!")]));
  assert.throws(() => verify(file), (error) => error.status === 1 && error.stdout.toString().includes('"result":"wrong"'));
  await close();
});

test("a download that is cut off half-way goes on there", async () => {
  const { page, close } = await visit(browser, [portal.url]);
  await logIn(page);
  await page.goto(`${portal.url}/downloads`);
  await page.getByRole("link", { name: "2.1.0", exact: true }).click();
  const href = await page.getByRole("link", { name: /linux-x86_64/ }).getAttribute("href");
  const done = await page.evaluate(async (href) => {
    const cut = new AbortController();
    const first = await fetch(href, { signal: cut.signal });
    const length = Number(first.headers.get("content-length"));
    const reader = first.body.getReader();
    const pieces = [];
    let got = 0;
    while (got < length / 2) {
      const { value } = await reader.read();
      pieces.push(value);
      got += value.length;
    }
    cut.abort();
    const headers = { Range: `bytes=${got}-`, "If-Range": first.headers.get("etag") };
    const rest = await fetch(href, { headers });
    pieces.push(new Uint8Array(await rest.arrayBuffer()));
    const whole = new Uint8Array(await new Blob(pieces).arrayBuffer());
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
    return { got, status: rest.status, range: rest.headers.get("content-range"), hash: [...hash].map((b) => b.toString(16).padStart(2, "0")).join("") };
  }, href);
  assert.equal(done.status, 206);
  assert.ok(done.got >= archive.length / 2 && done.got < archive.length, String(done.got));
  assert.equal(done.range, `bytes ${done.got}-${archive.length - 1}/${archive.length}`);
  assert.equal(done.hash, createHash("sha256").update(archive).digest("hex"));
  await close();
});

test("the same in German", async () => {
  const { page, close } = await visit(browser, [portal.url], { locale: "de-DE" });
  await logIn(page);
  await page.goto(`${portal.url}/downloads`);
  assert.match(await row(page, "3.0.0-beta.1").innerText(), /Ihre Lizenz umfasst Versionen bis 2\.x/);
  await page.getByRole("link", { name: "2.1.0", exact: true }).click();
  await page.getByRole("heading", { name: "Heruntergeladenes prüfen" }).waitFor();
  await accessible(page, "release in German");
  await picture(page, "release-de");
  await close();
});
