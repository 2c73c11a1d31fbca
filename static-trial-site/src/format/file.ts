/** The carrier: `*.request` and `*.response` text around a token, read forgivingly (docs/format.md, section 5). */

import { type Damage, FormatError } from "./error";
import { checkDigits } from "./write";

/** The largest file that is read, in bytes. */
export const MAX_FILE = 64 * 1024;

/** Blanks of all kinds, and what has no width: zero-width characters, soft hyphens, direction marks, byte-order marks. */
const BLANK = /[\p{White_Space}\u00AD\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2064\uFEFF]/u;
const LEADING = /^[>\p{White_Space}\u00AD\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2064\uFEFF]*/u;

function damaged(how: Damage["how"], fact: string, numbers: Damage["numbers"] = {}): FormatError {
  return new FormatError("damaged-file", fact, { how, numbers });
}

/** The bare token in a file, a link or pasted text. Its own decoding comes after this. */
export async function readFile(bytes: Uint8Array): Promise<string> {
  if (bytes.length > MAX_FILE) {
    throw damaged("too-large", `the file has ${bytes.length} bytes, more than the ${MAX_FILE} that one may have`);
  }
  const text = decodeText(bytes);
  const bare = bareToken(text);
  if (bare !== undefined) return bare;
  const found = new Found();
  text.split(/\r\n|\r|\n/).forEach((line, index) => found.takeLine(index + 1, line));
  return found.finish();
}

function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const utf16 = first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : undefined;
  try {
    // The byte-order mark is taken away by the decoder.
    return new TextDecoder(utf16 ?? "utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw damaged("not-text", utf16 ? "the file is broken UTF-16 text" : "this is not a text file");
  }
}

/** One run of printable ASCII is a token and nothing else: its decoder says better what is wrong with it. */
function bareToken(text: string): string | undefined {
  const run = text.trim();
  return /^[A-Za-z0-9][\x21-\x7e]*$/.test(run) && !/[#"'<>]/.test(run) ? run : undefined;
}

class Found {
  private token = "";
  private comments = 0;
  private end: { characters: number; check: string } | undefined;

  takeLine(number: number, line: string): void {
    let content = line.replace(LEADING, "");
    if (content.startsWith("#")) {
      this.comments++;
      this.end = readEnd(content.slice(1)) ?? this.end;
      return;
    }
    if (this.token === "") content = afterLink(content);
    let column = [...line].length - [...content].length;
    for (const char of content) {
      column++;
      if (/[A-Za-z0-9._-]/.test(char)) this.token += char;
      // Quotes and angle brackets stand around a token, never inside.
      else if (!/["'<>]/.test(char) && !BLANK.test(char)) {
        const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
        const shown = /\p{Cc}/u.test(char) ? `the control character U+${code}` : `'${char}'`;
        throw damaged("in-the-way", `${shown} is in the way in line ${number}, column ${column}`, { shown, line: number, column });
      }
    }
  }

  async finish(): Promise<string> {
    const { token, end } = this;
    const counts = { arrived: token.length, right: end?.characters ?? 0 };
    if (token === "") throw damaged("empty", "there is no request or response in it");
    if (end && end.characters > token.length) {
      throw damaged("part-missing", `${token.length} of ${end.characters} characters arrived: a part is missing`, counts);
    }
    if (end && end.characters < token.length) {
      throw damaged("added", `${token.length} characters arrived where ${end.characters} are right: something was added`, counts);
    }
    if (end && end.check !== (await checkDigits(token))) {
      throw damaged("changed", "the characters do not fit the check digits in the last line: some were changed");
    }
    if (!end && this.comments > 0 && token.split(".").length < 3) {
      throw damaged("end-missing", `${token.length} characters arrived, then it stops: the end is missing`, counts);
    }
    return token;
  }
}

/** Where a link carries the token after `#`, what stands before belongs to the link. */
function afterLink(content: string): string {
  const hash = content.indexOf("#");
  return /^[<"']*https?:\/\//.test(content) && hash >= 0 ? content.slice(hash + 1) : content;
}

/** `end 712 characters, check 5F2A9C`, after the `#`. */
function readEnd(comment: string): { characters: number; check: string } | undefined {
  const words = comment.split(BLANK).filter((word) => word !== "");
  const [end, count, characters, check, digits] = words;
  const fits = end === "end" && /^\+?[0-9]{1,15}$/.test(count ?? "") && characters === "characters," && check === "check";
  return fits && digits !== undefined ? { characters: Number(count), check: digits.toUpperCase() } : undefined;
}
