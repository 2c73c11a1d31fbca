/** Looks for a nonce. One block of SHA-256 a try: WebCrypto's promises would cost more than the hashing. */

import { compress, initial } from "./sha256";
import type { Report, Task } from "./work";

const REPORT_EVERY = 100_000;
const BLOCK = 64;

/** The first nonce of this lane that does; `report` hears how many were tried, from time to time. */
export function search({ prefix, lane, bits }: Task, report: (tried: number) => void): string {
  const attempt = attempts(prefix);
  for (let count = 0; ; count++) {
    const nonce = `${lane}_${count.toString(36)}`;
    if (attempt(nonce) >= bits) return nonce;
    if (count % REPORT_EVERY === REPORT_EVERY - 1) report(REPORT_EVERY);
  }
}

/** How many zero bits the hash of `prefix` and a nonce of at most 32 characters begins with. The prefix is hashed once. */
export function attempts(prefix: string): (nonce: string) => number {
  const bytes = new TextEncoder().encode(prefix);
  const before = initial();
  const whole = Math.floor(bytes.length / BLOCK) * BLOCK;
  for (let at = 0; at < whole; at += BLOCK) compress(before, bytes.subarray(at, at + BLOCK));
  const rest = bytes.subarray(whole);
  const [state, block] = [new Uint32Array(8), new Uint8Array(BLOCK)];
  const view = new DataView(block.buffer);
  return (nonce) => {
    const length = rest.length + nonce.length;
    block.fill(0);
    block.set(rest);
    for (let i = 0; i < nonce.length; i++) block[rest.length + i] = nonce.charCodeAt(i);
    block[length] = 0x80;
    view.setUint32(BLOCK - 4, (whole + length) * 8);
    state.set(before);
    compress(state, block);
    return leadingZeros(state);
  };
}

function leadingZeros(state: Uint32Array): number {
  const [first = 0, second = 0] = state;
  return first === 0 ? 32 + Math.clz32(second) : Math.clz32(first);
}

if (typeof document === "undefined" && typeof self !== "undefined" && "postMessage" in self) {
  const post = (report: Report): void => self.postMessage(report);
  self.addEventListener("message", ({ data }: MessageEvent<Task>) => {
    post({ nonce: search(data, (tried) => post({ tried })) });
  });
}
