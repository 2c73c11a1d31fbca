/** The one thing that leaves this page: a trial request, to the portal. */

import { type Words, ofProblem, ofSilence } from "./words";

const PATIENCE_MS = 20_000;

/** What the portal answered: the response file, or why there is none. */
export type Reply = { readonly file: string; readonly fileName: string } | { readonly words: Words };

/** Posts the bare token and waits for the response. */
export async function askForTrial(portal: string, token: string): Promise<Reply> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), PATIENCE_MS);
  try {
    // No cookies, no custom headers: a simple request, which needs no preflight.
    const answer = await fetch(`${portal}/api/v1/trials`, {
      method: "POST",
      body: token,
      headers: { "Content-Type": "text/plain" },
      credentials: "omit",
      redirect: "error",
      signal: abort.signal,
    });
    return await read(portal, answer);
  } catch {
    return { words: ofSilence(abort.signal.aborted ? "slow" : "unreachable", portal) };
  } finally {
    clearTimeout(timer);
  }
}

async function read(portal: string, answer: Response): Promise<Reply> {
  let body: unknown;
  try {
    body = JSON.parse(await answer.text());
  } catch {
    return { words: ofSilence("not-a-portal", portal) };
  }
  if (typeof body !== "object" || body === null) return { words: ofSilence("not-a-portal", portal) };
  const members = body as Record<string, unknown>;
  if (!answer.ok) {
    const wait = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
    return { words: ofProblem(answer.status, members, Number.isNaN(wait) ? undefined : wait) };
  }
  const { file, file_name: fileName } = members;
  if (typeof file !== "string" || typeof fileName !== "string") return { words: ofSilence("not-a-portal", portal) };
  return { file, fileName };
}
