/** `config.json` beside the page: all that a vendor sets (README.md). What is not known is refused by name. */

import type { Strategy } from "../format/fingerprint";
import { isProductId } from "../format/ids";
import { readKey } from "../format/key";
import type { Terms } from "../format/sign";
import { Roots } from "../format/trust";
import { type Key, t } from "./words";

/** A product that this page gives trials of. */
export interface Product {
  readonly id: string;
  readonly name: string;
  /** What a trial gives: standalone all of it; with a portal at most the days, to be shown. */
  readonly days: number | undefined;
  readonly terms: Terms | undefined;
}

/** Who answers. */
export type Answerer =
  | { readonly mode: "portal"; readonly portal: string }
  | { readonly mode: "standalone"; readonly key: unknown; readonly delegation: string };

/** What the vendor set. */
export interface Config {
  readonly answerer: Answerer;
  readonly vendor: string;
  readonly products: readonly Product[];
  readonly roots: Roots;
  /** The portal's address without a slash at its end, where there is a portal. */
  readonly portal: string | undefined;
  readonly logo: string | undefined;
  /** Six hex digits after `#`. */
  readonly accent: string | undefined;
  readonly support: string | undefined;
  readonly website: string | undefined;
}

/** The page is not set up; the message says what is wrong, for the vendor. */
export class ConfigError extends Error {
  constructor(key: Key, values: Readonly<Record<string, string | number>> = {}) {
    super(t(key, values));
  }
}

const MEMBERS = ["mode", "vendor", "products", "roots", "portal", "signer", "logo", "accent", "support", "website"];
/** The old form of the file had one product. */
const OLD = ["product", "product_name"];
const MOST_DAYS = 3660;
const TEXT = 64;

type Members = Readonly<Record<string, unknown>>;

/** Reads what `config.json` holds. */
export async function readConfig(json: unknown): Promise<Config> {
  if (!isObject(json)) throw new ConfigError("setup.no-object");
  const old = OLD.find((name) => name in json);
  if (old !== undefined) throw new ConfigError("setup.old", { name: old });
  onlyKnown(json, MEMBERS);
  const { mode } = json;
  if (mode !== "portal" && mode !== "standalone") throw new ConfigError("setup.mode");
  const portal = mode === "portal" || "portal" in json ? address(json, "portal") : undefined;
  return {
    answerer: mode === "standalone" ? signer(json) : portalOnly(json, portal ?? ""),
    vendor: text(json, "vendor"),
    products: products(json, mode === "standalone"),
    roots: await roots(json),
    portal,
    logo: fitting(json, "logo", /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}\.(png|jpe?g|webp|svg)$/i, "setup.logo"),
    accent: fitting(json, "accent", /^#[0-9a-fA-F]{6}$/, "setup.accent"),
    support: fitting(json, "support", /^[^\s@?&<>"'`\\%]{1,64}@[A-Za-z0-9.-]{1,190}$/, "setup.support"),
    website: "website" in json ? address(json, "website") : undefined,
  };
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Half a character cannot be written as UTF-8. */
function isWhole(value: string): boolean {
  return !/\p{Surrogate}/u.test(value);
}

function onlyKnown(members: Members, known: readonly string[], path = ""): void {
  const unknown = Object.keys(members).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new ConfigError("setup.unknown", { name: path + unknown });
}

function text(members: Members, name: string, path = ""): string {
  const value = members[name];
  const length = typeof value === "string" ? [...value.trim()].length : 0;
  if (typeof value !== "string" || length < 1 || length > TEXT || !isWhole(value)) {
    throw new ConfigError("setup.text-member", { name: path + name, limit: TEXT });
  }
  return value.trim();
}

function fitting(members: Members, name: string, form: RegExp, otherwise: Key): string | undefined {
  const value = members[name];
  if (value === undefined) return undefined;
  if (typeof value !== "string" || !form.test(value)) throw new ConfigError(otherwise);
  return value;
}

/** An address under HTTPS, without a slash at its end; or on this machine itself, for trying things out. */
function address(members: Members, name: string): string {
  const value = members[name];
  try {
    const url = new URL(typeof value === "string" ? value : "");
    const own = url.protocol === "http:" && ["127.0.0.1", "localhost"].includes(url.hostname);
    if ((url.protocol === "https:" || own) && url.username === "" && url.password === "") {
      return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
    }
  } catch {
    // Said below.
  }
  throw new ConfigError("setup.address", { name });
}

function portalOnly(members: Members, portal: string): Answerer {
  if ("signer" in members) throw new ConfigError("setup.signer-in-portal");
  return { mode: "portal", portal };
}

function signer(members: Members): Answerer {
  const value = members["signer"];
  if (!isObject(value) || !("key" in value) || typeof value["delegation"] !== "string") throw new ConfigError("setup.signer");
  onlyKnown(value, ["key", "delegation"], "signer.");
  return { mode: "standalone", key: value["key"], delegation: value["delegation"].trim() };
}

function products(members: Members, standalone: boolean): Product[] {
  const list = members["products"];
  if (!Array.isArray(list) || list.length < 1 || list.length > 64) throw new ConfigError("setup.products");
  const read = list.map((value: unknown) => product(value, standalone));
  const twice = read.find(({ id }, index) => read.findIndex((other) => other.id === id) !== index);
  if (twice) throw new ConfigError("setup.product-twice", { name: twice.id });
  return read;
}

function product(value: unknown, standalone: boolean): Product {
  if (!isObject(value)) throw new ConfigError("setup.products");
  onlyKnown(value, ["id", "name", "trial"], "products.");
  const { id, trial } = value;
  if (typeof id !== "string" || !isProductId(id)) throw new ConfigError("setup.product-id");
  const name = "name" in value ? text(value, "name", "products.") : id;
  if (!standalone && trial === undefined) return { id, name, days: undefined, terms: undefined };
  if (!isObject(trial)) throw new ConfigError("setup.object", { name: "products.trial" });
  onlyKnown(trial, ["days", "strategy", "import_days", "entitlements"], "products.trial.");
  const own = Object.keys(trial).find((member) => member !== "days");
  if (!standalone && own !== undefined) throw new ConfigError("setup.standalone-only", { name: `products.trial.${own}` });
  const days = !standalone && trial["days"] === undefined ? undefined : wholeDays(trial, "days");
  return { id, name, days, terms: standalone ? terms(trial, wholeDays(trial, "days")) : undefined };
}

function wholeDays(members: Members, name: string): number {
  const value = members[name];
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > MOST_DAYS) {
    throw new ConfigError("setup.days", { name, limit: MOST_DAYS });
  }
  return value;
}

function terms(trial: Members, days: number): Terms {
  const { strategy = "fuzzy", entitlements = {} } = trial;
  if (strategy !== "exact" && strategy !== "fuzzy" && strategy !== "loose") throw new ConfigError("setup.strategy");
  if (!isObject(entitlements)) throw new ConfigError("setup.object", { name: "entitlements" });
  for (const [name, value] of Object.entries(entitlements)) {
    const fits = value === true || (typeof value === "string" && isWhole(value)) || Number.isSafeInteger(value);
    if (!fits || !isWhole(name)) throw new ConfigError("setup.entitlement", { name });
  }
  return {
    days,
    strategy: strategy satisfies Strategy,
    importDays: "import_days" in trial ? wholeDays(trial, "import_days") : 14,
    entitlements: entitlements as Terms["entitlements"],
  };
}

async function roots(members: Members): Promise<Roots> {
  const list = members["roots"];
  const keys = Array.isArray(list) ? list.map((x: unknown) => (typeof x === "string" ? readKey(x) : undefined)) : [];
  const read = keys.filter((key) => key !== undefined);
  if (read.length === 0 || read.length !== keys.length) throw new ConfigError("setup.roots");
  return Roots.of(read);
}
