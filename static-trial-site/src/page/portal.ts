/** The one thing that leaves this page in the portal mode: a trial request, to the portal. */

import { Failure } from "./failure";
import { Cancelled, OutOfTime, within } from "./patience";
import { date } from "./words";

/** How long the portal may take to answer. */
export const PORTAL_MS = 20_000;
const PROBE_MS = 5_000;
/** A response file has at most 64 KiB; JSON escapes only its line breaks. */
const MOST_BYTES = 256 * 1024;
const MINUTE = 60;
const DAY = 86_400;

/** The portal's answer: the response file, or how much computing it wants first. */
export type Reply = { readonly file: string } | { readonly bits: number };

/** Posts a bare token. Whatever keeps the portal from answering it is thrown as a `Failure`. */
export async function askPortal(portal: string, token: string, work: string | undefined, cancel: AbortSignal): Promise<Reply> {
  const url = `${portal}/api/v1/trials${work === undefined ? "" : `?work=${work}`}`;
  try {
    return await within(PORTAL_MS, async (signal) => {
      // No cookies, no custom headers: a simple request, which needs no preflight.
      const answer = await fetch(url, {
        method: "POST", body: token, headers: { "Content-Type": "text/plain" },
        credentials: "omit", redirect: "error", cache: "no-store", referrerPolicy: "no-referrer", signal,
      });
      return readAnswer(portal, answer, await readText(answer));
    }, cancel);
  } catch (error) {
    if (error instanceof Failure || error instanceof Cancelled) throw error;
    if (error instanceof OutOfTime) throw new Failure("slow", { again: true, values: { portal, count: PORTAL_MS / 1000 } });
    throw await whySilent(portal, cancel);
  }
}

/** A browser does not tell a page why it got nothing. Whether anything answers at all can be found out. */
async function whySilent(portal: string, cancel: AbortSignal): Promise<Failure> {
  const values = { portal, origin: location.origin };
  try {
    await within(PROBE_MS, (signal) => fetch(`${portal}/healthz`, { mode: "no-cors", credentials: "omit", cache: "no-store", signal }), cancel);
    return new Failure("blocked", { again: true, values });
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    return new Failure(navigator.onLine ? "unreachable" : "offline", { again: true, values });
  }
}

async function readText(answer: Response): Promise<string> {
  const reader = answer.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0; reader; ) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
    if (bytes > MOST_BYTES) {
      await reader.cancel();
      break;
    }
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
}

function readAnswer(portal: string, answer: Response, text: string): Reply {
  const nonsense = new Failure("not-a-portal", { again: true, values: { portal }, code: `status-${answer.status}` });
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw answer.status >= 500 ? new Failure("fault", { again: true, code: `status-${answer.status}` }) : nonsense;
  }
  if (typeof body !== "object" || body === null) throw nonsense;
  const members = body as Record<string, unknown>;
  if (!answer.ok) {
    const { code, bits } = members;
    if (answer.status === 428 && code === "work-required" && Number.isInteger(bits)) return { bits: bits as number };
    const wait = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
    throw ofProblem(answer.status, members, Number.isNaN(wait) ? undefined : wait);
  }
  const { file } = members;
  if (typeof file !== "string") throw nonsense;
  return { file };
}

/** The portal refused: an RFC 9457 problem with a code of ours. */
export function ofProblem(status: number, problem: Readonly<Record<string, unknown>>, wait: number | undefined): Failure {
  const member = (name: string): string => (typeof problem[name] === "string" ? problem[name].slice(0, 500) : "");
  const code = member("code").slice(0, 64) || `status-${status}`;
  const detail = [member("detail"), member("advice")].filter((text) => text !== "").join(" – ");
  const more = { code, ...(detail === "" ? {} : { detail }) };
  switch (code) {
    case "rate-limited":
    case "trial-too-often":
      return new Failure(code, { ...more, again: true, wait: Math.min(wait ?? MINUTE, DAY) });
    case "trial-cap-reached":
      return new Failure("trial-cap-reached", { ...more, again: true, values: { date: date(Date.now() / 1000 + (wait ?? toMidnight())) } });
    case "trial-already-used":
      return new Failure("trial-already-used", more);
    case "no-trial":
    case "unknown-product":
      return new Failure("no-trial", more);
    default:
      return status >= 500 ? new Failure("fault", { ...more, again: true, ...(wait === undefined ? {} : { wait: Math.min(wait, DAY) }) }) : new Failure("refused", more);
  }
}

/** Seconds to midnight UTC, when the portal counts anew. */
function toMidnight(): number {
  return DAY - (Math.floor(Date.now() / 1000) % DAY);
}
