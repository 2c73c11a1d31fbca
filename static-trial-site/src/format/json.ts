/**
 * JSON as the format wants it: UTF-8, an object at the top, no duplicate member at any depth, at most 16 deep.
 * `JSON.parse` keeps the last of two members with one name and says nothing, hence a parser of our own.
 */

import { FormatError } from "./error";

/**
 * A JSON value. A number written as an integer is a bigint where it fits 64 bits, any other number a number: so
 * `1` and `1.0` differ, as they do in the other implementations. Objects are maps: no name is special.
 */
export type Json = null | boolean | string | bigint | number | Json[] | JsonObject;
/** A JSON object. */
export type JsonObject = Map<string, Json>;

const MAX_DEPTH = 16;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const ESCAPES: Record<string, string> = {
  '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t",
};
const LITERALS: [string, Json][] = [["true", true], ["false", false], ["null", null]];

/** Parses `bytes` as one strict JSON object. `part` names it in errors ("header", "payload"). */
export function parseObject(part: string, bytes: Uint8Array): JsonObject {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormatError("bad-encoding", `the ${part} is not UTF-8 text`);
  }
  return new Parser(part, text).whole();
}

class Parser {
  private at = 0;
  private readonly part: string;
  private readonly text: string;

  constructor(part: string, text: string) {
    this.part = part;
    this.text = text;
  }

  whole(): JsonObject {
    const value = this.value(1);
    this.blanks();
    if (this.at < this.text.length) this.fail("something stands after its end");
    return value instanceof Map ? value : this.fail("it must be an object");
  }

  private fail(why: string): never {
    throw new FormatError("bad-json", `the ${this.part} is not valid JSON: ${why}, at character ${this.at + 1}`);
  }

  private blanks(): void {
    while (this.at < this.text.length && " \t\n\r".includes(this.text.charAt(this.at))) this.at++;
  }

  /** Steps over `token` if it comes next. */
  private take(token: string): boolean {
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  /** A value whose containers stand `depth` deep; the depth is checked when a container begins. */
  private value(depth: number): Json {
    this.blanks();
    const first = this.text.charAt(this.at);
    if ((first === "{" || first === "[") && depth > MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH}`);
    if (this.take("{")) return this.object(depth + 1);
    if (this.take("[")) return this.array(depth + 1);
    if (this.take('"')) return this.string();
    const literal = LITERALS.find(([word]) => this.take(word));
    return literal ? literal[1] : this.number();
  }

  private object(depth: number): JsonObject {
    const map: JsonObject = new Map();
    this.blanks();
    if (this.take("}")) return map;
    for (;;) {
      this.blanks();
      if (!this.take('"')) this.fail("a member name is expected");
      const name = this.string();
      this.blanks();
      if (!this.take(":")) this.fail("a colon is expected");
      const value = this.value(depth);
      if (map.has(name)) this.fail(`duplicate member ${JSON.stringify(name)}`);
      map.set(name, value);
      this.blanks();
      if (this.take("}")) return map;
      if (!this.take(",")) this.fail("a comma or the end of the object is expected");
    }
  }

  private array(depth: number): Json[] {
    const values: Json[] = [];
    this.blanks();
    if (this.take("]")) return values;
    for (;;) {
      values.push(this.value(depth));
      this.blanks();
      if (this.take("]")) return values;
      if (!this.take(",")) this.fail("a comma or the end of the array is expected");
    }
  }

  /** The rest of a string whose opening quote was taken. */
  private string(): string {
    let value = "";
    for (;;) {
      const char = this.text.charAt(this.at);
      if (char === "") this.fail("a string does not end");
      if (char < " ") this.fail("a control character stands in a string");
      this.at++;
      if (char === '"') return value;
      value += char === "\\" ? this.escape() : char;
    }
  }

  private escape(): string {
    const char = this.text.charAt(this.at++);
    if (char !== "u") return ESCAPES[char] ?? this.fail("an unknown escape");
    const unit = this.unit();
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit);
    // Half a character is none: a lone surrogate cannot be written as UTF-8.
    const low = unit < 0xdc00 && this.take("\\u") ? this.unit() : 0;
    if (low < 0xdc00 || low > 0xdfff) this.fail("half of a character is missing");
    return String.fromCharCode(unit, low);
  }

  private unit(): number {
    const digits = this.text.slice(this.at, this.at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.fail("four hex digits are expected");
    this.at += 4;
    return Number.parseInt(digits, 16);
  }

  private number(): bigint | number {
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(this.text);
    if (!match) return this.fail("a value is expected");
    const [written, fraction, exponent] = match;
    this.at += written.length;
    if (fraction === undefined && exponent === undefined && written !== "-0") {
      const integer = BigInt(written);
      if (integer >= -(2n ** 63n) && integer < 2n ** 64n) return integer;
    }
    const number = Number(written);
    return Number.isFinite(number) ? number : this.fail("a number is out of range");
  }
}
