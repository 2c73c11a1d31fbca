/** What things are called: machines, trials, files. */

import type { Request } from "../format/request";
import type { Trial } from "./answer";
import { t } from "./words";

/** What people call a machine. */
export function machineName(request: Request): string {
  return request.deviceName ?? t("machine.none");
}

/** The heading of a trial request, and of all that becomes of it. */
export function trialTitle({ request, product }: Trial): string {
  return t("review.title", { product: product.name, machine: machineName(request) });
}

/** The file of a request or response: named after the machine. */
export function fileName(request: Request, ending: "request" | "response"): string {
  return `${safeName(request.deviceName ?? request.product)}.${ending}`;
}

/** A name for a file made of what a machine calls itself: letters, digits, `.`, `_`, `-`. */
export function safeName(name: string): string {
  const kept = [...name].slice(0, 48).map((char) => (/[\p{L}\p{N}._-]/u.test(char) ? char : "-")).join("");
  const trimmed = kept.replace(/^[._-]+|[._-]+$/g, "");
  const reserved = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i.test(trimmed);
  return trimmed === "" ? "machine" : reserved ? `machine-${trimmed}` : trimmed;
}
