/** What is it that a visitor brought? Every kind of file of the format is told apart, and verified before it is named. */

import { FormatError } from "../format/error";
import { readFile } from "../format/file";
import type { Release } from "../format/release";
import { type Request, verifyRequest } from "../format/request";
import type { Response } from "../format/response";
import { type TokenType, Unverified, check, isRequest, isResponse } from "../format/token";
import type { Delegation } from "../format/delegation";
import type { Trial } from "./answer";
import type { Config } from "./config";
import { Failure, ofBrought } from "./failure";

/** A verified thing. */
export type Brought =
  | ({ readonly kind: "trial" } & Trial)
  | { readonly kind: "request"; readonly type: TokenType; readonly request: Request }
  | { readonly kind: "response"; readonly response: Response; readonly token: string }
  | { readonly kind: "release"; readonly release: Release }
  | { readonly kind: "signing-key"; readonly delegation: Delegation }
  | { readonly kind: "revocations" }
  | { readonly kind: "root-key" };

/** Reads a file's bytes, or text as such. What cannot be told or does not verify is a `Failure`. */
export async function understand(config: Config, bytes: Uint8Array): Promise<Brought> {
  try {
    return await read(config, await readFile(bytes));
  } catch (error) {
    if (error instanceof FormatError) throw ofBrought(error, config.vendor);
    throw error;
  }
}

/** Whether a text could be one: for the camera, which sees other codes too. */
export async function looksRight(text: string): Promise<boolean> {
  try {
    Unverified.decode(await readFile(new TextEncoder().encode(text)));
    return true;
  } catch {
    return false;
  }
}

async function read(config: Config, token: string): Promise<Brought> {
  const { type } = Unverified.decode(token);
  // A file of the portal, for nobody who wants a trial.
  if (type === "audit-checkpoint+jwt") check("request", type);
  if (isRequest(type)) return ofRequest(config, type, await verifyRequest(token, "request"));
  if (isResponse(type)) return { kind: "response", token, response: (await config.roots.verifyResponse(token, "response")).response };
  if (type === "release+jwt") return { kind: "release", release: (await config.roots.verifyRelease(token)).release };
  if (type === "signing-key+jwt") return { kind: "signing-key", delegation: await config.roots.verifyDelegation(token) };
  if (type === "root-key+jwt") {
    await config.roots.learn([token]);
    return { kind: "root-key" };
  }
  await config.roots.verifyRevocations(token);
  return { kind: "revocations" };
}

function ofRequest(config: Config, type: TokenType, request: Request): Brought {
  if (type !== "trial-request+jwt") return { kind: "request", type, request };
  const product = config.products.find(({ id }) => id === request.product);
  if (product) return { kind: "trial", request, product };
  const products = config.products.map(({ name }) => name).join(", ");
  throw new Failure("wrong-product", { values: { product: request.product, products } });
}
