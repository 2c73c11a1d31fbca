// The real programs on real files: a portal, machines played by the command line, a plain web server, a browser.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const here = fileURLToPath(new URL(".", import.meta.url));
export const root = resolve(here, "../..");
export const bin = join(resolve(root, process.env.CARGO_TARGET_DIR ?? "target"), "debug");
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const pictures = join(here, "screenshots");
mkdirSync(pictures, { recursive: true });

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 900 };

/** A folder that is gone afterwards. */
export function scratch() {
  const path = mkdtempSync(join(tmpdir(), "countersign-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A running portal with a product, a license for `seats` machines of jane@lab.example, and an admin. */
export async function startPortal(folder, options = {}) {
  const data = join(folder, "portal");
  const more = [...(options.origins ?? []).flatMap((origin) => ["--trial-origin", origin]), ...(options.serve ?? [])];
  const process = spawn(
    join(bin, "countersign-portal"),
    ["serve", "--data", data, "--listen", `127.0.0.1:${options.port ?? 0}`, "--vendor", "Acme Software", "--rate-limit", String(options.rateLimit ?? 0), ...more],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let errors = "";
  process.stderr.on("data", (chunk) => { errors += chunk; });
  let text = "";
  const url = await new Promise((found, failed) => {
    process.stdout.on("data", (chunk) => {
      text += chunk;
      const match = /^listening on (\S+)$/m.exec(text);
      if (match) found(match[1]);
    });
    process.on("exit", () => failed(new Error(`the portal ended: ${errors}`)));
  });
  const admin = (...words) => {
    const input = words.includes("-") ? "correct horse battery\n" : "";
    return JSON.parse(execFileSync(join(bin, "countersign-portal"), ["admin", "--data", data, "--json", ...words], { input }));
  };
  let license;
  if (!options.again) {
    admin("product", "create", "--id", "acme-cad", "--name", "Acme CAD", "--trial-days", "14");
    admin("user", "create", "--email", "admin@acme.example", "--name", "Ada", "--role", "admin", "--password-file", "-");
    admin("user", "create", "--email", "jane@lab.example", "--name", "Jane", "--password-file", "-");
    license = admin("license", "create", "--product", "acme-cad", "--plan", "Pro", "--holder", "Jane's lab", "--owner", "jane@lab.example",
      "--activations", String(options.seats ?? 3), "--deactivations", "2", "--days", "365", "--entitlement", "cad", "--entitlement", "parts=500");
  }
  return {
    url, admin, license, data,
    /** What it said on standard output until it listened. */
    said: text,
    roots: join(data, "keys/root.pub"),
    stop: () => new Promise((done) => { process.removeAllListeners("exit"); process.on("exit", done); process.kill("SIGTERM"); }),
  };
}

/** A machine with made-up components that keeps its files in `folder`. */
export class Machine {
  constructor(folder, name, rootKey, product = "acme-cad") {
    this.folder = join(folder, `machine-${name.replace(/[^a-z0-9]/gi, "_")}`);
    this.name = name;
    this.rootKey = rootKey;
    this.product = product;
    const write = (path, text) => {
      mkdirSync(join(this.folder, "hardware", path, ".."), { recursive: true });
      writeFileSync(join(this.folder, "hardware", path), text);
    };
    write("etc/hostname", `${name}\n`);
    write("etc/machine-id", `${Buffer.from(name).toString("hex").padEnd(32, "1").slice(0, 32)}\n`);
    write("sys/class/dmi/id/board_name", `Board of ${name}\n`);
    write("proc/cpuinfo", `vendor_id : Maker\nmodel name : Model of ${name}\n\n`);
  }

  run(...words) {
    const own = ["--product", this.product, "--root", this.rootKey, "--state", join(this.folder, "license"),
      "--mirror", join(this.folder, "mirror"), "--fingerprint-from", join(this.folder, "hardware"), "--json"];
    try {
      return JSON.parse(execFileSync(join(bin, "countersign"), [...words, ...own]));
    } catch (error) {
      return JSON.parse(error.stdout.toString());
    }
  }

  request(kind, ...more) {
    this.count = (this.count ?? 0) + 1;
    const path = join(this.folder, `${kind}-${this.count}.request`);
    const made = this.run("request", kind, "--out", path, ...more);
    assert.ok(made.token, JSON.stringify(made));
    return { path, token: made.token, text: readFileSync(path, "utf8") };
  }

  install(path) {
    return this.run("install", path);
  }

  check() {
    return this.run("check");
  }

  /** As after a reinstallation: the state is gone, the hardware is the same. */
  forget() {
    rmSync(join(this.folder, "license"), { recursive: true });
    rmSync(join(this.folder, "mirror"), { recursive: true });
  }
}

/** Debian's Chromium. */
export function startBrowser(args = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", ...args],
  });
}

/**
 * A fresh visitor. Whatever leaves for a place that is not `allowed`, every script error, and all that the page's policy had
 * to stop (but what `close` is told of) fails the test at `close`.
 */
export async function visit(browser, allowed, options = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, acceptDownloads: true, reducedMotion: "reduce", locale: "en-GB", ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (!["data:", "blob:"].includes(protocol) && !allowed.includes(origin)) wrong.push(`asked ${request.url()}`);
  });
  page.on("pageerror", (error) => wrong.push(`script error: ${error.message}`));
  const stopped = [];
  page.on("console", (message) => {
    if (/Content Security Policy|Trusted ?Type|violates/i.test(message.text())) stopped.push(message.text());
  });
  page.on("dialog", (dialog) => { wrong.push(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
  const close = async (mayStop) => {
    await context.close();
    assert.deepEqual(wrong, []);
    assert.deepEqual(stopped.filter((text) => !mayStop?.test(text)), [], "the policy had nothing to stop");
  };
  return { page, close };
}

/** No violation that axe-core knows, in light and in dark. */
export async function accessible(page, what) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    // Evaluated by the debugger: the page's own policy allows no foreign script.
    await page.evaluate(readFileSync(axe, "utf8"));
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    const found = violations.map((v) => `${v.id}: ${v.help} (${v.nodes.map((n) => n.target).join(", ")})`);
    assert.deepEqual(found, [], `${what}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** Pictures to look at, on a desktop and on a phone; nothing may stick out of the phone's screen. */
export async function picture(page, name) {
  const before = page.viewportSize();
  await page.screenshot({ path: join(pictures, `${name}-desktop.png`), fullPage: true });
  await page.setViewportSize(PHONE);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= PHONE.width, `${name} is ${wide} wide on a phone`);
  await page.screenshot({ path: join(pictures, `${name}-phone.png`), fullPage: true });
  await page.setViewportSize(before);
}

/** A zip of these files, made by Python: not by what reads it. */
export function zip(path, files) {
  execFileSync("python3", ["-m", "zipfile", "-c", path, ...files]);
  return path;
}

/** Unpacks a zip into a new folder, by Python: not by what wrote it. Says what was in it. */
export function unzip(path, folder) {
  execFileSync("python3", ["-m", "zipfile", "-e", path, folder]);
  return readdirSync(folder).sort();
}

/** Clicks and keeps what the browser saves. */
export async function save(page, button, folder) {
  const [file] = await Promise.all([page.waitForEvent("download"), button.click()]);
  const path = join(folder, file.suggestedFilename());
  await file.saveAs(path);
  return path;
}
