/** What can go wrong, each cause with words of its own (`fail.*` in the language files). */

import { type Code, FormatError } from "../format/error";
import { type Key, isKey, t } from "./words";

/** The name of a failure in the language files. */
export type Stem = Key extends infer K ? (K extends `fail.${infer S}.title` ? S : never) : never;

interface More {
  readonly values?: Readonly<Record<string, string | number>>;
  /** A stable code, for support; the stem where there is none of the format's or the portal's. */
  readonly code?: string;
  /** Whether the same thing may work if it is tried again; with seconds to wait before, where known. */
  readonly again?: boolean;
  readonly wait?: number;
  /** What a program said, in its own words. */
  readonly detail?: string;
}

/** Something did not work, for a reason that a visitor can be told. */
export class Failure extends Error {
  readonly stem: Stem;
  readonly values: Readonly<Record<string, string | number>>;
  readonly code: string;
  readonly again: boolean;
  readonly wait: number | undefined;
  readonly detail: string | undefined;

  constructor(stem: Stem, more: More = {}) {
    super(stem);
    this.stem = stem;
    this.values = more.values ?? {};
    this.code = more.code ?? stem;
    this.again = more.again ?? false;
    this.wait = more.wait;
    this.detail = more.detail;
  }

  get title(): string {
    return t(`fail.${this.stem}.title`, this.values);
  }

  get text(): string {
    const how = `fail.${this.stem}.${this.values["how"] ?? "text"}`;
    return isKey(how) ? t(how, this.values) : "";
  }

  get next(): string {
    return t(`fail.${this.stem}.next`, this.values);
  }
}

const OF_FORMAT: Partial<Record<Code, Stem>> = {
  "too-long": "not-ours", "not-a-token": "not-ours",
  "bad-encoding": "changed", "bad-signature": "changed",
  "untrusted-key": "untrusted", "bad-chain": "untrusted", "out-of-scope": "untrusted", "revoked-key": "untrusted", "retired-key": "untrusted",
  "approval-missing": "untrusted", "approval-wrong": "untrusted",
};

/** What is wrong with something that a visitor brought. */
export function ofBrought(error: FormatError, vendor: string): Failure {
  const more = { code: error.code, detail: error.message };
  if (error.damage) return new Failure("damaged", { ...more, values: { ...error.damage.numbers, how: error.damage.how } });
  return new Failure(OF_FORMAT[error.code] ?? "faulty", { ...more, values: { vendor } });
}
