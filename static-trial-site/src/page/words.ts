/** The page's words, in the visitor's language: one file per language in `languages/`, and no words anywhere else. */

import { english, others } from "languages";

import { within } from "./patience";

/** The name of a text. */
export type Key = keyof typeof english;
type Values = Readonly<Record<string, string | number>>;
type Countable = Key extends infer K ? (K extends `${infer Stem}.other` ? Stem : never) : never;

const LOADING_MS = 8_000;
let words: Readonly<Record<string, string>> = english;
let tag = "en";

/** Takes the first of the visitor's languages that there is a file for; English where there is none. */
export async function chooseLanguage(wanted: readonly string[]): Promise<void> {
  for (const full of wanted) {
    const name = full.toLowerCase().split("-")[0] ?? "";
    if (name === "en") {
      tag = full;
      break;
    }
    const load = Object.hasOwn(others, name) ? others[name] : undefined;
    if (!load) continue;
    try {
      words = (await within(LOADING_MS, load)).default;
      tag = full;
    } catch {
      // Better in English than not at all.
    }
    break;
  }
  document.documentElement.lang = tag;
}

/** A text with its values filled in. */
export function t(key: Key, values: Values = {}): string {
  const text = words[key] ?? english[key];
  return text.replace(/\{([a-z-]+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? plain(String(values[name])) : whole));
}

/** A text that depends on a number, `count`. */
export function counted(stem: Countable, count: number, values: Values = {}): string {
  const one = new Intl.PluralRules(tag).select(count) === "one";
  return t(`${stem}.${one ? "one" : "other"}`, { ...values, count: number(count) });
}

/** Whether there is a text of this name. */
export function isKey(key: string): key is Key {
  return Object.hasOwn(english, key);
}

/** A number as the visitor writes it. */
export function number(value: number): string {
  return new Intl.NumberFormat(tag).format(value);
}

/** A time, in seconds since 1970, as the visitor writes it, in the visitor's zone and with its name. */
export function date(seconds: number): string {
  const time = new Date(seconds * 1000);
  if (Number.isNaN(time.getTime()) || time.getUTCFullYear() > 9999) return t("after-9999");
  return new Intl.DateTimeFormat(tag, {
    year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
  }).format(time);
}

/** "3 days", or hours below two days. */
export function difference(seconds: number): string {
  const hours = Math.max(1, Math.round(Math.abs(seconds) / 3600));
  return hours < 48 ? counted("difference.hours", hours) : counted("difference.days", Math.round(hours / 24));
}

/** Text from files and settings without what turns or hides other text: direction marks, control characters. */
export function plain(text: string): string {
  return text.replace(/[\u202A-\u202E\u2066-\u2069\u200B-\u200F\u061C\uFEFF]|(?!\n)\p{Cc}/gu, "\uFFFD");
}
