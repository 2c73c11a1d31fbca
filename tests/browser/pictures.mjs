// Pictures for the vendor's look, written here, and how a vendor sets them.
import assert from "node:assert/strict";
import { crc32, deflateSync } from "node:zlib";

function chunk(kind, content) {
  const body = Buffer.concat([Buffer.from(kind), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG file; `at(x, y)` is a pixel's [red, green, blue, opacity]. */
export function png(width, height, at) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 6, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (1 + width * 4));
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) rows.set(at(x, y), y * (1 + width * 4) + 1 + x * 4);
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

/** Dark rings on nothing: a logo that is not seen on a dark page unless it gets a ground. */
export const rings = (width = 480, height = 120) => png(width, height, (x, y) => {
  const inside = [0, 1, 2, 3].some((n) => Math.abs(Math.hypot(x - 60 - n * 110, y - 60) - 44) < 9);
  return inside ? [16, 32, 58, 255] : [0, 0, 0, 0];
});

/** Noise, which no format makes small. */
export function noise(width, height) {
  let state = 7;
  const next = () => { state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296; return state >>> 24; };
  return png(width, height, () => [next(), next(), next(), next()]);
}

/** Brings a picture and uses it, by forms; `admin` is a client of `logIn`. */
export async function setPicture(portal, admin, place, bytes) {
  const body = new FormData();
  body.append("file", new Blob([bytes], { type: "image/png" }), `${place}.png`);
  const headers = { origin: portal.url, cookie: admin.cookie() };
  const answer = await fetch(`${portal.url}/admin/settings/look/${place}`, { method: "POST", body, headers, redirect: "manual" });
  assert.equal(answer.status, 303, await answer.text());
  assert.equal((await admin.post(`/admin/settings/look/${place}/use`, {})).status, 303);
}
