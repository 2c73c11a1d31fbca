// Attack: notes, platforms and names of releases, and ways out of a folder in every address and name of a download.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { activate, activationRequest, logIn, logInPage } from "./clients.mjs";
import { BUILT_IN, PAYLOADS, STRINGS, names, ways } from "./corpora.mjs";
import { save, scratch, startBrowser, startPortal } from "./world.mjs";
import { watched } from "./watch.mjs";
import { namesInZip } from "./zips.mjs";

/** As Markdown may carry them: bare, as a link, a picture, a heading, a cell, code, a reference. */
const DRESSED = [(t) => t, (t) => `[x](${t})`, (t) => `![x](${t})`, (t) => `[x](https://acme.example "${t}")`, (t) => `# ${t}`, (t) => `| a |\n| - |\n| ${t} |`, (t) => `<${t}>`, (t) => `\`\`\`${t}\nx\n\`\`\``, (t) => `[${t}][r]\n\n[r]: ${t}`];
const PLATFORMS = names(64, BUILT_IN);

let folder, portal, browser, jane;
const releases = [];

before(async () => {
  folder = scratch();
  portal = await startPortal(folder.path);
  browser = await startBrowser();
  jane = await logIn(portal, "jane@lab.example");
  publish();
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  folder?.remove();
});

const refused = (...words) => assert.throws(() => portal.admin(...words), (error) => error.status !== 0, words.join(" "));

/** Notes of these strings, in as many parts as 64 KiB make necessary. */
function notesOf(strings, dress) {
  const parts = [""];
  for (const text of strings) {
    const more = `before\n\n${dress(text.replaceAll(/[\r\0]/g, " "))}\n\nafter\n\n---\n\n`;
    if (Buffer.byteLength(parts.at(-1) + more) > 60_000) parts.push("");
    parts[parts.length - 1] += more;
  }
  return parts;
}

/** Releases for each way to dress the strings up, with all of them in their notes. */
function publish() {
  const content = join(folder.path, "built.bin");
  writeFileSync(content, "built");
  for (const [n, dress] of DRESSED.entries()) {
    for (const [part, text] of notesOf(n === 0 ? STRINGS : PAYLOADS, dress).entries()) {
      const notes = join(folder.path, "notes.md");
      writeFileSync(notes, text);
      const version = `1.${n}.${part}`;
      const release = `acme-cad/stable/${version}`;
      portal.admin("release", "create", "--product", "acme-cad", "--version", version, "--notes-file", notes);
      for (const [k, platform] of PLATFORMS.entries()) {
        if (part === 0 && k % DRESSED.length === n) portal.admin("release", "add-file", release, content, "--name", `cad-${k}.bin`, `--platform=${platform}`);
      }
      if (part > 0) portal.admin("release", "add-file", release, content);
      portal.admin("release", "publish", release);
      releases.push(version);
    }
  }
}

test("attack: payloads in release notes and platforms become no markup that runs, loads or leads astray", async () => {
  const { page, look, shown, close } = await watched(browser, portal);
  await logInPage(page, portal, "jane@lab.example");
  await look("/downloads");
  const pages = [];
  for (let next = "/downloads/acme-cad"; next !== null;) {
    await look(next);
    pages.push(...await page.locator("tbody th a").evaluateAll((links) => links.map((a) => a.getAttribute("href"))));
    const link = page.locator("nav.pages a").last();
    next = await link.count() > 0 && /after=/.test(await link.getAttribute("href")) ? await link.getAttribute("href") : null;
  }
  assert.equal(pages.length, releases.length);
  let platforms = 0;
  let bare = 0;
  for (const path of pages) {
    await look(path);
    assert.ok(await page.locator(".notes").count() === 1, path);
    assert.equal(await page.locator(".notes [id], .notes [class], .notes img, .notes input").count(), 0, path);
    platforms += await shown(PLATFORMS);
    if (/ 1\.0\.\d+/.test(await page.locator("h1").innerText())) bare += await shown(PAYLOADS);
  }
  assert.ok(platforms >= PLATFORMS.length, "all platforms are shown");
  assert.ok(bare > PAYLOADS.length * 0.5, "bare payloads are shown as they were written");
  await close();
});

test("attack: a version, a channel or a file's name that is markup or leads out of a folder is refused", () => {
  const content = join(folder.path, "built.bin");
  portal.admin("release", "create", "--product", "acme-cad", "--version", "9.0.0");
  const evil = [...BUILT_IN, ...ways("etc/passwd").filter((_, n) => n % 25 === 0)];
  for (const [n, text] of evil.entries()) {
    if (n % 3 === 0) refused("release", "create", "--product", "acme-cad", `--version=${text}`);
    if (n % 3 === 1) refused("release", "create", "--product", "acme-cad", "--version", "9.9.9", `--channel=${text}`);
    if (n % 3 === 2) refused("release", "add-file", "acme-cad/stable/9.0.0", content, `--name=${text}`);
  }
  const { files } = portal.admin("release", "show", "acme-cad/stable/9.0.0");
  assert.deepEqual(files, []);
  // A file on the vendor's disk whose own name is markup, without a name to hand it out by.
  const named = join(folder.path, "<img src=x onerror=alert(1)>.bin");
  writeFileSync(named, "built");
  refused("release", "add-file", "acme-cad/stable/9.0.0", named);
});

/** The status of an address that is sent as it is: fetch would tidy it. */
function raw(path, cookie) {
  const { hostname, port } = new URL(portal.url);
  return new Promise((done, failed) => {
    // What a request line cannot carry is written as a client would write it.
    const safe = path.replaceAll(/[^\x21-\x7e]/g, (c) => encodeURIComponent(c));
    const asked = request({ hostname, port, path: safe, headers: { cookie, connection: "keep-alive" } }, (answer) => {
      let text = "";
      answer.on("data", (chunk) => { text += chunk; });
      answer.on("end", () => done({ status: answer.statusCode, text }));
    });
    asked.on("error", failed).end();
  });
}

test("attack: no way out of a folder leads to a file, through any address", async () => {
  const cookie = jane.cookie();
  const doors = ["/releases/", "/responses/", "/assets/", "/downloads/acme-cad/", "/licenses/", "/activate/"];
  const targets = ["etc/passwd", "keys/portal.pem", "portal.db"];
  const strange = [];
  for (const [n, way] of ways("{FILE}").entries()) {
    const path = way.replaceAll("{FILE}", targets[n % targets.length]);
    for (const door of doors) {
      for (const address of [door + path, door + encodeURIComponent(path)]) {
        const { status, text } = await raw(address, cookie);
        if (![400, 404, 405, 414].includes(status) || /root:.*:0:0|PRIVATE KEY|SQLite format/.test(text)) strange.push(`${address}: ${status}`);
      }
    }
  }
  assert.deepEqual(strange, []);
});

/** Every file of the portal, but what the database writes beside itself. */
function everyFile(path = folder.path) {
  return readdirSync(path).flatMap((name) => {
    const below = join(path, name);
    return statSync(below).isDirectory() ? everyFile(below) : [below];
  }).filter((name) => !/-(wal|shm)$/.test(name)).sort();
}

test("attack: machines named after ways out of a folder get files with tame names", async () => {
  const own = portal.admin("license", "create", "--product", "acme-cad", "--activations", "5000", "--owner", "jane@lab.example");
  const all = names(64, ways("etc/passwd"));
  const before = everyFile();
  await activate(portal, all.map((name) => activationRequest({ name, platform: name, app_version: name }, own.key)));
  assert.deepEqual(everyFile(), before, "nothing was written anywhere");
  const machines = new Set();
  const { page, look, close } = await watched(browser, portal);
  await logInPage(page, portal, "jane@lab.example");
  await look(`/licenses/${own.id}`);
  for (const href of await page.locator("table.machines tbody a").evaluateAll((links) => links.map((a) => a.getAttribute("href")))) machines.add(href);
  const tame = /^attachment; filename="(?!\.)[\w.-]+\.response"; filename\*=UTF-8''(?!\.)[\w.%-]+\.response$/;
  for (const path of machines) {
    const answer = await jane.get(`${path}/response`);
    assert.equal(answer.status, 200);
    // Two full stops within a name are a name: nothing leads out of a folder without a slash, and no file is hidden.
    assert.match(answer.headers.get("content-disposition"), tame);
    assert.doesNotMatch(answer.headers.get("content-disposition"), /%2f|%5c/i);
  }
  // In the browser, by the button; and all of them as one zip.
  const target = join(folder.path, "saved");
  mkdirSync(target);
  await look([...machines][0]);
  await save(page, page.locator("#response"), target);
  await look(`/licenses/${own.id}`);
  const zip = await save(page, page.locator("#renew-all"), target);
  const listed = namesInZip(zip).filter((name) => !name.endsWith(".csv"));
  assert.equal(listed.length, all.length);
  for (const name of listed) assert.match(name, /^(?!\.)[\p{L}\p{N}._-]+\.response$/u);
  assert.equal(new Set(listed.map((name) => name.toLowerCase())).size, listed.length, "no two are the same");
  await close();
});
