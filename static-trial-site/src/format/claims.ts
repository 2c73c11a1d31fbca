/** Reads claims out of a verified payload: each accessor names the claim it misses. */

import { FormatError } from "./error";
import { isHash, isId, isProductId } from "./ids";
import type { Json, JsonObject } from "./json";

/** The greatest time a token can carry: 2^53-1. */
const MAX_TIME = 2n ** 53n - 1n;

/** The members of one JSON object of a payload, with the path to it for error texts. */
export class Claims {
  readonly map: JsonObject;
  private readonly path: string;

  constructor(map: JsonObject, path = "") {
    this.map = map;
    this.path = path;
  }

  /** The error that a claim is not what it must be. */
  wrong(name: string, wants: string): FormatError {
    return new FormatError("bad-claim", `the claim ${this.path}${name} must be ${wants}`);
  }

  has(name: string): boolean {
    return this.map.has(name);
  }

  private required(name: string): Json {
    const value = this.map.get(name);
    if (value === undefined) throw new FormatError("bad-claim", `the claim ${this.path}${name} is missing`);
    return value;
  }

  isNull(name: string): boolean {
    return this.required(name) === null;
  }

  string(name: string): string {
    const value = this.required(name);
    if (typeof value !== "string") throw this.wrong(name, "a string");
    return value;
  }

  optionalString(name: string): string | undefined {
    return this.has(name) ? this.string(name) : undefined;
  }

  /** A string with a form of its own. */
  formed(name: string, fits: (text: string) => boolean, wants: string): string {
    const text = this.string(name);
    if (!fits(text)) throw this.wrong(name, wants);
    return text;
  }

  id(name: string): string {
    return this.formed(name, isId, "22 characters of base64url");
  }

  hash(name: string): string {
    return this.formed(name, isHash, "43 characters of base64url");
  }

  product(): string {
    return this.formed("aud", isProductId, "a product id");
  }

  /** Text shown to people, where present: 1 to 64 characters, no control characters. */
  label(name: string): string | undefined {
    if (!this.has(name)) return undefined;
    const fits = (text: string): boolean => {
      const length = [...text].length;
      return length >= 1 && length <= 64 && !/\p{Cc}/u.test(text);
    };
    return this.formed(name, fits, "1 to 64 characters without control characters");
  }

  /** A whole number from 0 to 2^53-1: also what a time is. */
  integer(name: string): number {
    const value = this.required(name);
    if (typeof value !== "bigint" || value < 0n || value > MAX_TIME) {
      throw this.wrong(name, "a whole number from 0 to 2^53-1");
    }
    return Number(value);
  }

  /** A whole number from 1 to 2^53-1. */
  ordinal(name: string): number {
    const value = this.integer(name);
    if (value === 0) throw this.wrong(name, "a whole number from 1 to 2^53-1");
    return value;
  }

  boolean(name: string): boolean {
    const value = this.required(name);
    if (typeof value !== "boolean") throw this.wrong(name, "true or false");
    return value;
  }

  object(name: string): Claims {
    const value = this.required(name);
    if (!(value instanceof Map)) throw this.wrong(name, "an object");
    return new Claims(value, `${this.path}${name}.`);
  }

  private array(name: string): Json[] {
    const value = this.required(name);
    if (!Array.isArray(value)) throw this.wrong(name, "an array");
    return value;
  }

  objects(name: string): Claims[] {
    return this.array(name).map((value) => {
      if (!(value instanceof Map)) throw this.wrong(name, "an array of objects");
      return new Claims(value, `${this.path}${name}[].`);
    });
  }

  strings(name: string): string[] {
    return this.array(name).map((value) => {
      if (typeof value !== "string") throw this.wrong(name, "an array of strings");
      return value;
    });
  }
}
