// A visitor who watches for text that became more than text: markup, handlers, requests, scripts.
import assert from "node:assert/strict";

import { visit } from "./world.mjs";

/** Everything that a page of the portal is made of. An element that is not here was smuggled in. */
const ELEMENTS = ["a", "b", "br", "button", "code", "datalist", "dd", "details", "div", "dl", "dt", "fieldset", "footer", "form", "h1", "h2", "h3", "header", "img", "input",
  "label", "legend", "li", "main", "nav", "ol", "option", "p", "progress", "section", "select", "span", "summary", "table", "tbody", "td", "textarea", "th", "thead", "tr", "ul"];

/** Those that Markdown may become, in release notes. */
const IN_NOTES = ["a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"];

/** What a page may load beside itself. */
const LOADED = /^\/assets\/(portal\.css|portal\.js|icon\.svg|look-[\w-]+\.css|tick-[\w-]+\.svg|(logo|icon|made-icon)-[\w-]+\.png)$|^\/responses\/[\w-]+\/qr\.svg$/;

/** What is looked at on each page; runs in the page. */
function inspect([elements, inNotes]) {
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const name = element.localName;
    const allowed = element.closest(".notes > *") === null ? elements : inNotes;
    const isDrawn = (name.match(/^(svg|path|rect)$/) && element.closest("div.qr") !== null)
      || (name.match(/^(svg|title|desc|g|line|rect|text|polyline|path|circle)$/) && element.closest("svg.chart") !== null);
    if (!allowed.includes(name) && !isDrawn) found.push(`<${name}>`);
    for (const { name: attribute } of element.attributes) {
      if (/^on|^(style|srcdoc|autofocus|formaction|ping|background)$/i.test(attribute) && !(attribute === "formaction" && element.matches("form .actions > button"))) {
        found.push(`${attribute} of <${name}>`);
      }
    }
    if (name === "a" && element.hasAttribute("href") && !["http:", "https:", "mailto:", "otpauth:"].includes(element.protocol)) found.push(`a link to ${element.href}`);
    if (name === "form" && new URL(element.action).origin !== location.origin) found.push(`a form for ${element.action}`);
  }
  if (document.head.querySelectorAll("script").length !== 1 || document.querySelectorAll("script").length !== 1) found.push("scripts");
  return { found, canary: globalThis.canary, stopped: globalThis.stopped };
}

const plain = (text) => text.replaceAll(/[\s\p{Cc}]+/gu, " ").trim();

/** A page that is watched. `look` goes there, `inspect` looks at where it is, `shown` counts which of these texts it shows as text. */
export async function watched(browser, portal, options = {}) {
  const { page, close } = await visit(browser, [portal.url], options);
  const wrong = [];
  await page.addInitScript(() => {
    Object.defineProperty(globalThis, "canary", { value: "untouched", writable: true });
    globalThis.stopped = [];
    addEventListener("securitypolicyviolation", (event) => globalThis.stopped.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
  });
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    const isUpload = request.method() === "POST" && /\/(review|confirm)$/.test(pathname);
    const isPage = isUpload || request.isNavigationRequest() && request.frame() === page.mainFrame();
    if (!isPage && !LOADED.test(pathname) && !request.url().startsWith("data:")) wrong.push(`${page.url()} asked for ${request.url()}`);
  });
  page.on("console", (message) => {
    const isRefusal = /^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text());
    if (message.type() === "error" && !isRefusal) wrong.push(`${page.url()}: ${message.text()}`);
  });
  const inspected = async (what = page.url()) => {
    const { found, canary, stopped } = await page.evaluate(inspect, [ELEMENTS, IN_NOTES]);
    assert.deepEqual(found, [], what);
    assert.equal(canary, "untouched", what);
    assert.deepEqual(stopped, [], what);
    assert.deepEqual(wrong, [], what);
  };
  return {
    page, close, inspect: inspected,
    look: async (path) => {
      const answer = await page.goto(portal.url + path);
      assert.ok(answer.status() < 500, `${path}: ${answer.status()}`);
      assert.equal(new URL(page.url()).origin, portal.url, path);
      await inspected(path);
      return answer.status();
    },
    /** Fills fields of a form past what the browser would check, sends it, and looks at the answer. */
    send: async (form, fields) => {
      await page.locator(form).first().evaluate((element, values) => {
        element.noValidate = true;
        for (const [name, value] of Object.entries(values)) {
          const field = element.elements[name];
          // A control takes what it knows; what it does not know goes along beside it.
          if (field.localName === "select") field.add(new Option(value, value, true, true));
          else { field.removeAttribute("maxlength"); field.value = value; }
        }
      }, fields);
      await Promise.all([page.waitForEvent("load"), page.locator(form).first().evaluate((element) => element.submit())]);
      await inspected(`${form}: ${JSON.stringify(fields).slice(0, 200)}`);
    },
    shown: async (texts) => {
      const text = await page.evaluate(() => {
        const fields = [...document.querySelectorAll("main input, main textarea")].map((field) => field.value);
        return [document.querySelector("main").textContent, ...fields].join(" ");
      });
      const all = plain(text);
      return texts.filter((one) => all.includes(plain(one))).length;
    },
    /** Looks at a list page by page, and says which texts were shown on the way. */
    walk: async (path, texts) => {
      const seen = new Set();
      let next = path;
      for (let pages = 0; next !== null && pages < 60; pages += 1) {
        const answer = await page.goto(new URL(next, portal.url).href);
        assert.ok(answer.status() < 500, next);
        await inspected(next);
        const all = plain(await page.locator("main").evaluate((main) => main.textContent));
        for (const one of texts) if (all.includes(plain(one))) seen.add(one);
        const link = page.locator("nav.pages a[rel=next], nav.pages a[href*=before]").last();
        next = await link.count() > 0 ? await link.getAttribute("href") : null;
      }
      return seen.size;
    },
  };
}
