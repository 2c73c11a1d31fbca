// The built trial page on a web server that knows nothing, and what the trial page's tests need besides.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

import { bin, root } from "./world.mjs";

export const SITE = join(root, "static-trial-site/dist/site");
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png" };

/**
 * The page under `/acme/trial/`; `config.now` is its config.json at each request, `extra` further files by name. Answers are
 * compressed, as every web server's are; `served` counts the bytes of their bodies by name.
 */
export async function startSite(config, extra = {}) {
  assert.ok(existsSync(join(SITE, "index.html")), "the trial page is built: npm run build in static-trial-site");
  const served = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://site");
    const name = pathname.replace(/^\/acme\/trial\//, "") || "index.html";
    const body = name === "config.json" ? (typeof config.now === "string" ? config.now : JSON.stringify(config.now))
      : extra[name] ?? (/^[A-Za-z0-9.-]+$/.test(name) && existsSync(join(SITE, name)) ? readFileSync(join(SITE, name)) : undefined);
    if (!pathname.startsWith("/acme/trial/") || body === undefined) {
      response.writeHead(404).end();
      return;
    }
    const compressed = gzipSync(body);
    served.push({ name, bytes: compressed.length });
    const date = config.date === undefined ? {} : { Date: config.date };
    response.writeHead(200, { "Content-Type": TYPES[extname(name)] ?? "text/plain", "Content-Encoding": "gzip", "Cache-Control": "max-age=600", ...date });
    response.end(compressed);
  });
  await new Promise((ready) => { server.listen(0, "127.0.0.1", ready); });
  // A test that failed before it stopped this must not keep the others waiting.
  server.unref();
  const origin = `http://127.0.0.1:${server.address().port}`;
  return { origin, url: `${origin}/acme/trial/`, served, stop: () => new Promise((done) => { server.close(done); server.closeAllConnections(); }) };
}

/** The 43 characters of a public key: the last 32 bytes of its DER form. */
export function x(path) {
  const base64 = readFileSync(path, "utf8").replace(/-----[^-]+-----|\s/g, "");
  return Buffer.from(base64, "base64").subarray(-32).toString("base64url");
}

/** A private key as JWK, from its PKCS#8 PEM (version 1: the seed is its last 32 bytes). */
export function jwk(path) {
  const base64 = readFileSync(path, "utf8").replace(/-----[^-]+-----|\s/g, "");
  const d = Buffer.from(base64, "base64").subarray(-32).toString("base64url");
  return { kty: "OKP", crv: "Ed25519", x: x(path.replace(/\.pem$/, ".pub")), d };
}

/** Runs the command line; it must succeed. */
export function countersign(...words) {
  return execFileSync(join(bin, "countersign"), words, { stdio: ["ignore", "pipe", "pipe"] }).toString();
}

/** A vendor without a server: a root key, and a key that it lets give trials. `more` goes to `keys delegate`. */
export function startVendor(folder, ...more) {
  const root = join(folder, `root-${Math.random().toString(36).slice(2)}.pem`);
  countersign("keys", "root", "--out", root);
  const roots = root.replace(/\.pem$/, ".pub");
  return { root, roots, ...delegate(folder, root, ...more) };
}

/** A delegated key of this root. */
export function delegate(folder, root, ...more) {
  const key = join(folder, `trial-${Math.random().toString(36).slice(2)}.pem`);
  const chain = key.replace(/\.pem$/, ".chain");
  countersign("keys", "new", "--out", key);
  countersign("keys", "delegate", "--root-key", root, "--to", key.replace(/\.pem$/, ".pub"), "--holder", "trial page", "--vendor", "Acme Software", "--out", chain,
    ...(more.includes("--products") ? [] : ["--products", "acme-cad"]), ...more);
  const delegation = readFileSync(chain, "utf8").split("\n").filter((line) => !line.startsWith("#")).join("").trim();
  return { key, chain, signer: { key: jwk(key), delegation } };
}

/** A visitor's file. */
export function put(folder, name, content) {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
