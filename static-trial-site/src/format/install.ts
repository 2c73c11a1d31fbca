/** The ordered checks before a response is accepted for a machine (docs/format.md, section 7). */

import { FormatError } from "./error";
import { type Fingerprint, compare } from "./fingerprint";
import type { Response } from "./response";
import type { Expect } from "./token";
import { type Roots, revoked } from "./trust";

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
}

/** Verifies a response and everything that must hold before it is handed to `machine` at `now`, in seconds since 1970. */
export async function checkInstall(machine: Machine, token: string, expect: Expect, now: number): Promise<Response> {
  const { response, signer } = await machine.roots.verifyResponse(token, expect);
  if (machine.revoked.has(signer)) throw revoked(signer);
  const refuse = (code: ConstructorParameters<typeof FormatError>[0], fact: string): never => {
    throw new FormatError(code, fact);
  };
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
  if (!granted) return response;
  if (now >= granted.importBy) refuse("import-expired", "the time to install this file has passed");
  if (machine.deactivated.has(response.id)) refuse("deactivated", `the activation ${response.id} was given up here`);
  return response;
}
