// Without a mouse, with less motion, on paper, on a phone: every page of each kind of visitor.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { activate, activationRequest, logInPage } from "./clients.mjs";
import { Machine, PHONE, accessible, scratch, startBrowser, startPortal, visit } from "./world.mjs";

const NOBODY = ["/activate", "/login", "/forgot", "/nowhere"];
const CUSTOMER = ["/licenses", "/licenses/ID", "/licenses/ID/machines/MACHINE", "/licenses/ID/machines/MACHINE/release", "/downloads", "/downloads/acme-cad", "/profile", "/profile/two-factor", "/profile/sessions"];
const RUNNER = ["/organization", "/organization/users", "/organization/groups", "/organization/activity"];
const VENDOR = ["/admin", "/admin/products", "/admin/products/acme-cad", "/admin/licenses", "/admin/licenses/ID", "/admin/customers", "/admin/settings"];
const VISITORS = [[undefined, NOBODY], ["jane@lab.example", CUSTOMER], ["otto@lab.example", RUNNER], ["admin@acme.example", VENDOR]];

let folder, portal, browser, machine;

before(async () => {
  folder = scratch();
  portal = await startPortal(folder.path);
  browser = await startBrowser();
  const lab = portal.admin("organization", "create", "--name", "Institute for Materials Testing").id;
  portal.admin("user", "create", "--email", "otto@lab.example", "--name", "Otto Bergengruen-Hohenlohe", "--organization", lab, "--organization-role", "admin", "--password-file", "-");
  await activate(portal, [activationRequest({ name: "a-machine-with-quite-a-long-name.physics.lab.example", platform: "linux-x86_64", app_version: "2.1.0" }, portal.license.key)]);
  const { page, close } = await visit(browser, [portal.url]);
  await logInPage(page, portal, "jane@lab.example");
  await page.goto(`${portal.url}/licenses/${portal.license.id}`);
  machine = (await page.locator("table.machines tbody a").getAttribute("href")).split("/").at(-1);
  await close();
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  folder?.remove();
});

const at = (path) => portal.url + path.replace("ID", portal.license.id).replace("MACHINE", machine);

/** Does something on every page of everybody. */
async function everywhere(options, look) {
  for (const [email, paths] of VISITORS) {
    const { page, close } = await visit(browser, [portal.url], options);
    if (email) await logInPage(page, portal, email);
    for (const path of paths) {
      await page.goto(at(path));
      await look(page, path);
    }
    await close();
  }
}

/** What has the focus: runs in the page. */
function focused() {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const everything = [...document.querySelectorAll("*")];
  return { place: everything.indexOf(element), name: element.localName, type: element.type ?? "", outline: outlineStyle === "none" ? 0 : parseFloat(outlineWidth), visible: box.width > 0 && box.height > 0, right: box.right };
}

test("by keyboard: the focus goes through every page in its order, is always seen, and the skip link leads past the bar", async () => {
  await everywhere({}, async (page, path) => {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip", path);
    assert.ok((await page.evaluate(focused)).right > 0, `${path}: the skip link is on the screen when it has the focus`);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    const first = await page.evaluate(() => document.activeElement === document.body || document.querySelector("main").contains(document.activeElement) || document.querySelector("main :is(a, button, input:not([type=hidden]))") === null);
    assert.ok(first, `${path}: the skip link leads into the page`);

    await page.goto(at(path));
    const wanted = await page.locator("a[href], button:not([hidden]), input:not([type=hidden]), select, textarea, summary").evaluateAll((all) => all.filter((e) => e.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true }) && e.closest("details:not([open]) > :not(summary)") === null).length);
    let [before, count] = [-1, 0];
    for (let presses = 0; presses < 400; presses += 1) {
      await page.keyboard.press("Tab");
      const now = await page.evaluate(focused);
      if (now.name === "body" || now.name === "html") break;
      // Parts of one field (a date's) are stops of their own.
      if (now.place !== before) {
        assert.ok(now.place > before, `${path}: ${now.name} comes in its order`);
        assert.ok(now.visible && now.outline >= 2, `${path}: it is seen that ${now.name} ${now.type} has the focus: ${now.outline}`);
        count += 1;
      }
      before = now.place;
    }
    assert.equal(count, wanted, `${path}: everything is reached`);
  });
});

test("on a phone nothing sticks out, and what is touched is large enough", async () => {
  await everywhere({ viewport: PHONE }, async (page, path) => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= PHONE.width, `${path} is ${wide} wide`);
    const small = await page.locator("button:visible, .button:visible, select:visible, header a:visible, .sub a:visible").evaluateAll((all) => all.filter((e) => e.getBoundingClientRect().height < 24).map((e) => e.outerHTML));
    assert.deepEqual(small, [], path);
  });
});

test("who asks for less motion gets none", async () => {
  await everywhere({ reducedMotion: "reduce" }, async (page, path) => {
    const moving = await page.locator("body *").evaluateAll((all) => all.filter((e) => {
      const { transitionDuration, animationName } = getComputedStyle(e);
      return transitionDuration.split(",").some((time) => parseFloat(time) > 0) || animationName !== "none";
    }).map((e) => e.outerHTML.slice(0, 80)));
    assert.deepEqual(moving, [], path);
  });
});

test("a response on paper: the QR code and the whole text, whether they were opened or not, and nothing to click", async () => {
  const lab = new Machine(folder.path, "paper", portal.roots);
  const { page, close } = await visit(browser, [portal.url]);
  await page.goto(`${portal.url}/activate`);
  await page.locator("input[type=file]").setInputFiles(lab.request("activation", "--license-key", portal.license.key).path);
  await page.locator("#confirm").click();
  await page.locator("a.download").waitFor();
  await page.emulateMedia({ media: "print" });
  for (const gone of ["header", "footer", "a.download", ".skip"]) assert.ok(!(await page.locator(gone).first().isVisible()), gone);
  const seen = await page.evaluate(() => {
    const [qr, text] = [document.querySelector("img.qr"), document.querySelector("main textarea")];
    return { qr: qr.getBoundingClientRect().height, loaded: qr.naturalWidth > 0, shown: text.clientHeight, whole: text.scrollHeight, lines: text.value.split("\n").length };
  });
  assert.ok(seen.loaded && seen.qr > 300, JSON.stringify(seen));
  assert.ok(seen.shown > 200 && seen.shown >= seen.whole - 2, `all ${seen.lines} lines are on the paper: ${JSON.stringify(seen)}`);
  // As a PDF it has a page or two, not none.
  assert.ok((await page.pdf({ format: "A4" })).length > 10_000);
  await close();
});

test("every page of everybody has no violation that axe knows, in light and in dark", async () => {
  await everywhere({}, async (page, path) => { await accessible(page, path); });
});
