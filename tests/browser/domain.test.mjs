// The vendor's own domain, from its name to the customer's page, with a real DNS server and a browser that finds every name here.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { logInPage, mailTo } from "./clients.mjs";
import { accessible, picture, scratch, startBrowser, startPortal, visit } from "./world.mjs";

const OPERATOR = "portal.operator.example";
/** As a person types it, and as DNS has it. */
const TYPED = "Lizenzen.Müller.example";
const DOMAIN = "lizenzen.xn--mller-kva.example";

let folder, portal, browser, dns, operator, domain;

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** A running dnsmasq with these records. */
async function zone(port, records) {
  const config = join(folder.path, "dnsmasq.conf");
  writeFileSync(config, ["no-resolv", "no-hosts", "bind-interfaces", "listen-address=127.0.0.1", "local=/example/", `host-record=${OPERATOR},192.0.2.10`, ...records, ""].join("\n"));
  const child = spawn("dnsmasq", ["--no-daemon", `--conf-file=${config}`, `--port=${port}`], { stdio: "ignore", env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
  const ended = once(child, "exit");
  for (let n = 0; n < 600; n += 1) {
    const answers = await new Promise((done) => {
      const socket = connect(port, "127.0.0.1", () => { socket.destroy(); done(true); });
      socket.on("error", () => done(false));
    });
    if (answers) return { stop: async () => { child.kill(); await ended; } };
    await wait(50);
  }
  throw new Error("dnsmasq does not run: scripts/test installs it (Debian's dnsmasq-base)");
}

/** An alias, in the form in which dnsmasq takes records of any type. */
function cname(name, target) {
  const wire = target.split(".").map((label) => Buffer.from([label.length, ...Buffer.from(label)]).toString("hex")).join("");
  return `dns-rr=${name},5,${wire}00`;
}

before(async () => {
  folder = scratch();
  const [port, dnsPort] = [await freePort(), await freePort()];
  dns = { port: dnsPort, ...(await zone(dnsPort, [])) };
  [operator, domain] = [OPERATOR, DOMAIN].map((host) => `http://${host}:${port}`);
  portal = await startPortal(folder.path, { port, serve: ["--public-url", operator, "--dns-server", `127.0.0.1:${dnsPort}`] });
  browser = await startBrowser(["--host-resolver-rules=MAP * 127.0.0.1"]);
});

after(async () => {
  await browser?.close();
  await portal?.stop();
  await dns?.stop();
  folder?.remove();
});

/** Presses the button until the page says this: the portal asks DNS at most every five seconds. */
async function checkUntil(page, words) {
  for (let n = 0; n < 60; n += 1) {
    await page.goto(`${operator}/admin/settings/domain`);
    if ((await page.locator("main").innerText()).includes(words)) return;
    await page.getByRole("button", { name: "Check now" }).click();
    await page.waitForLoadState();
    if ((await page.locator("main").innerText()).includes(words)) return;
    await wait(1000);
  }
  assert.fail(`the page never said ${words}: ${await page.locator("main").innerText()}`);
}

test("the vendor sets a domain, makes its records, and the customer reaches the portal by it", async () => {
  const vendor = await visit(browser, [operator, domain]);
  const { page } = vendor;
  await logInPage(page, { url: operator }, "admin@acme.example");
  await page.goto(`${operator}/admin/settings`);
  await page.locator(".sub a[href='/admin/settings/domain']").click();
  await accessible(page, "domain, none");
  await page.getByLabel("Your domain").fill(TYPED);
  await picture(page, "domain-none");
  await page.getByRole("button", { name: "Set domain" }).click();
  await page.getByRole("heading", { name: DOMAIN }).waitFor();
  assert.equal(await page.locator("#value-pointer").innerText(), OPERATOR);
  assert.equal(await page.locator("#name-proof").innerText(), `_countersign.${DOMAIN}`);
  const proof = await page.locator("#value-proof").innerText();
  assert.match(proof, /^countersign=[A-Za-z0-9]{32}$/);
  assert.equal(await page.locator("button[data-copy]").count(), 4);
  await checkUntil(page, "NXDOMAIN");
  await accessible(page, "domain, asked for");
  await picture(page, "domain-asked");

  const stranger = await visit(browser, [operator, domain]);
  const refused = await stranger.page.goto(`${domain}/activate`);
  assert.equal(refused.status(), 421);
  await accessible(stranger.page, "another host");
  await picture(stranger.page, "domain-refused");

  const change = async (records) => { await dns.stop(); dns = { port: dns.port, ...(await zone(dns.port, records)) }; };
  await change([cname(DOMAIN, "elsewhere.example"), `txt-record=_countersign.${DOMAIN},"something else"`]);
  await checkUntil(page, "elsewhere.example");
  await picture(page, "domain-wrong");
  await change([cname(DOMAIN, OPERATOR), `txt-record=_countersign.${DOMAIN},"${proof}"`]);
  await checkUntil(page, "Verified");
  await picture(page, "domain-verified");
  await page.getByRole("button", { name: "Use it in mails and files" }).click();
  await page.getByText("In use").waitFor();
  assert.equal(await page.locator("#links").innerText(), domain);
  await accessible(page, "domain, in use");
  await picture(page, "domain-used");

  assert.equal((await stranger.page.goto(`${domain}/forgot`)).status(), 200);
  await stranger.page.locator("[name=email]").fill("jane@lab.example");
  await stranger.page.locator("main form button").click();
  const mail = await mailTo(portal, "jane@lab.example");
  const [link] = new RegExp(`${domain}/reset/\\S+`).exec(mail.replaceAll("=\r\n", ""));
  await stranger.page.goto(link);
  await stranger.page.locator("[name=password]").waitFor();
  await stranger.close();
  await vendor.close();
});

test("the page about mail, and a test mail", async () => {
  const vendor = await visit(browser, [operator]);
  const { page } = vendor;
  await logInPage(page, { url: operator }, "admin@acme.example");
  await page.goto(`${operator}/admin/settings/mail`);
  await accessible(page, "mail");
  await page.getByRole("button", { name: "Send a test mail" }).click();
  await page.getByText("written into the outbox").waitFor();
  await accessible(page, "mail, tested");
  await picture(page, "mail-tested");
  await vendor.close();
});
