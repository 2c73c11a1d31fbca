// Clients of a portal beside the browser: forms, mails, and requests of machines that say of themselves what they like.
import assert from "node:assert/strict";
import { createHash, createHmac, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

export const PASSWORD = "correct horse battery";

/** Logs in by form, and posts forms from then on as a browser on the portal's own pages would. */
export async function logIn(portal, email, password = PASSWORD) {
  const jar = new Map();
  const ask = async (path, options = {}) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(portal.url + path, { redirect: "manual", ...options, headers: { origin: portal.url, cookie, ...options.headers } });
    for (const text of answer.headers.getSetCookie()) {
      const [name, value] = text.split(";")[0].split("=");
      jar.set(name, value);
    }
    return answer;
  };
  const post = (path, fields) => ask(path, { method: "POST", body: new URLSearchParams(fields) });
  const answer = await post("/login", { email, password });
  assert.equal(answer.status, 303, `${email} logs in`);
  return { post, get: (path) => ask(path), cookie: () => [...jar].map(([name, value]) => `${name}=${value}`).join("; ") };
}

/** The same in a page. */
export async function logInPage(page, portal, email, password = PASSWORD) {
  await page.goto(`${portal.url}/login`);
  await page.locator("[name=email]").fill(email);
  await page.locator("[name=password]").fill(password);
  await Promise.all([page.waitForURL((url) => url.pathname !== "/login"), page.locator("main form button").first().click()]);
}

/** The newest mail to somebody, when it is there. */
export async function mailTo(portal, address) {
  const outbox = join(portal.data, "outbox");
  for (let tries = 0; tries < 300; tries += 1) {
    const files = existsSync(outbox) ? readdirSync(outbox).filter((name) => name.endsWith(".eml")) : [];
    const order = (name) => Number(name.split("-")[1].replace(".eml", ""));
    for (const name of files.sort((a, b) => order(b) - order(a))) {
      const text = readFileSync(join(outbox, name), "utf8").replaceAll("=\r\n", "").replaceAll("=3D", "=");
      if (text.includes(`To: ${address}\r\n`)) return text;
    }
    await new Promise((done) => { setTimeout(done, 100); });
  }
  throw new Error(`no mail to ${address}`);
}

/** The link of a mail. */
export const link = (portal, mail, path) => new RegExp(`${portal.url}${path}\\S+`).exec(mail)[0];

/** A request as docs/format.md says, written anew: a machine that is `device` {name, platform, app_version} and asks with `key`. */
export function activationRequest(device, key, product = "acme-cad") {
  return requestOf("activation-request+jwt", device, product, (jkt, jti) => {
    const normal = key.toUpperCase().replaceAll(/[-\s]/g, "").replaceAll("O", "0").replaceAll(/[IL]/g, "1");
    const id = createHash("sha256").update(`countersign/license-id/v1\0${normal}`).digest().subarray(0, 16).toString("base64url");
    const proof = createHmac("sha256", normal).update(`countersign/license-proof/v1\0${jkt}\0${jti}`).digest("base64url");
    return { license: { id, proof } };
  });
}

/** The same for a trial. */
export function trialRequest(device, product = "acme-cad") {
  return requestOf("trial-request+jwt", device, product, () => ({}));
}

function requestOf(typ, device, product, more) {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x } = publicKey.export({ format: "jwk" });
  const jkt = createHash("sha256").update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest("base64url");
  const jti = randomBytes(16).toString("base64url");
  const part = () => randomBytes(16).toString("base64url");
  const header = { alg: "EdDSA", typ, jwk: { kty: "OKP", crv: "Ed25519", x } };
  const claims = {
    jti, iat: Math.floor(Date.now() / 1000), aud: product,
    device: { ...device, fingerprint: { board: part(), cpu: part(), "machine-id": part() } }, ...more(jkt, jti),
  };
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${sign(null, Buffer.from(input), privateKey).toString("base64url")}`;
}

/** Activates such machines through the API, some at a time. */
export const activate = (portal, tokens) => post(portal, "activations", tokens);

/** Starts their trials. */
export const tryOut = (portal, tokens) => post(portal, "trials", tokens);

async function post(portal, noun, tokens) {
  const left = [...tokens];
  const one = async () => {
    for (let token = left.pop(); token !== undefined; token = left.pop()) {
      const answer = await fetch(`${portal.url}/api/v1/${noun}`, { method: "POST", body: token, headers: { "content-type": "text/plain" } });
      const text = await answer.text();
      assert.equal(answer.status, 200, text);
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
}
