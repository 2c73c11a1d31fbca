/** The computing that a portal may ask for before it gives a trial (docs/format.md has no part in it): in workers. */

import { hashOf } from "../format/ids";
import { ownScript } from "./trusted";
import { Failure } from "./failure";
import { Cancelled, OutOfTime, within } from "./patience";

/** How long it may take. */
export const WORK_MS = 180_000;
/** More than the portal's settings allow would take hours. */
const MOST_BITS = 26;
const MOST_WORKERS = 4;

/** What goes to a worker. */
export interface Task {
  /** What stands before the nonce. */
  readonly prefix: string;
  /** Begins each of this worker's nonces, so that no two try the same. */
  readonly lane: string;
  readonly bits: number;
}

/** What comes from a worker: how many it has tried since it said so last, or the nonce. */
export type Report = { readonly tried: number } | { readonly nonce: string };

/** What stands before a nonce when it is hashed, for the hash of a request. */
export function workPrefix(hash: string): string {
  return `countersign/trial-work/v1:${hash}:`;
}

/** A nonce whose hash begins with `bits` zero bits. `progress` gets how likely it was to have been found by now, 0 to 1. */
export async function solve(token: string, bits: number, progress: (part: number) => void, cancel: AbortSignal): Promise<string> {
  const tooHard = new Failure("work-too-hard", { again: true, code: "work-required" });
  if (bits < 1 || bits > MOST_BITS) throw tooHard;
  const prefix = workPrefix(await hashOf(token));
  const count = Math.min(MOST_WORKERS, Math.max(1, navigator.hardwareConcurrency || 1));
  const workers = Array.from({ length: count }, () => new Worker(ownScript(WORKER_FILE)));
  let tried = 0;
  const found = new Promise<string>((done, fail) => {
    workers.forEach((worker, index) => {
      worker.addEventListener("error", () => fail(new Failure("chunk", { again: true })));
      worker.addEventListener("message", ({ data }: MessageEvent<Report>) => {
        if ("nonce" in data) done(data.nonce);
        else progress(1 - Math.exp(-(tried += data.tried) / 2 ** bits));
      });
      worker.postMessage({ prefix, lane: index.toString(36), bits } satisfies Task);
    });
  });
  try {
    return await within(WORK_MS, () => found, cancel);
  } catch (error) {
    if (error instanceof Cancelled || error instanceof Failure) throw error;
    throw error instanceof OutOfTime ? tooHard : error;
  } finally {
    for (const worker of workers) worker.terminate();
  }
}
