// Every page that the portal's router has is light: its text, style, script and pictures, as they come over the wire the
// first time. Lists are full. A route that is added without an entry here fails.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { activate, activationRequest, link, logIn, logInPage, mailTo, trialRequest, tryOut } from "./clients.mjs";
import { noise, setPicture } from "./pictures.mjs";
import { scratch, startBrowser, startPortal, visit } from "./world.mjs";

/** Bytes that a page may transfer, everything included. */
const MOST = 60 * 1024;
/** Rows that every list has, or has on its first page. */
const ROWS = 50;
const ROUTER = new URL("../../portal-server/src/router/pages/", import.meta.url);

/** What answers with something else than a page: a file, a picture, a calendar, a table, a state for programs. */
const NO_PAGES = ["/admin/licenses/import/template.csv", "/admin/licenses/made/{token}/keys.csv", "/healthz", "/readyz", "/assets/{name}", "/responses/{hash}", "/responses/{hash}/qr.svg", "/releases/{id}", "/releases/{id}/checksums", "/licenses.csv", "/licenses.ics", "/admin/audit.jsonl", "/admin/overview.csv", "/admin/audit.csv", "/admin/audit/checkpoints/{n}",
  "/licenses/{id}/end.ics", "/licenses/{id}/machines.csv", "/licenses/{id}/machines/{activation}/response", "/licenses/{id}/machines/{activation}/receipt", "/admin/trials/{id}/response", "/admin/trials/{id}/qr.svg"];

let folder, portal, browser;
const weighed = [];
/** Values for the parameters of a route. */
const places = {};
let [iconPath, iconBytes] = ["", 0];

before(async () => {
  folder = scratch();
  portal = await startPortal(folder.path, { seats: 5000 });
  browser = await startBrowser();
  await fill();
  await look();
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  folder?.remove();
  const lines = weighed.toSorted((a, b) => b.bytes - a.bytes).map((w) => `# ${String(w.bytes).padStart(7)}  ${w.who.padEnd(12)} ${w.path}`);
  console.log(`# bytes     who          page (${weighed.length} weighed; the heaviest first)\n${lines.slice(0, 25).join("\n")}`);
});

/** The heaviest look that a vendor can give the pages. */
async function look() {
  const admin = await logIn(portal, "admin@acme.example");
  for (const place of ["logo", "icon"]) await setPicture(portal, admin, place, noise(320, 64));
  const words = (length) => Array.from({ length }, () => String.fromCharCode(33 + Math.floor(randomBytes(1)[0] / 256 * 90))).join("").replaceAll(/[<>&"'`\\]/g, " ");
  const texts = { public_en: words(2000), public_de: words(2000), foot_en: words(300), foot_de: words(300) };
  assert.equal((await admin.post("/admin/settings/texts", texts)).status, 303);
  const fields = { name: "M".repeat(100), shows_name: "1", website: "https://acme.example", support: "help@acme.example", accent: "#0a0a0a" };
  assert.equal((await admin.post("/admin/settings/look", fields)).status, 303);
  [, iconPath] = /rel="icon" href="([^"]+)"/.exec(await (await admin.get("/admin")).text());
  assert.match(iconPath, /\/icon-.*png$/);
  iconBytes = (await (await fetch(portal.url + iconPath)).arrayBuffer()).byteLength + 500;
}

/** Pushes the journal of a key that nobody delegated anything to: its entries are kept, each with the reason why it does not count. */
async function pushJournal() {
  const hash = (line) => createHash("sha256").update(line).digest("base64url");
  const lines = [JSON.stringify({ journal: randomBytes(16).toString("base64url"), v: 1, kid: hash("key"), made: 1_790_000_000, prev: "" })];
  for (let n = 1; n <= 2 * ROWS; n += 1) lines.push(JSON.stringify({ n, at: 1_790_000_000 + n, prev: hash(lines.at(-1)), request: hash(`request ${n}`), response: "a.b.c" }));
  const { token } = portal.admin("token", "create", "--user", "admin@acme.example", "--name", "laptop", "--scope", "journal:push");
  const answer = await fetch(`${portal.url}/api/v1/journals`, { method: "POST", headers: { authorization: `Bearer ${token}` }, body: `${lines.join("\n")}\n` });
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()).journal;
}

async function fill() {
  places.draft = portal.admin("release", "create", "--product", "acme-cad", "--version", "9.9.9").id;
  // First, since it blocks for long: the portal ends connections that stand still.
  release();
  const admin = await logIn(portal, "admin@acme.example");
  places.journal = await pushJournal();
  const lab = portal.admin("organization", "create", "--name", "Laboratory for Materials and Measurement", "--allowed-users", "500").id;
  portal.admin("user", "create", "--email", "otto@lab.example", "--name", "Otto Berg", "--organization", lab, "--organization-role", "admin", "--password-file", "-");
  const otto = await logIn(portal, "otto@lab.example");
  const provider = await otto.post("/organization/sign-on", { name: "Laboratory account", issuer: "https://idp.lab.example/realms/laboratory", client_id: "portal" });
  places.provider = provider.headers.get("location").split("/").at(-1);
  const owner = "jane@lab.example";
  await admin.post("/admin/plans", { product: "acme-cad", name: "Professional", validity: "from-creation", validity_days: "365", strategy: "fuzzy", entitlements: "cad\nparts=500" });
  places.plan = /\/admin\/plans\/([\w-]{22})"/.exec(await (await admin.get("/admin/plans")).text())[1];
  const license = (n, more) => admin.post("/admin/licenses", {
    product: n % 2 ? "acme-cad" : `product-${n}`, plan: `Professional ${n}`, holder: `Holder of license number ${n}`, allowed_activations: "25", validity: "from-creation", validity_days: "365",
    import_days: "14", strategy: "fuzzy", entitlements: "cad\nparts=500\nrendering", metadata: `cost center=${n} [user, organization]`, ...more,
  });
  for (let n = 0; n < ROWS; n += 1) {
    await admin.post("/admin/products", { id: `product-${n}`, name: `Product number ${n}`, trial_days: "14" });
    for (const theirs of [{ owner }, { organization: lab }]) {
      const answer = await license(n, theirs);
      assert.equal(answer.status, 303);
      if (theirs.organization) places.shared = answer.headers.get("location").split("/").at(-1);
    }
    await admin.post("/admin/customers/organizations", { name: `Organization number ${n}` });
    await admin.post("/admin/customers/users", { email: `person-${n}@lab.example`, name: `Firstname Lastname ${n}`, role: "customer", organization: lab, organization_role: "member" });
    const group = (await otto.post("/organization/groups", { name: `Group number ${n}` })).headers.get("location");
    places.group = group.split("/").at(-1);
  }
  const group = await (await otto.get(`/organization/groups/${places.group}`)).text();
  const people = [...(/<select id="user"[\s\S]*?<\/select>/.exec(group)[0]).matchAll(/value="([\w-]{22})"/g)].map((match) => match[1]);
  const linkable = [...(/<select id="license"[\s\S]*?<\/select>/.exec(group)[0]).matchAll(/value="([\w-]{22})"/g)].map((match) => match[1]);
  assert.ok(people.length >= ROWS && linkable.length >= ROWS);
  places.person = people[0];
  for (const user of people) await otto.post(`/organization/groups/${places.group}/add`, { user });
  for (const one of linkable) await otto.post(`/organization/groups/${places.group}/link`, { license: one, seat_cap: "5" });
  places.license = portal.license.id;
  places.webhook = await webhook(admin);
  const device = (n) => ({ name: `workstation-${n}.physics.lab.example`, platform: "linux-x86_64", app_version: "2.1.0" });
  await activate(portal, Array.from({ length: 60 }, (_, n) => activationRequest(device(n), portal.license.key)));
  const page = await (await (await logIn(portal, "jane@lab.example")).get(`/licenses/${places.license}`)).text();
  places.machine = /machines\/([\w-]{22})"/.exec(page)[1];
  await tryOut(portal, Array.from({ length: ROWS }, (_, n) => trialRequest(device(n))));
  places.trial = /admin\/trials\/([\w-]{22})"/.exec(await (await admin.get("/admin/trials")).text())[1];
  places.batch = await largeBatch();
  await sales(admin, license);
  await otto.post("/organization/users", { email: "inga@lab.example", first_name: "Inga", last_name: "Holm", organization_role: "member" });
  places.invitation = new URL(link(portal, await mailTo(portal, "inga@lab.example"), "/invite/")).pathname.split("/").at(-1);
}

/** A reseller with many customers, and many of the vendor's own people. */
async function sales(admin, license) {
  const seller = portal.admin("organization", "create", "--name", "Sales for Science").id;
  await admin.post(`/admin/customers/organizations/${seller}`, { name: "Sales for Science", kind: "reseller" });
  portal.admin("user", "create", "--email", "rita@sales.example", "--name", "Rita Berg", "--role", "reseller-admin", "--organization", seller, "--password-file", "-");
  places.resold = (await license(0, { organization: seller })).headers.get("location").split("/").at(-1);
  const rita = await logIn(portal, "rita@sales.example");
  for (let n = 0; n < ROWS; n += 1) {
    const made = await rita.post("/reseller/organizations", { name: `Customer number ${n}` });
    places.customer = made.headers.get("location").split("/").at(-1);
    places.staff = portal.admin("user", "create", "--email", `helper-${n}@acme.example`, "--name", `Firstname Lastname ${n}`, "--role", "support").id;
  }
}

/** A webhook with as many deliveries as a page shows, none of which is sent. */
async function webhook(admin) {
  const events = ["activation.created", "trial.started", "license.created", "license.ending"].map((event) => ["event", event]);
  const made = await admin.post("/admin/webhooks", [["url", `https://hooks.example/${"a".repeat(400)}`], ...events]);
  const id = (/\/admin\/webhooks\/([\w-]{22})"/.exec(await made.text()))[1];
  assert.equal((await admin.post(`/admin/webhooks/${id}/pause`, {})).status, 303);
  for (let n = 0; n < ROWS; n += 1) {
    const license = { product: "acme-cad", validity: "from-creation", validity_days: "365", import_days: "14", strategy: "fuzzy", holder: `Holder number ${n}` };
    assert.equal((await admin.post("/admin/licenses", license)).status, 303);
  }
  return id;
}

/** The id of a batch that is too large for one page. */
async function largeBatch() {
  const body = new FormData();
  for (let n = 0; n < 300; n += 1) {
    const name = `node-${n}.cluster.lab.example`;
    body.append("file", new Blob([activationRequest({ name, platform: "linux-x86_64", app_version: "2.1.0" }, portal.license.key)]), `${name}.request`);
  }
  const answer = await fetch(`${portal.url}/activate/review`, { method: "POST", body, headers: { origin: portal.url } });
  assert.equal(answer.status, 200);
  return /\/activate\/batches\/([\w-]+)/.exec(await answer.text())[1];
}

function release() {
  const content = join(folder.path, "built.bin");
  writeFileSync(content, randomBytes(1000));
  const notes = join(folder.path, "notes.md");
  writeFileSync(notes, "# What is new\n\n" + Array.from({ length: ROWS }, (_, n) => `- Change ${n}: [the manual](https://acme.example/${n}) says **more** about it\n`).join(""));
  for (let n = 0; n < 25; n += 1) {
    portal.admin("release", "create", "--product", "acme-cad", "--version", `2.${n}.0`, "--notes-file", notes);
    const files = n === 24 ? ROWS : 1;
    for (let k = 0; k < files; k += 1) portal.admin("release", "add-file", `acme-cad/stable/2.${n}.0`, content, "--name", `acme-cad-2.${n}.0-${k}.tar.gz`, "--platform", `Platform ${k}`);
    places.release = portal.admin("release", "publish", `acme-cad/stable/2.${n}.0`).id;
  }
}

/** The routes that answer GET, with their access, out of the router's own text. */
function routes() {
  const text = readdirSync(ROUTER).map((name) => readFileSync(new URL(name, ROUTER), "utf8")).join("\n");
  const found = [...text.matchAll(/\.(?:route|limited)\(\s*"([^"]+)",\s*Access::(\w+)(?:\([\w:,\s]+\))?,\s*(?:[\w:]*upload\(\s*)?([\w:]+)\(/g)];
  assert.equal(found.length, [...text.matchAll(/\.(?:route|limited)\(\s*"/g)].length, "every route's form is understood");
  return found.filter(([, , access, method]) => method === "get" && access !== "Api" && access !== "Token").map(([, path, access]) => ({ path, access }));
}

/** A route as an address, or as more than one. */
function addresses(path) {
  const fill = (id) => path.replace("{id}", id).replace("{activation}", places.machine).replace("{product}", "acme-cad").replace("{release}", places.release);
  if (path.startsWith("/organization/sign-on/") || path.startsWith("/admin/sign-on/")) return [fill(places.provider)];
  if (path === "/login/sso/{provider}") return [path.replace("{provider}", places.provider)];
  if (path.startsWith("/organization/users/")) return [fill(places.person)];
  if (path.startsWith("/organization/groups/")) return [fill(places.group)];
  if (path.startsWith("/organization/licenses/")) return [fill(places.shared)];
  if (path.startsWith("/admin/trials/")) return [fill(places.trial)];
  if (path.startsWith("/reseller/organizations/")) return [fill(places.customer)];
  if (path.startsWith("/reseller/licenses/")) return [fill(places.resold)];
  if (path.startsWith("/admin/staff/")) return [fill(places.staff)];
  if (path === "/admin") return [path, "/admin?days=90"];
  if (path === "/admin/activations") return [path, "/admin/activations?q=workstation", "/admin/activations?q=Holder"];
  if (path.startsWith("/admin/licenses/") && path.includes("{id}")) return [fill(places.license)];
  if (path.startsWith("/admin/plans/")) return [fill(places.plan)];
  if (path.startsWith("/admin/journals/")) return [fill(places.journal)];
  if (path.startsWith("/admin/releases/")) return [fill(places.draft)];
  if (path.startsWith("/admin/webhooks/")) return [fill(places.webhook).replace("{delivery}", "1")];
  if (path.startsWith("/admin/products/")) return [fill("acme-cad")];
  if (path.startsWith("/admin/customers/users/")) return [fill(places.person)];
  if (path.startsWith("/activate/batches/")) return [fill(places.batch), `${fill(places.batch)}?page=2`];
  if (path.startsWith("/invite/")) return [path.replace("{token}", places.invitation)];
  // One that is not known: a page with a refusal. What a known one shows is a form with a field or two.
  if (path.includes("{token}")) return [path.replace("{token}", "A".repeat(43))];
  if (path.startsWith("/licenses/{id}")) return [fill(places.license)];
  assert.ok(!fill("").includes("{"), `${path} has an address here`);
  return path === "/licenses" ? [path, "/licenses?view=mine", "/licenses?q=Professional"] : [fill("")];
}

/** Counts what comes over the wire while `act` is done with nothing kept from before, headers included. */
async function weigh(page, path, who, act = () => page.goto(portal.url + path)) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  let bytes = 0;
  const [open, parts] = [new Set(), new Set()];
  const ended = ({ requestId, encodedDataLength }) => {
    bytes += encodedDataLength ?? 0;
    open.delete(requestId);
  };
  session.on("Network.requestWillBeSent", ({ requestId }) => open.add(requestId));
  session.on("Network.responseReceived", ({ response }) => parts.add(new URL(response.url).pathname));
  session.on("Network.requestServedFromCache", ended);
  session.on("Network.loadingFinished", ended);
  session.on("Network.loadingFailed", ended);
  const answer = await act();
  while (open.size > 0) await page.waitForTimeout(20);
  await session.detach();
  const headers = await answer.allHeaders();
  assert.match(headers["content-type"], /^text\/html/, `${path} is a page`);
  assert.ok(headers["content-encoding"], `${path} comes compressed`);
  assert.ok(parts.has("/assets/portal.css") && parts.has("/assets/portal.js"), `${path}: ${[...parts]}`);
  // Without a window Chromium seldom asks for the icon.
  if (!parts.has(iconPath)) bytes += iconBytes;
  weighed.push({ path, who, bytes, status: answer.status() });
  return answer;
}

test("every page that a GET opens is under 60 KB transferred, on first sight, for everybody who may open it", async () => {
  const all = routes();
  for (const path of NO_PAGES.filter((one) => !["/healthz", "/readyz"].includes(one))) assert.ok(all.some((route) => route.path === path), `${path} is still a route`);
  const visitors = { nobody: undefined, customer: "jane@lab.example", organization: "otto@lab.example", reseller: "rita@sales.example", vendor: "admin@acme.example" };
  const may = { Public: ["nobody", "vendor"], Customer: ["customer", "organization", "vendor"], OrganizationAdmin: ["organization"], Reseller: ["reseller"], Admin: ["vendor"], Staff: ["vendor"], Page: ["vendor"] };
  const pages = all.filter((route) => !NO_PAGES.includes(route.path));
  for (const [who, email] of Object.entries(visitors)) {
    const { page, close } = await visit(browser, [portal.url]);
    if (email) await logInPage(page, portal, email);
    for (const { path, access } of pages.filter((route) => may[route.access].includes(who))) {
      for (const address of addresses(path)) {
        const answer = await weigh(page, address, who);
        const isMine = !(who === "organization" && path.startsWith("/licenses/{id}")) && !(who !== "nobody" && path.startsWith("/activate/batches/"));
        // Back from a provider without having been sent there: a page that says so.
        const isNobodys = path.includes("{token}") || path === "/login/sso/callback";
        if (isMine && !isNobodys) assert.ok([200, 429].includes(answer.status()), `${who}: ${address}: ${answer.status()} (${access})`);
      }
    }
    await close();
  }
  assert.ok(weighed.length > 60, `${weighed.length} were weighed`);
  assert.deepEqual(weighed.filter((one) => one.bytes >= MOST), []);
});

test("so are the review and the result of 50 requests, and what a form answers", async () => {
  const { page, close } = await visit(browser, [portal.url]);
  await logInPage(page, portal, "jane@lab.example");
  const sent = (act) => async () => {
    const [answer] = await Promise.all([page.waitForResponse((one) => one.request().isNavigationRequest() && one.status() !== 303), page.waitForEvent("load"), act()]);
    return answer;
  };
  await page.goto(`${portal.url}/licenses/${places.license}`);
  const machine = (n) => ({ name: `node-${n}.cluster.lab.example`, platform: "linux-x86_64", app_version: "2.1.0" });
  const file = (n) => ({ name: `${machine(n).name}.request`, mimeType: "text/plain", buffer: Buffer.from(activationRequest(machine(n), portal.license.key)) });
  const files = Array.from({ length: ROWS }, (_, n) => file(n));
  await weigh(page, `review of ${ROWS}`, "customer", sent(() => page.locator("input[type=file]").setInputFiles(files)));
  assert.equal(await page.locator("tbody tr").count(), ROWS);
  await weigh(page, `result of ${ROWS}`, "customer", sent(() => page.locator("#confirm").click()));
  assert.equal(await page.locator("tbody tr").count(), ROWS);
  await page.goto(`${portal.url}/profile/two-factor`);
  await page.locator("[name=password]").fill("correct horse battery");
  await weigh(page, "two-factor login, offered", "customer", sent(() => page.locator("main form button").click()));
  await close();
  assert.deepEqual(weighed.filter((one) => one.bytes >= MOST), []);
});

test("a list has its rows while it is weighed", async () => {
  const { page, close } = await visit(browser, [portal.url]);
  await logInPage(page, portal, "otto@lab.example");
  for (const path of ["/organization/users", "/organization/groups", `/organization/groups/${places.group}`, "/organization/activity"]) {
    await page.goto(portal.url + path);
    assert.ok(await page.locator("table tbody tr").count() >= ROWS, path);
  }
  await close();
  const vendor = await visit(browser, [portal.url]);
  await logInPage(vendor.page, portal, "admin@acme.example");
  for (const [path, rows] of [["/admin/licenses", 25], ["/admin/trials", ROWS], ["/admin/products", ROWS], ["/admin/customers", 25], [`/admin/licenses/${portal.license.id}`, ROWS]]) {
    await vendor.page.goto(portal.url + path);
    assert.ok(await vendor.page.locator("table tbody tr").count() >= rows, path);
  }
  await vendor.close();
});
