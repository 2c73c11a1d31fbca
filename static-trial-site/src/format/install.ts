/** The ordered checks before what a vendor signed is accepted for a machine (docs/format.md, section 7). */

import { FormatError } from "./error";
import { type Fingerprint, compare } from "./fingerprint";
import type { Response } from "./response";
import { type Revocations, names } from "./revocations";
import type { Expect } from "./token";
import { retired } from "./line";
import { type Roots, type Trusted, keysBehind, revoked } from "./trust";

/** What is known of the machine that a response is for. */
export interface Machine {
  readonly roots: Roots;
  readonly product: string;
  /** Thumbprint of the device's key. */
  readonly device: string;
  readonly fingerprint: Fingerprint;
  /** The hash of each request that it made, by id. */
  readonly requests: ReadonlyMap<string, string>;
  readonly revoked: ReadonlySet<string>;
  readonly deactivated: ReadonlySet<string>;
  /** What it has seen before; a page that gives the first response to a machine knows nothing of that. */
  readonly memory?: Memory;
}

/** What a machine remembers of earlier files and times. */
export interface Memory {
  readonly lists: readonly Revocations[];
  /** The highest time that the vendor signed, at least the build date of the app. */
  readonly signed: number;
  /** How many seconds a clock may be wrong without a word. */
  readonly tolerance: number;
  /** When each request was made, by the device's clock, and whether it can bring a time reset; by id. */
  readonly asked: ReadonlyMap<string, { readonly madeAt: number; readonly mayReset: boolean }>;
}

/** Something about the time that does not stop an installation. */
export type Warning = "signed-before-request" | "clock-behind";

/** A response that passed every check. */
export interface Accepted {
  readonly response: Response;
  readonly trusted: Trusted;
  readonly warnings: readonly Warning[];
}

type Code = ConstructorParameters<typeof FormatError>[0];

function refuse(code: Code, fact: string): never {
  throw new FormatError(code, fact);
}

/** Verifies a response and everything that must hold before it is handed to `machine` at `now`, in seconds since 1970. */
export async function checkInstall(machine: Machine, token: string, expect: Expect, now: number): Promise<Response> {
  return (await accept(machine, token, expect, now)).response;
}

/** The same with all that comes of it. */
export async function accept(machine: Machine, token: string, expect: Expect, now: number): Promise<Accepted> {
  const { response, ...trusted } = await machine.roots.verifyResponse(token, expect);
  checkRevoked(machine, trusted);
  if (response.product !== machine.product) {
    refuse("wrong-product", `this is for the product ${response.product}, not ${machine.product}`);
  }
  if (response.device !== machine.device) {
    refuse("wrong-device", "this was made for another installation or another machine");
  }
  const granted = response.granted;
  if (granted) {
    const { matches, changed } = compare(granted.strategy, granted.fingerprint, machine.fingerprint);
    if (!matches) refuse("wrong-machine", `this is for another machine: ${changed.join(", ")} differ`);
  }
  if (machine.requests.get(response.requestId) !== response.requestHash) {
    refuse("unknown-request", `this answers the request ${response.requestId}, which was not made here`);
  }
  const warnings = machine.memory ? checkTime(machine.memory, response, trusted, now) : [];
  if (granted) {
    if (now >= granted.importBy) refuse("import-expired", "the time to install this file has passed");
    if (machine.deactivated.has(response.id)) refuse("deactivated", `the activation ${response.id} was given up here`);
  }
  return { response, trusted, warnings };
}

/** Verifies a revocation list that arrived alone. */
export async function acceptRevocations(machine: Machine, token: string): Promise<Revocations> {
  const list = await machine.roots.verifyRevocations(token);
  checkRoot(machine.roots, list.root, machine.memory?.signed ?? 0);
  return list;
}

function checkRevoked(machine: Machine, trusted: Trusted): void {
  for (const [kid, under] of keysBehind(trusted)) {
    const known = machine.memory?.lists.some((list) => trusted.roots.mayRevoke(list.root, kid) && names(list, kid, under));
    if (known || machine.revoked.has(kid)) throw revoked(kid);
  }
}

/** The table of section 7: signing time, delegation, request and clock against each other. */
function checkTime(memory: Memory, response: Response, trusted: Trusted, now: number): Warning[] {
  const { delegation, roots, root, approved } = trusted;
  const delegations = [delegation, approved?.delegation].filter((one) => one !== undefined);
  const { madeAt, mayReset } = memory.asked.get(response.requestId) ?? { madeAt: 0, mayReset: false };
  const isReset = response.type === "time-reset+jwt";
  if (isReset && !mayReset) refuse("superseded", "a time reset was installed since that request was made: each brings one at most");
  const signed = Math.max(memory.signed, trusted.signedTime);
  checkRoot(roots, root, signed);
  if (approved) checkRoot(roots, approved.root, signed);
  for (const { holder, notAfter } of delegations) {
    if (notAfter <= signed) {
      refuse("ended-key", `the right of the key of "${holder}" to sign had ended before a time that is known to have come`);
    }
    // A clock that was ahead is what a time reset is for.
    if (!isReset && madeAt >= notAfter + memory.tolerance) {
      refuse("back-dated", `when the request was made, by that machine's clock, the right of the key of "${holder}" to sign had ended`);
    }
  }
  if (isReset) return [];
  const warnings: Warning[] = [];
  if (madeAt - response.issuedAt > memory.tolerance) warnings.push("signed-before-request");
  if (response.issuedAt - now > memory.tolerance) warnings.push("clock-behind");
  return warnings;
}

/** What hangs on a root that has been replaced is not new any more once its end is known to have come. */
function checkRoot(roots: Roots, root: string, signed: number): void {
  const until = roots.until(root);
  if (until !== undefined && signed >= until) throw retired(root);
}
