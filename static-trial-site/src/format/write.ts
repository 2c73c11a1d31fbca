/** Writing a response file: comment lines for people, the token wrapped, the `end` line (docs/format.md, section 5). */

import { sha256 } from "./ids";
import type { Response } from "./response";

const WIDTH = 76;

/** The file around a trial response, as the other implementations write it: the same response gives the same bytes. */
export async function responseFile(token: string, response: Response, deviceName: string | undefined): Promise<string> {
  const { granted } = response;
  const end = granted?.expiresAt ?? null;
  const comments = [
    `${response.product} - trial response${deviceName === undefined ? "" : ` for ${deviceName}`}`,
    ...(granted ? [`install before ${date(granted.importBy)} UTC, on that machine only`] : []),
    `runs ${end === null ? "without an end" : `until ${date(end)} UTC`}`,
    `answers request ${response.requestId}`,
  ];
  const lines = comments.map((text) => `# ${commentLine(text)}`);
  for (let start = 0; start < token.length; start += WIDTH) lines.push(token.slice(start, start + WIDTH));
  lines.push(`# end ${token.length} characters, check ${await checkDigits(token)}`);
  return `${lines.join("\n")}\n`;
}

/** The six hex digits of the `end` line. */
export async function checkDigits(token: string): Promise<string> {
  const digest = await sha256(token);
  return [...digest.subarray(0, 3)].map((byte) => byte.toString(16).padStart(2, "0")).join("").toUpperCase();
}

/** Control characters and line separators become blanks, what is too long is cut. */
function commentLine(text: string): string {
  const cut = (line: string): string => [...line].slice(0, WIDTH - 2).join("");
  const line = cut(text.replace(/[\p{Cc}\u2028\u2029]/gu, " ")).trim();
  // A comment that begins with "end" would be taken for the last line.
  return line.startsWith("end ") ? cut(`. ${line}`) : line;
}

/** `2026-11-23 10:00`, UTC. */
function date(seconds: number): string {
  const time = new Date(seconds * 1000);
  const known = !Number.isNaN(time.getTime()) && time.getUTCFullYear() <= 9999;
  return known ? time.toISOString().slice(0, 16).replace("T", " ") : "after the year 9999";
}
