// The vendor's look: set on the vendor's pages, seen on everybody's.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { logIn, logInPage, mailTo } from "./clients.mjs";
import { BUILT_IN, names } from "./corpora.mjs";
import { noise, rings, setPicture } from "./pictures.mjs";
import { watched } from "./watch.mjs";
import { PHONE, accessible, picture, scratch, startBrowser, startPortal, visit } from "./world.mjs";

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

const colourOf = (locator) => locator.evaluate((element) => getComputedStyle(element).backgroundColor);
const rgb = (hex) => `rgb(${[1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)).join(", ")})`;

/** Whether the logo at the head of the page is there, undistorted, and on a ground of its own. */
const logo = (page) => page.locator(".brand img").evaluate((img) => {
  const { width, height } = img.getBoundingClientRect();
  const pad = (side) => parseFloat(getComputedStyle(img)[`padding${side}`]);
  const [w, h] = [width - pad("Left") - pad("Right"), height - pad("Top") - pad("Bottom")];
  return { loaded: img.complete && img.naturalWidth > 0, ratio: w / h / (img.naturalWidth / img.naturalHeight), ground: getComputedStyle(img).backgroundColor };
});

test("the vendor sets name, logo and colour, and the customer sees them", async () => {
  const vendor = await visit(browser, [portal.url]);
  const { page } = vendor;
  await logInPage(page, portal, "admin@acme.example");
  await page.locator(".sub a[href='/admin/settings']").click();
  await page.locator(".sub a[href='/admin/settings/look']").click();
  await page.getByLabel("Company name").fill("Rings & Sons");
  await page.getByLabel("Website").fill("https://rings.example");
  await page.getByLabel("Support address").fill("help@rings.example");
  await page.getByLabel("Accent colour", { exact: true }).fill("#ffd400");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("heading", { name: "That colour is hard to read" }).waitFor();
  await picture(page, "look-faint-colour");
  assert.equal(await page.getByLabel("Company name").inputValue(), "Rings & Sons", "nothing has to be typed again");
  await page.getByRole("button", { name: "Save with the nearest colour" }).click();
  await page.waitForURL(/\/admin\/settings\/look$/);
  const accent = await page.getByLabel("Accent colour", { exact: true }).inputValue();
  assert.match(accent, /^#[0-9a-f]{6}$/);
  await page.locator("#file-logo").setInputFiles({ name: "rings.png", mimeType: "image/png", buffer: rings() });
  await page.locator("#logo").getByRole("button", { name: "See how it looks" }).click();
  await page.getByRole("heading", { name: "How it would look" }).waitFor();
  await picture(page, "look-draft");
  await page.getByRole("button", { name: "Use it" }).click();
  await page.getByRole("heading", { name: "In use" }).waitFor();
  await picture(page, "look-set");
  await page.locator(".sub a[href='/admin/settings/texts']").click();
  await page.locator("#public_en").fill("## Before you begin\n\nHave the **request file** of each machine at hand. The [manual](https://rings.example/manual) shows where it is.");
  await page.locator("#foot_en").fill("[Imprint](https://rings.example/imprint) · [Privacy](https://rings.example/privacy)");
  await page.locator("main form button").click();
  await picture(page, "look-texts");
  await vendor.close();

  const customer = await visit(browser, [portal.url]);
  for (const path of ["/activate", "/login"]) {
    await customer.page.goto(portal.url + path);
    assert.match(await customer.page.title(), /Rings & Sons$/);
    const shown = await logo(customer.page);
    assert.ok(shown.loaded && Math.abs(shown.ratio - 1) < 0.05, JSON.stringify(shown));
    assert.equal(await colourOf(customer.page.locator("main form > button").first()), rgb(accent));
    assert.equal(await customer.page.locator("footer a[href='mailto:help@rings.example']").count(), 1);
    await picture(customer.page, `look-customer${path.replace("/", "-")}`);
    await customer.page.emulateMedia({ colorScheme: "dark" });
    assert.equal((await logo(customer.page)).ground, "rgb(255, 255, 255)", "dark rings are not seen on a dark page");
    await picture(customer.page, `look-customer${path.replace("/", "-")}-dark`);
    await customer.page.emulateMedia({ colorScheme: "light" });
  }
  await customer.page.goto(`${portal.url}/activate`);
  assert.equal(await customer.page.locator("main .notes h2").textContent(), "Before you begin");
  await customer.page.goto(`${portal.url}/nowhere`);
  assert.match(await customer.page.locator("main .problem").innerText(), /ask here: help@rings\.example/);
  await picture(customer.page, "look-error");
  // On a phone the picture of the head still leaves room for its links.
  await customer.page.setViewportSize(PHONE);
  await customer.page.goto(`${portal.url}/activate`);
  assert.ok((await customer.page.locator(".brand img").boundingBox()).width <= 176);
  // And a mail comes from the same people.
  await customer.page.goto(`${portal.url}/forgot`);
  await customer.page.locator("[name=email]").fill("jane@lab.example");
  await customer.page.locator("main form button").click();
  const mail = await mailTo(portal, "jane@lab.example");
  const [, sender] = /^From: =\?utf-8\?b\?([\w+/=]+)\?= </m.exec(mail);
  assert.equal(Buffer.from(sender, "base64").toString(), "Rings & Sons");
  assert.match(mail, /Help: help@rings\.example/);
  assert.ok(!/<img|Content-Type: (image|text\/html)/i.test(mail), "no pictures, from wherever");
  await customer.close();
});

test("whatever the accent, every page can be read, in light and in dark", async () => {
  const admin = await logIn(portal, "admin@acme.example");
  const vendor = await visit(browser, [portal.url]);
  await logInPage(vendor.page, portal, "admin@acme.example");
  const stranger = await visit(browser, [portal.url]);
  for (const [name, accent] of [["yellow", "#ffd400"], ["near black", "#0a0a0a"], ["pink", "#e91e63"]]) {
    const saved = await admin.post("/admin/settings/look", { name: "Rings & Sons", shows_name: "1", website: "https://rings.example", support: "help@rings.example", accent, nearest: "1" });
    assert.equal(saved.status, 303);
    for (const [page, paths] of [[stranger.page, ["/activate", "/login", "/nowhere"]], [vendor.page, ["/admin", "/admin/settings", "/admin/settings/look", "/admin/settings/texts", `/licenses/${portal.license.id}`, "/admin/licenses"]]]) {
      for (const path of paths) {
        await page.goto(portal.url + path);
        await accessible(page, `${path} in ${name}`);
      }
    }
    await stranger.page.goto(`${portal.url}/activate`);
    await picture(stranger.page, `look-${name.replace(" ", "-")}`);
    await stranger.page.emulateMedia({ colorScheme: "dark" });
    await picture(stranger.page, `look-${name.replace(" ", "-")}-dark`);
    await stranger.page.emulateMedia({ colorScheme: "light" });
  }
  await vendor.page.goto(`${portal.url}/admin/settings/look`);
  await vendor.page.getByLabel("Accent colour", { exact: true }).fill("#ffd400");
  await vendor.page.getByRole("button", { name: "Save", exact: true }).click();
  await accessible(vendor.page, "a colour that is refused");
  await vendor.close();
  await stranger.close();
});

test("pictures of every shape leave the head of the page in order", async () => {
  const admin = await logIn(portal, "admin@acme.example");
  const { page, close } = await visit(browser, [portal.url]);
  for (const [what, bytes] of [["wide", noise(640, 16)], ["high", noise(16, 640)], ["tiny", noise(8, 8)], ["square", noise(300, 300)]]) {
    await setPicture(portal, admin, "logo", bytes);
    for (const viewport of [PHONE, { width: 1280, height: 900 }]) {
      await page.setViewportSize(viewport);
      await page.goto(`${portal.url}/login`);
      const shown = await logo(page);
      assert.ok(shown.loaded && Math.abs(shown.ratio - 1) < 0.15, `${what}: ${JSON.stringify(shown)}`);
      const { height } = await page.locator(".bar").boundingBox();
      assert.ok(height < 140, `${what}: the head is ${height} high`);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= viewport.width, what);
    }
  }
  await close();
});

test("attack: markup as the vendor's name and words stays text", async () => {
  const admin = await logIn(portal, "admin@acme.example");
  const visitor = await watched(browser, portal);
  const vendor = await watched(browser, portal);
  await logInPage(vendor.page, portal, "admin@acme.example");
  for (const text of names(100, BUILT_IN)) {
    assert.equal((await admin.post("/admin/settings/look", { name: text, shows_name: "1", support: "help@rings.example" })).status, 303, text);
    assert.equal((await admin.post("/admin/settings/texts", { public_en: text, foot_en: text, public_de: `- ${text}` })).status, 303, text);
    for (const path of ["/activate", "/nowhere"]) await visitor.look(path);
    for (const path of ["/admin/settings/look", "/admin/settings/texts"]) await vendor.look(path);
  }
  assert.equal((await admin.post("/admin/settings/look", { name: "" })).status, 303);
  assert.equal((await admin.post("/admin/settings/texts", { public_en: "", foot_en: "", public_de: "" })).status, 303);
  await visitor.close();
  await vendor.close();
});
