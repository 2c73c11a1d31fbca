// The trial page in Chromium, on a plain web server under a sub-path, against the real portal on another origin.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { countersign, delegate, put, startSite, startVendor, x } from "./trial-world.mjs";
import { Machine, accessible, picture, save, scratch, startBrowser, startPortal, unzip, visit } from "./world.mjs";

let folder, portal, site, browser;
const config = {};

before(async () => {
  folder = scratch();
  site = await startSite(config);
  portal = await startPortal(folder.path, { origins: [site.origin] });
  config.good = {
    mode: "portal", vendor: "Acme Software", products: [{ id: "acme-cad", name: "Acme CAD", trial: { days: 14 } }],
    roots: [x(portal.roots)], portal: portal.url, support: "support@acme.example", website: "https://acme.example", accent: "#7c2ae8",
  };
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  await site?.stop();
  folder?.remove();
});

const machine = (name) => new Machine(folder.path, name, portal.roots);

async function open(settings = config.good, { fragment = "", more = [], ...options } = {}) {
  config.now = settings;
  const visitor = await visit(browser, [site.origin, portal.url, ...more], options);
  await visitor.page.goto(site.url + fragment);
  await visitor.page.waitForSelector("body.open, .problem");
  return visitor;
}

async function bring(page, ...requests) {
  await page.locator("#file").setInputFiles(requests.map((request) => request.path ?? request));
}

const heading = (page, name) => page.getByRole("heading", { name, exact: typeof name === "string" }).waitFor();
const get = (page) => page.getByRole("button", { name: "Get the trial" }).click();
const shown = (page) => page.locator("#out").innerText();

/** A server on another origin that answers as told; what it is asked for is kept. */
async function startServer(answer) {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise((ready) => { server.listen(0, "127.0.0.1", ready); });
  // A test that failed before it stopped this must not keep the others waiting.
  server.unref();
  const stop = () => new Promise((done) => { server.close(done); server.closeAllConnections(); });
  return { origin: `http://127.0.0.1:${server.address().port}`, asked, stop };
}

test("a request becomes a response that the machine installs", async () => {
  const lab = machine("lab-7");
  const { page, close } = await open();
  await heading(page, "Start your trial");
  await heading(page, "Bring the request");
  await page.getByText("Drop the request file here").waitFor();
  await accessible(page, "trial page");
  await picture(page, "trial");
  await bring(page, lab.request("trial", "--app-version", "2.1"));
  await heading(page, "Trial of Acme CAD for lab-7");
  const review = await shown(page);
  for (const words of ["From the file trial-1.request", "Acme CAD", "Acme Software", "lab-7", "2.1", "a trial of 14 days", `This request, to ${portal.url}.`]) {
    assert.ok(review.includes(words), `${words} in ${review}`);
  }
  await accessible(page, "trial review");
  await picture(page, "trial-review");
  await get(page);
  await heading(page, "The trial for lab-7 is ready");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "The trial for lab-7 is ready");
  await page.getByRole("img", { name: /QR code of the response for lab-7/ }).waitFor();
  assert.match(await shown(page), /Checked here: signed by Acme Software/);
  await accessible(page, "trial response");
  await picture(page, "trial-response");
  const path = await save(page, page.getByRole("link", { name: "Save lab-7.response" }), folder.path);
  assert.equal(lab.install(path).state, "active");
  await close();
});

test("the same request again gives the same response", async () => {
  const request = machine("again").request("trial");
  const files = [];
  for (let n = 0; n < 2; n++) {
    const { page, close } = await open();
    await bring(page, request);
    await get(page);
    files.push(readFileSync(await save(page, page.getByRole("link", { name: "Save again.response" }), folder.path), "utf8"));
    await close();
  }
  assert.equal(files[0], files[1]);
});

test("a link whose fragment leaves the address bar and the history at once", async () => {
  const request = machine("phone").request("trial");
  const { page, close } = await open(config.good, { fragment: `#${request.token}`, viewport: { width: 390, height: 844 } });
  await heading(page, "Trial of Acme CAD for phone");
  assert.match(await shown(page), /From the link/);
  assert.equal(page.url(), site.url);
  assert.ok(!(await page.evaluate(() => JSON.stringify([location.href, history.length, document.referrer]))).includes(request.token.slice(0, 20)));
  // The address of a page that is open already: a second code scanned by a phone.
  const other = machine("phone-2").request("trial");
  await page.evaluate((token) => { location.hash = token; }, other.token);
  await heading(page, "Trial of Acme CAD for phone-2");
  assert.equal(page.url(), site.url);
  await close();
});

test("text as mail quotes it, pasted into the page or into the field", async () => {
  const lab = machine("pasted");
  const quoted = `> ${lab.request("trial").text.replaceAll("\n", "\r\n> ")}`;
  const { page, close } = await open();
  await page.evaluate((text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
  }, quoted);
  await heading(page, "Trial of Acme CAD for pasted");
  assert.match(await shown(page), /From the pasted text/);
  await page.getByRole("button", { name: "Paste text" }).click();
  await accessible(page, "pasting");
  await page.getByLabel("The text of the request").fill(`please: ${quoted}`);
  await page.getByRole("button", { name: "Use this text" }).click();
  await heading(page, "The file is damaged");
  assert.match(await shown(page), /line 1, column 7/);
  await page.getByLabel("The text of the request").fill(quoted);
  await page.getByRole("button", { name: "Use this text" }).click();
  await page.getByText("The file is damaged").waitFor({ state: "detached" });
  assert.equal(await page.getByRole("heading", { name: "Trial of Acme CAD for pasted" }).count(), 1, "one request is there once");
  await close();
});

test("everything with the keyboard alone", async () => {
  const lab = machine("keys");
  const { page, close } = await open();
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "To the content");
  await page.keyboard.press("Enter");
  const seen = [];
  for (let n = 0; n < 3; n++) {
    await page.keyboard.press("Tab");
    seen.push(await focused());
  }
  assert.deepEqual(seen, ["Choose files", "Scan a QR code", "Paste text"]);
  await page.keyboard.press("Enter");
  await page.keyboard.insertText(lab.request("trial").text);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Use this text");
  await page.keyboard.press("Enter");
  await heading(page, "Trial of Acme CAD for keys");
  assert.equal(await focused(), "Trial of Acme CAD for keys");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Get the trial");
  await page.keyboard.press("Enter");
  await heading(page, "The trial for keys is ready");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Save keys.response");
  const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
  assert.equal(download.suggestedFilename(), "keys.response");
  const large = page.getByRole("button", { name: "Show the code large" });
  await large.focus();
  await page.keyboard.press("Enter");
  await page.locator("dialog.large svg").waitFor();
  await accessible(page, "large code");
  await page.keyboard.press("Escape");
  await page.locator("dialog.large").waitFor({ state: "detached" });
  assert.equal(await focused(), "Show the code large");
  await close();
});

test("several files at once, all got with one click, saved as one zip", async () => {
  const labs = ["one", "two", "three"].map(machine);
  const requests = labs.map((lab) => lab.request("trial"));
  const { page, close } = await open();
  await bring(page, ...requests, labs[0].request("activation"));
  await heading(page, "This is an activation request");
  await page.getByRole("button", { name: "Get all 3 trials" }).click();
  await heading(page, "3 responses are ready");
  await accessible(page, "several responses");
  await picture(page, "trial-several");
  const path = await save(page, page.getByRole("link", { name: "Save all as a zip" }), folder.path);
  const into = join(folder.path, "unzipped");
  assert.deepEqual(unzip(path, into), ["one.response", "three.response", "two.response"]);
  for (const lab of labs) assert.equal(lab.install(join(into, `${lab.name}.response`)).state, "active");
  await close();
});

test("what does not belong here is told where it does", async () => {
  const lab = machine("elsewhere");
  const { page, close } = await open();
  await bring(page, lab.request("activation"));
  await heading(page, "This is an activation request");
  assert.equal(await page.getByRole("link", { name: `Go to the portal: ${portal.url}` }).getAttribute("href"), `${portal.url}/activate`);
  await accessible(page, "activation request");
  const trial = lab.request("trial");
  await bring(page, put(folder.path, "cut.request", trial.text.slice(0, 400)));
  await heading(page, "The file is damaged");
  assert.match(await shown(page), /characters arrived, then it stops/);
  await accessible(page, "damaged file");
  await picture(page, "trial-damaged");
  await bring(page, put(folder.path, "gap.request", trial.text.split("\n").filter((_, index) => index !== 5).join("\n")));
  await page.getByText(/of \d+ characters arrived: a part is missing\./).waitFor();
  await page.locator("#file").setInputFiles({ name: "big", mimeType: "text/plain", buffer: Buffer.alloc(200_000, "a") });
  await page.getByText("larger than a request can be").waitFor();
  await page.locator("#file").setInputFiles({ name: "program", mimeType: "application/octet-stream", buffer: Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe]) });
  await page.getByText("neither a request nor a picture").waitFor();
  await page.locator("#file").setInputFiles({ name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("hello") });
  await heading(page, "This is not a request");
  await page.locator("#file").setInputFiles({ name: "changed.request", mimeType: "text/plain", buffer: Buffer.from(trial.token.slice(0, -8) + "AAAAAAAA") });
  await heading(page, "The request was changed on the way");
  const other = new Machine(folder.path, "other", portal.roots, "other-product");
  await bring(page, other.request("trial"));
  await heading(page, "This is for another product");
  await page.getByText("The request is for other-product. This page gives trials of Acme CAD.").waitFor();
  await bring(page, trial);
  await get(page);
  const path = await save(page, page.getByRole("link", { name: "Save elsewhere.response" }), folder.path);
  await bring(page, path);
  await heading(page, "This is already a response");
  assert.equal(await page.getByRole("heading", { name: "The trial for elsewhere is ready" }).count(), 1, "what is ready stays");
  await close();
});

test("files that are only the vendor's are told, and others' files are not trusted", async () => {
  const vendor = startVendor(folder.path);
  const { page, close } = await open({ ...config.good, roots: [...config.good.roots, x(vendor.roots)] });
  await bring(page, vendor.chain);
  await heading(page, "This is a delegation of a signing key");
  const app = put(folder.path, "app.tar", "content");
  const list = join(folder.path, "app.checksums");
  countersign("sign-release", app, "--key", vendor.root, "--product", "acme-cad", "--version", "2.1", "--channel", "stable", "--out", list);
  await bring(page, list);
  await heading(page, "This is the checksum list of a release");
  await accessible(page, "release");
  const stranger = startVendor(folder.path);
  await bring(page, stranger.chain);
  await heading(page, "This was not signed by Acme Software");
  await close();
});

test("a machine has one trial, also after a reinstallation", async () => {
  const lab = machine("greedy");
  const { page, close } = await open();
  await bring(page, lab.request("trial"));
  await get(page);
  await heading(page, "The trial for greedy is ready");
  lab.forget();
  const second = lab.request("trial");
  await bring(page, second);
  await get(page);
  await heading(page, "This machine had its trial");
  await accessible(page, "trial used");
  await picture(page, "trial-used");
  const mail = await page.getByRole("link", { name: "Mail it to support" }).getAttribute("href");
  assert.match(mail, /^mailto:support@acme\.example\?subject=.*&body=/);
  assert.ok(mail.includes(second.token) && mail.length < 2000);
  const kept = await save(page, page.getByRole("link", { name: "Save the request" }), folder.path);
  assert.equal(readFileSync(kept, "utf8").trim(), second.token);
  await close();
});

test("a portal that is down, then up again: the request is kept", async () => {
  const request = machine("patient").request("trial");
  const { page, close } = await open();
  await bring(page, request);
  await page.getByRole("button", { name: "Get the trial" }).waitFor();
  const { port } = new URL(portal.url);
  await portal.stop();
  await get(page);
  await heading(page, "The portal cannot be reached");
  await accessible(page, "portal down");
  await picture(page, "trial-portal-down");
  portal = { ...portal, ...(await startPortal(folder.path, { origins: [site.origin], port, again: true })), license: portal.license };
  await page.getByRole("button", { name: "Try again" }).click();
  await heading(page, "The trial for patient is ready");
  await close();
});

test("a device that is offline, then online again", async () => {
  const { page, close } = await open();
  await bring(page, machine("aboard").request("trial"));
  await page.context().setOffline(true);
  await get(page);
  await heading(page, "This device is offline");
  await page.context().setOffline(false);
  await page.getByRole("button", { name: "Try again" }).click();
  await heading(page, "The trial for aboard is ready");
  await close();
});

test("a page whose origin the portal does not allow", async () => {
  const elsewhere = await startSite(config);
  config.now = config.good;
  const { page, close } = await visit(browser, [elsewhere.origin, portal.url]);
  await page.goto(elsewhere.url);
  await page.waitForSelector("body.open");
  await bring(page, machine("stranger").request("trial"));
  await get(page);
  await heading(page, "The portal does not know this page");
  assert.ok((await shown(page)).includes(elsewhere.origin));
  await close();
  await elsewhere.stop();
});

test("too many requests: a countdown, then it works", async () => {
  const own = scratch();
  const busy = await startPortal(own.path, { origins: [site.origin], rateLimit: 1 });
  const lab = new Machine(own.path, "hasty", busy.roots);
  const { page, close } = await open({ ...config.good, portal: busy.url, roots: [x(busy.roots)] }, { more: [busy.url] });
  await bring(page, lab.request("trial"));
  // Somebody else behind the same address, for as long as it takes.
  let flooding = true;
  const flood = (async () => { while (flooding) await fetch(`${busy.url}/api/v1/trials`, { method: "POST", body: "x" }); })();
  await new Promise((next) => { setTimeout(next, 500); });
  await get(page);
  await heading(page, "Too many requests");
  flooding = false;
  await flood;
  await accessible(page, "rate limited");
  await page.getByRole("button", { name: "Try again", exact: true }).click();
  await heading(page, "The trial for hasty is ready");
  await close();
  await busy.stop();
  own.remove();
});

/** Changes a setting of the portal, and waits until it answers by it: a trial of a new machine, asked for directly. */
async function settle(status, ...words) {
  portal.admin("settings", "set", ...words);
  for (let n = 0; ; n++) {
    const request = machine(`probe-${words.join("")}-${n}`).request("trial");
    const answer = await fetch(`${portal.url}/api/v1/trials`, { method: "POST", body: request.token });
    if (answer.status === status) return;
    assert.ok(n < 60, `${words}: ${answer.status} ${await answer.text()}`);
    await new Promise((next) => { setTimeout(next, 250); });
  }
}

test("a portal that asks for work first gets it, in the background; whoever had a trial needs none", async (t) => {
  t.after(() => settle(200, "--trial-work-bits", "0"));
  const lab = machine("worker");
  const request = lab.request("trial");
  await settle(428, "--trial-work-bits", "14");
  for (let n = 0; n < 2; n++) {
    const { page, close } = await open();
    const works = [];
    page.on("request", (asked) => { if (asked.url().includes("/api/v1/trials")) works.push(new URL(asked.url()).searchParams.get("work")); });
    await bring(page, request);
    await get(page);
    await heading(page, "The trial for worker is ready");
    assert.equal(lab.install(await save(page, page.getByRole("link", { name: "Save worker.response" }), folder.path)).state, "active");
    assert.equal(works.length, n === 0 ? 2 : 1, String(works));
    if (n === 0) assert.match(works[1], /^[A-Za-z0-9_-]{1,32}$/);
    await close();
  }
});

test("work that takes long: how far it is, how long it may take, and it can be cancelled", async (t) => {
  t.after(() => settle(200, "--trial-work-bits", "0"));
  await settle(428, "--trial-work-bits", "26");
  config.now = config.good;
  const { page, close } = await visit(browser, [site.origin, portal.url]);
  // The workers look for what no hash has: with what a portal may ask for, luck could end the work before it is cancelled.
  await page.addInitScript(() => {
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function endless(task) { post.call(this, { ...task, bits: 256 }); };
  });
  await page.goto(site.url);
  await page.waitForSelector("body.open");
  await bring(page, machine("weary").request("trial"));
  await get(page);
  await page.getByRole("progressbar", { name: "Progress of the computation" }).waitFor();
  await page.getByText("At most 180 seconds.").waitFor();
  await accessible(page, "working");
  await picture(page, "trial-work");
  await page.getByRole("button", { name: "Cancel" }).click();
  await heading(page, "Trial of Acme CAD for weary");
  await close();
});

test("no more trials today: who has one gets it again, the others are told when", async (t) => {
  t.after(() => settle(200, "--trials-per-day", "0"));
  const [first, second] = ["early", "tardy"].map((name) => machine(name).request("trial"));
  const { page, close } = await open();
  await bring(page, first);
  await get(page);
  await heading(page, "The trial for early is ready");
  await settle(429, "--trials-per-day", "1");
  await bring(page, second);
  await get(page);
  await heading(page, "No more trials today");
  assert.match(await shown(page), /Come back after \d+ \w+ \d{4}/);
  await accessible(page, "no more trials");
  await bring(page, first);
  await get(page);
  await heading(page, "The trial for early is ready");
  await close();
});

test("a machine that asks too often waits, with a countdown", async () => {
  const lab = machine("eager");
  for (let n = 0, status; n < 30 && status !== 429; n++) {
    status = (await fetch(`${portal.url}/api/v1/trials`, { method: "POST", body: lab.request("trial").token })).status;
  }
  const { page, close } = await open();
  await bring(page, lab.request("trial"));
  await get(page);
  await heading(page, "This machine asked too often today");
  await page.getByRole("button", { name: /^Try again in [\d,]+ minutes?$/ }).waitFor();
  await accessible(page, "too often");
  await close();
});

test("a portal that never answers: it can be cancelled, and the wait ends by itself", async () => {
  const silent = await startServer(() => undefined);
  config.now = { ...config.good, portal: silent.origin };
  const { page, close } = await visit(browser, [site.origin, silent.origin]);
  await page.clock.install();
  await page.goto(site.url);
  await page.waitForSelector("body.open");
  await bring(page, machine("waiting").request("trial"));
  await get(page);
  await page.getByText(`Asking ${silent.origin}…`).waitFor();
  await accessible(page, "waiting");
  await page.getByText("At most 20 seconds.").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await heading(page, "Trial of Acme CAD for waiting");
  await get(page);
  await page.getByText(`Asking ${silent.origin}…`).waitFor();
  await page.clock.fastForward(21_000);
  await heading(page, "The portal takes too long");
  assert.equal(await page.getByRole("button", { name: "Try again" }).count(), 1);
  await close();
  await silent.stop();
});

test("something else than a portal: nonsense, endless nonsense, a redirection to elsewhere", async () => {
  const cors = { "Access-Control-Allow-Origin": "*" };
  for (const [answer, title] of [
    [(_, response) => response.writeHead(200, cors).end("<html>Log in to the hotel's network</html>"), "That was no answer of a portal"],
    [(_, response) => response.writeHead(200, cors).end('{"file": 7}'), "That was no answer of a portal"],
    [(_, response) => { response.writeHead(200, cors); const more = () => { if (response.write("x".repeat(65_536))) setImmediate(more); else response.once("drain", more); }; more(); }, "That was no answer of a portal"],
    [(_, response) => response.writeHead(503, cors).end("<h1>Bad gateway</h1>"), "The portal has a fault"],
    [(_, response) => response.writeHead(422, cors).end('{"code": "bad-claim", "detail": "no"}'), "The portal refused"],
    [(request, response) => response.writeHead(request.method === "POST" ? 307 : 200, { ...cors, Location: "https://evil.example/" }).end(), "The portal does not know this page"],
  ]) {
    const server = await startServer(answer);
    const { page, close } = await open({ ...config.good, portal: server.origin }, { more: [server.origin] });
    await bring(page, machine("lost").request("trial"));
    await get(page);
    await heading(page, title);
    await close();
    await server.stop();
  }
});

test("attack: a portal that signs with a key of its own gives nothing to save", async () => {
  const request = machine("victim").request("trial");
  const stranger = startVendor(folder.path);
  const forged = join(folder.path, "forged.response");
  countersign("sign", request.path, "--key", stranger.root, "--days", "9999", "--out", forged);
  const forger = await startServer((_, response) => {
    response.writeHead(200, { "Access-Control-Allow-Origin": "*", "Content-Type": "application/json" });
    response.end(JSON.stringify({ file: readFileSync(forged, "utf8"), file_name: "victim.response" }));
  });
  const { page, close } = await open({ ...config.good, portal: forger.origin }, { more: [forger.origin] });
  await bring(page, request);
  await get(page);
  await heading(page, "The answer does not check out");
  assert.match(await shown(page), /untrusted-key/);
  assert.equal(await page.getByRole("link", { name: /\.response/ }).count(), 0);
  await close();
  await forger.stop();
});

test("attack: an answer to another request, or a key that may not, gives nothing to save", async () => {
  const [mine, other] = [machine("mine").request("trial"), machine("other-one").request("trial")];
  const vendor = startVendor(folder.path);
  const narrow = delegate(folder.path, vendor.root, "--max-days", "5");
  const answers = { "unknown-device": join(folder.path, "other.response"), "out-of-scope": join(folder.path, "long.response") };
  countersign("sign", other.path, "--key", vendor.root, "--days", "5", "--out", answers["unknown-device"]);
  countersign("sign", mine.path, "--key", vendor.root, "--days", "5", "--out", answers["out-of-scope"]);
  const files = Object.values(answers).map((path) => readFileSync(path, "utf8"));
  // The narrow key's chain around what the root signed: the signature is not that key's.
  const spoofed = files[1].split("\n").filter((line) => !line.startsWith("#")).join("").replace(/^[^.]+/, (header) => {
    const members = JSON.parse(Buffer.from(header, "base64url"));
    return Buffer.from(JSON.stringify({ ...members, kid: "A".repeat(43), chain: narrow.signer.delegation })).toString("base64url");
  });
  for (const [file, code] of [[files[0], "wrong-device"], [spoofed, "bad-chain"]]) {
    const server = await startServer((_, response) => {
      response.writeHead(200, { "Access-Control-Allow-Origin": "*" }).end(JSON.stringify({ file }));
    });
    const { page, close } = await open({ ...config.good, portal: server.origin, roots: [x(vendor.roots)] }, { more: [server.origin] });
    await bring(page, mine);
    await get(page);
    await heading(page, "The answer does not check out");
    await page.getByText(code).first().waitFor();
    await close();
    await server.stop();
  }
});

test("a clock that is two months ahead is told from a bad answer", async () => {
  config.now = config.good;
  const { page, close } = await visit(browser, [site.origin, portal.url]);
  await page.clock.setFixedTime(Date.now() + 60 * 86_400_000);
  await page.goto(site.url);
  await page.waitForSelector("body.open");
  await bring(page, machine("future").request("trial"));
  await get(page);
  await heading(page, "A clock is wrong, or the answer is old");
  await close();
});

test("the page talks to nobody but its portal, whatever runs in it", async () => {
  const { page, close } = await open();
  const stranger = await startServer((_, response) => response.writeHead(200, { "Access-Control-Allow-Origin": "*" }).end());
  const reached = await page.evaluate(async (origin) => {
    const stopped = [];
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => stopped.push(effectiveDirective));
    const fetched = await fetch(origin).then(() => true, () => false);
    let made = false;
    try {
      document.createElement("div").innerHTML = "<img src=x>";
      made = true;
    } catch { /* as it should */ }
    let policy = false;
    try {
      globalThis.trustedTypes.createPolicy("another", {});
      policy = true;
    } catch { /* as it should */ }
    await new Promise((next) => { setTimeout(next, 300); });
    return { fetched, made, policy, stopped };
  }, stranger.origin);
  assert.deepEqual([reached.fetched, reached.made, reached.policy], [false, false, false]);
  assert.ok(reached.stopped.includes("connect-src"), String(reached.stopped));
  assert.deepEqual(stranger.asked, []);
  await stranger.stop();
  await close(/violates|Trusted ?Type/);
});

test("in German, with the portal's words under details in the portal's language", async () => {
  const lab = machine("prüfstand");
  const { page, close } = await open(config.good, { locale: "de-AT" });
  assert.equal(await page.locator("html").getAttribute("lang"), "de-AT");
  await heading(page, "Testversion starten");
  await accessible(page, "German");
  await picture(page, "trial-german");
  await bring(page, lab.request("trial"));
  await heading(page, "Acme CAD testen: für prüfstand");
  await page.getByRole("button", { name: "Testversion holen" }).click();
  await heading(page, "Die Antwort für prüfstand ist fertig");
  const path = await save(page, page.getByRole("link", { name: "prüfstand.response speichern" }), folder.path);
  assert.equal(lab.install(path).state, "active");
  lab.forget();
  await bring(page, lab.request("trial"));
  await page.getByRole("button", { name: "Testversion holen" }).click();
  await heading(page, "Dieser Rechner hatte seine Testversion");
  assert.equal(await page.locator("details p[lang=en]").count(), 1);
  await close();
});

test("a visitor of a third language gets English", async () => {
  const { page, close } = await open(config.good, { locale: "fr-FR" });
  await heading(page, "Start your trial");
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await close();
});

test("a page that is not set up says so, and what is wrong", async () => {
  for (const [wrong, says] of [
    [{ ...config.good, roots: [] }, /"roots" must list/],
    [{ portal: portal.url, product: "acme-cad", vendor: "Acme", roots: config.good.roots }, /write "products"/],
    ["{", /not JSON/],
  ]) {
    const { page, close } = await open(wrong);
    await heading(page, "This page is not set up");
    assert.match(await shown(page), says);
    await accessible(page, "not set up");
    await close();
  }
});

test("paper has the steps, the code and the text of one response, and nothing else", async () => {
  const lab = machine("printed");
  const { page, close } = await open();
  await bring(page, lab.request("trial"), machine("not-printed").request("trial"));
  await page.getByRole("button", { name: "Get all 2 trials" }).click();
  await heading(page, "2 responses are ready");
  await page.evaluate(() => { globalThis.print = () => { globalThis.printed = document.body.innerText; document.documentElement.dataset.printed = ""; }; });
  await page.emulateMedia({ media: "print" });
  await page.locator(".card", { hasText: "The trial for printed is ready" }).locator("button", { hasText: "Print" }).evaluate((element) => element.click());
  const paper = await page.evaluate(() => globalThis.printed);
  assert.match(paper, /The trial for printed is ready/);
  assert.match(paper, /# end \d+ characters, check [0-9A-F]{6}/);
  assert.match(paper, /On printed, open the app/);
  assert.doesNotMatch(paper, /not-printed|Bring|Copy as text|Show as text/);
  await close();
});
