/** Getting the response to a trial request, from the portal or by the page's own key, and checking it in either case. */

import { FormatError } from "../format/error";
import { readFile } from "../format/file";
import { checkInstall } from "../format/install";
import type { Request } from "../format/request";
import type { Response } from "../format/response";
import type { TrialSigner } from "../format/sign";
import { responseFile } from "../format/write";
import * as clock from "./clock";
import type { Config, Product } from "./config";
import { Failure } from "./failure";
import { Cancelled, within } from "./patience";
import { askPortal } from "./portal";
import { solve } from "./work";
import { date } from "./words";

const SIGNING_MS = 15_000;
/** A portal that is not content with the first computation gets one more: its settings may have changed just then. */
const ROUNDS = 2;

/** A trial request with what is needed to answer it. */
export interface Trial {
  readonly request: Request;
  readonly product: Product;
}

/** A response that passed every check which the machine will make. */
export interface Answer {
  readonly response: Response;
  readonly token: string;
  /** The file around it. */
  readonly file: string;
}

/** What goes on while one waits: for the portal, or for the computing that it asks for (with its progress, 0 to 1). */
export type Step = "portal" | "signing" | { readonly work: number };

/** Who answers on this page. */
export type Source = { readonly portal: string } | { readonly signer: TrialSigner };

/** Gets the response. All that goes wrong is a `Failure`, but that the visitor ended it. */
export async function getAnswer(config: Config, source: Source, trial: Trial, step: (now: Step) => void, cancel: AbortSignal): Promise<Answer> {
  try {
    if ("portal" in source) {
      const file = await fromPortal(source.portal, trial.request.token, step, cancel);
      return await checked(config, trial, file);
    }
    step("signing");
    return await within(SIGNING_MS, async () => checked(config, trial, await signed(source.signer, trial)), cancel);
  } catch (error) {
    if (error instanceof Failure || error instanceof Cancelled) throw error;
    throw new Failure("unexpected", { again: true, detail: String(error) });
  }
}

async function fromPortal(portal: string, token: string, step: (now: Step) => void, cancel: AbortSignal): Promise<string> {
  let nonce: string | undefined;
  for (let round = 0; ; round++) {
    step("portal");
    const reply = await askPortal(portal, token, nonce, cancel);
    if ("file" in reply) return reply.file;
    if (round === ROUNDS) throw new Failure("work-too-hard", { again: true, code: "work-required" });
    step({ work: 0 });
    nonce = await solve(token, reply.bits, (part) => step({ work: part }), cancel);
  }
}

/** Refuses what the page's key may not give now, before anything is signed. */
export async function mayGive(signer: TrialSigner, { request, product }: Trial): Promise<Response> {
  if (!product.terms) throw new Failure("no-trial");
  const { delegation } = signer;
  const now = clock.now();
  if (now >= delegation.notAfter) throw new Failure("key-expired", { values: { date: date(delegation.notAfter), now: date(now) } });
  if (now < delegation.notBefore) throw new Failure("key-too-early", { values: { date: date(delegation.notBefore), now: date(now) } });
  try {
    return await signer.plan(request, product.terms, now);
  } catch (error) {
    if (error instanceof FormatError) throw new Failure("key-too-narrow", { code: error.code, detail: error.message });
    throw error;
  }
}

async function signed(signer: TrialSigner, trial: Trial): Promise<string> {
  const plan = await mayGive(signer, trial);
  const { request, product } = trial;
  if (!product.terms) throw new Failure("no-trial");
  const token = await signer.sign(request, product.terms, plan.issuedAt);
  return responseFile(token, plan, request.deviceName);
}

async function checked(config: Config, { request }: Trial, file: string): Promise<Answer> {
  const machine = {
    roots: config.roots, product: request.product, device: request.device,
    fingerprint: request.fingerprint ?? new Map<string, string>(),
    requests: new Map([[request.id, request.hash]]),
    revoked: new Set<string>(), deactivated: new Set<string>(),
  };
  const now = clock.now();
  try {
    const token = await readFile(new TextEncoder().encode(file));
    const { response } = await config.roots.verifyResponse(token, "trial-response+jwt");
    const importBy = response.granted?.importBy ?? 0;
    if (now >= importBy) throw new Failure("answer-clock", { again: true, code: "import-expired", values: { now: date(now), date: date(importBy) } });
    return { response: await checkInstall(machine, token, "trial-response+jwt", now), token, file };
  } catch (error) {
    if (error instanceof FormatError) throw new Failure("answer", { again: true, code: error.code, detail: error.message });
    throw error;
  }
}
