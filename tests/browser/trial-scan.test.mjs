// QR codes: what the command line shows is filmed by a camera (Chromium's own, playing a film made here), or photographed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { deflateSync } from "node:zlib";

import { put, startSite, startVendor, x } from "./trial-world.mjs";
import { Machine, accessible, bin, picture, root, save, scratch, startBrowser, visit } from "./world.mjs";

const { default: encodeQR } = await import(createRequire(join(root, "static-trial-site/")).resolve("qr"));

let folder, site, vendor, browser;
const config = {};

before(async () => {
  folder = scratch();
  site = await startSite(config);
  vendor = startVendor(folder.path, "--max-days", "30");
  config.now = {
    mode: "standalone", vendor: "Acme Software", roots: [x(vendor.roots)], signer: vendor.signer, support: "support@acme.example",
    products: [{ id: "acme-cad", name: "Acme CAD", trial: { days: 14 } }],
  };
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await site?.stop();
  folder?.remove();
});

const heading = (page, name) => page.getByRole("heading", { name, exact: typeof name === "string" }).waitFor();

async function open(where = browser, options = {}) {
  const visitor = await visit(where, [site.origin], options);
  await visitor.page.goto(site.url);
  await visitor.page.waitForSelector("body.open");
  return visitor;
}

/** What `countersign request --qr` shows on a terminal: two modules a character, as rows of dark or not. */
function shownOnTerminal(machine, ...more) {
  const path = join(machine.folder, "shown.request");
  const text = execFileSync(join(bin, "countersign"), [
    "request", "trial", "--product", machine.product, "--root", machine.rootKey, "--state", join(machine.folder, "license"),
    "--mirror", join(machine.folder, "mirror"), "--fingerprint-from", join(machine.folder, "hardware"), "--out", path, "--qr", ...more,
  ]).toString();
  const lines = text.split("\n").filter((line) => /^[ ▀▄█]+$/.test(line) && line.length > 40);
  return lines.flatMap((line) => [[...line].map((char) => "▀█".includes(char)), [...line].map((char) => "▄█".includes(char))]);
}

/** Grey values of a picture `width` wide: the code in its middle, as large as it fits, on grey. */
function draw(modules, width, height, { ink = 20, paper = 235, around = 120 } = {}) {
  const scale = Math.floor(Math.min(width, height) / modules.length);
  const [left, top] = [Math.floor((width - scale * modules.length) / 2), Math.floor((height - scale * modules.length) / 2)];
  const grey = Buffer.alloc(width * height, around);
  modules.forEach((row, y) => row.forEach((dark, x) => {
    for (let line = 0; line < scale; line++) {
      const at = (top + y * scale + line) * width + left + x * scale;
      grey.fill(dark ? ink : paper, at, at + scale);
    }
  }));
  return grey;
}

/** A film of a few frames, as a camera would give them: `y4m`, YUV 4:2:0. */
function film(name, frames, width, height) {
  const colour = Buffer.alloc(width * height / 2, 128);
  const parts = frames.flatMap((grey) => [Buffer.from("FRAME\n"), grey, colour]);
  return put(folder.path, name, Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`), ...parts]));
}

/** A grey PNG, made by hand. */
function png(grey, width, height) {
  const crcs = Uint32Array.from({ length: 256 }, (_, n) => { for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n; });
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    let crc = ~0;
    for (const byte of body) crc = crcs[(crc ^ byte) & 255] ^ (crc >>> 8);
    const [length, end] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    end.writeUInt32BE(~crc >>> 0);
    return Buffer.concat([length, body, end]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  const lines = Array.from({ length: height }, (_, y) => Buffer.concat([Buffer.from([0]), grey.subarray(y * width, (y + 1) * width)]));
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", head), chunk("IDAT", deflateSync(Buffer.concat(lines))), chunk("IEND", Buffer.alloc(0))]);
}

function startCamera(path) {
  return startBrowser(["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${path}`]);
}

async function filmed(name, frames, ...rest) {
  const camera = await startCamera(film(name, frames, 1280, 720));
  try {
    return await withCamera(camera, ...rest);
  } finally {
    await camera.close();
  }
}

async function withCamera(camera, act, options) {
  const { page, close } = await open(camera, options);
  const loaded = () => page.evaluate(() => performance.getEntriesByType("resource").map((entry) => entry.name).filter((url) => /qr-decoder-/.test(url)));
  assert.deepEqual(await loaded(), [], "who does not scan does not load the scanner");
  await page.getByRole("button", { name: "Scan a QR code" }).click();
  await act(page);
  await close();
}

test("the code that a terminal shows is scanned by the camera, answered, and the response installed without network", async () => {
  const lab = new Machine(folder.path, "filmed", vendor.roots);
  const modules = shownOnTerminal(lab, "--take-to", "https://acme.github.io/trial/");
  assert.ok(modules.length > 60, `${modules.length} modules`);
  await filmed("code.y4m", [draw(modules, 1280, 720)], async (page) => {
    await heading(page, "Trial of Acme CAD for filmed");
    assert.match(await page.locator("#out").innerText(), /From the camera/);
    assert.equal(await page.locator("dialog").count(), 0);
    await page.getByRole("button", { name: "Get the trial" }).click();
    await heading(page, "The trial for filmed is ready");
    const path = await save(page, page.getByRole("link", { name: "Save filmed.response" }), folder.path);
    assert.equal(lab.install(path).state, "active");
  });
});

test("another code is told apart, and the right one is taken when it comes", async () => {
  const lab = new Machine(folder.path, "second", vendor.roots);
  const other = encodeQR("https://www.example/menu", "raw", { border: 4 });
  const frames = [...Array(25).fill(draw(other, 1280, 720)), ...Array(25).fill(draw(shownOnTerminal(lab), 1280, 720))];
  await filmed("two.y4m", frames, async (page) => {
    await page.getByText("That QR code holds no request.").waitFor();
    await heading(page, "Trial of Acme CAD for second");
  });
});

test("nothing to see: a tip, a way out that frees the camera, and an end by itself", async () => {
  const camera = await startCamera(film("grey.y4m", [Buffer.alloc(1280 * 720, 120)], 1280, 720));
  const { page, close } = await visit(camera, [site.origin]);
  await page.clock.install();
  await page.goto(site.url);
  await page.waitForSelector("body.open");
  const scan = page.getByRole("button", { name: "Scan a QR code" });
  await scan.click();
  await page.getByText("Hold the camera").waitFor();
  await accessible(page, "scanning");
  await picture(page, "trial-scan");
  await page.clock.fastForward(13_000);
  await page.getByText("Nothing found yet.").waitFor();
  const track = await page.evaluateHandle(() => document.querySelector("video").srcObject.getTracks()[0]);
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  assert.equal(await track.evaluate(({ readyState }) => readyState), "ended");
  assert.equal(await page.evaluate(() => document.activeElement.id), "scan");
  await scan.click();
  await page.getByText("Hold the camera").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.locator("dialog").waitFor({ state: "detached" });
  await scan.click();
  await page.getByText("Hold the camera").waitFor();
  await page.clock.fastForward(125_000);
  await heading(page, "No QR code was read");
  await close();
  await camera.close();
});

test("a camera that is not allowed, and none at all", async () => {
  // Without the switch that allows it, this browser refuses; without a camera there is none.
  for (const [args, title] of [[["--use-fake-device-for-media-stream", "--deny-permission-prompts"], "The camera is not allowed"], [[], "No camera here"]]) {
    const other = await startBrowser(args);
    const { page, close } = await open(other);
    await page.getByRole("button", { name: "Scan a QR code" }).click();
    await heading(page, title);
    await accessible(page, title);
    await close();
    await other.close();
  }
});

test("pictures of a code: a screenshot, a large photograph, one among files, one that a phone pasted", async () => {
  const lab = new Machine(folder.path, "pictured", vendor.roots);
  const modules = shownOnTerminal(lab);
  const screenshot = put(folder.path, "screen.png", png(draw(modules, 900, 700), 900, 700));
  const large = put(folder.path, "large.png", png(draw(modules.map((row) => row), 3600, 2400, { ink: 70, paper: 190, around: 90 }), 3600, 2400));
  const { page, close } = await open();
  await page.locator("#file").setInputFiles(screenshot);
  await heading(page, "Trial of Acme CAD for pictured");
  assert.match(await page.locator("#out").innerText(), /From the QR code in screen\.png/);
  await page.locator("#file").setInputFiles([large, new Machine(folder.path, "beside", vendor.roots).request("trial").path]);
  await heading(page, "Trial of Acme CAD for beside");
  await page.getByText("From the QR code in large.png").waitFor();
  const bytes = [...readFileSync(screenshot)];
  await page.evaluate((content) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(content)], "pasted.png", { type: "image/png" }));
    document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
  }, bytes);
  await page.getByText("From the QR code in pasted.png").waitFor();
  await close();
});

test("the code that the command line writes as a picture, and the one that this page shows", async () => {
  const lab = new Machine(folder.path, "round", vendor.roots);
  const image = join(folder.path, "request.png");
  lab.request("trial", "--qr-image", image);
  const { page, close } = await open();
  await page.locator("#file").setInputFiles(image);
  await heading(page, "Trial of Acme CAD for round");
  await page.getByRole("button", { name: "Get the trial" }).click();
  const shown = page.getByRole("img", { name: /QR code of the response/ });
  await shown.waitFor();
  await page.getByRole("button", { name: "Show the code large" }).click();
  const photograph = put(folder.path, "response.png", await page.locator("dialog svg").screenshot());
  await page.getByRole("button", { name: "Close" }).click();
  await page.locator("#file").setInputFiles(photograph);
  await heading(page, "This is already a response");
  const path = await save(page, page.getByRole("link", { name: "Save acme-cad.response" }), folder.path);
  assert.equal(lab.install(path).state, "active");
  await close();
});

test("attack: pictures that are none, that hold no code, that claim to be huge", async () => {
  const bomb = png(Buffer.alloc(64), 8, 8);
  bomb.writeUInt32BE(60_000, 16);
  bomb.writeUInt32BE(60_000, 20);
  const { page, close } = await open();
  for (const [name, content, title] of [
    ["grey.png", png(Buffer.alloc(400 * 300, 120), 400, 300), "There is no QR code in this picture"],
    ["broken.png", Buffer.concat([png(Buffer.alloc(64), 8, 8).subarray(0, 40), Buffer.from("nonsense")]), "This picture cannot be opened"],
    ["bomb.png", bomb, "This picture cannot be opened"],
    ["note.png", png(draw(encodeQR("https://www.example/menu", "raw", { border: 4 }), 400, 400), 400, 400), "This is not a request"],
    ["svg.svg", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'), "This picture cannot be opened"],
  ]) {
    writeFileSync(join(folder.path, name), content);
    await page.locator("#file").setInputFiles(join(folder.path, name));
    await heading(page, title);
  }
  await accessible(page, "pictures");
  await close();
});
