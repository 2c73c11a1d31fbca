/** What the page says when something does not work: each cause in its own words. */

import { FormatError } from "../format/error";

/** A failure as it is shown. */
export interface Words {
  readonly title: string;
  readonly text: string;
  /** What to do next. */
  readonly next: string;
  /** Whether the same thing may work if it is tried again. */
  readonly again: boolean;
  /** A stable code, for support. */
  readonly code: string;
}

/** Why the portal gave no answer that can be read. */
export type Silence = "unreachable" | "slow" | "not-a-portal";

/** A sentence of it: a capital letter at its beginning, a full stop at its end. */
export function sentence(fact: string): string {
  const text = fact.charAt(0).toUpperCase() + fact.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** The file, or the portal's answer, is not as it must be. */
export function ofFormat(error: FormatError, what: "request" | "answer"): Words {
  const base = { text: sentence(error.message), code: error.code };
  if (what === "answer") {
    const next = "Do not use this answer. Your request is kept below: try again, or send it to the vendor's support.";
    return { ...base, title: "The answer does not check out", next, again: true };
  }
  const title = error.code === "damaged-file" ? "The file is damaged" : "This file cannot be read";
  return { ...base, title, next: error.advice, again: false };
}

/** The portal did not answer. */
export function ofSilence(why: Silence, portal: string): Words {
  const kept = "Nothing was used up, and your request is kept below.";
  const words: Record<Silence, Omit<Words, "again" | "code">> = {
    unreachable: {
      title: "The portal cannot be reached",
      text: `${portal} does not answer. This device may be offline, the portal may be down, or it does not accept this page.`,
      next: `${kept} Check the network and try again. If it stays so, tell the vendor: "the trial page's address is missing in the portal's allowed origins" is a common cause.`,
    },
    slow: {
      title: "The portal takes too long",
      text: `${portal} gave no answer within 20 seconds.`,
      next: `${kept} Try again: if the trial was given after all, you get the same response.`,
    },
    "not-a-portal": {
      title: "The portal gave an answer that is none",
      text: `What answers at ${portal} is not the vendor's portal, or something between changed the answer.`,
      next: `${kept} Try again from another network, or send the request to the vendor's support.`,
    },
  };
  return { ...words[why], again: true, code: why };
}

/** The portal refused: an RFC 9457 problem with a code of ours. */
export function ofProblem(status: number, problem: Record<string, unknown>, retryAfter: number | undefined): Words {
  const member = (name: string): string => (typeof problem[name] === "string" ? (problem[name] as string) : "");
  const code = member("code") || `http-${status}`;
  const text = sentence(member("detail") || `the portal answered with status ${status}`);
  const next = member("advice");
  switch (code) {
    case "rate-limited": {
      const wait = retryAfter === undefined ? "a minute" : `${retryAfter} second${retryAfter === 1 ? "" : "s"}`;
      return {
        title: "Too many requests", text, code, again: true,
        next: `Nothing was used up. Wait ${wait} and try again: your request is kept below.`,
      };
    }
    case "trial-already-used":
      return {
        title: "This machine had its trial", text, code, again: false,
        next: "To go on, buy a license and make an activation request on the machine, or ask the vendor for a longer trial.",
      };
    case "no-trial":
    case "unknown-product":
      return {
        title: "There is no trial of this product", text, code, again: false,
        next: next || "Ask the vendor's support.",
      };
    default:
      return {
        title: status >= 500 ? "The portal has a fault" : "The portal refused",
        text, code, again: status >= 500,
        next: next || "Your request is kept below: try again later, or send it to the vendor's support.",
      };
  }
}
