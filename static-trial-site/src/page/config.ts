/** `config.json` beside the page: all that a vendor sets. */

import { isProductId } from "../format/ids";
import { readKey } from "../format/key";
import { Roots } from "../format/trust";

/** What the vendor set. */
export interface Config {
  /** The portal's address without a slash at its end. */
  readonly portal: string;
  readonly product: string;
  readonly productName: string;
  readonly vendor: string;
  readonly roots: Roots;
  /** An address for mail, where there is one. */
  readonly support: string | undefined;
}

/** The page is not set up; the message says for whom and what. */
export class ConfigError extends Error {}

/** Reads what `config.json` holds. */
export async function readConfig(json: unknown): Promise<Config> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new ConfigError("it is not a JSON object");
  const members = json as Record<string, unknown>;
  const text = (name: string): string => {
    const value = members[name];
    if (typeof value !== "string" || value.trim() === "") throw new ConfigError(`"${name}" must be a text`);
    return value.trim();
  };
  const product = text("product");
  if (!isProductId(product)) throw new ConfigError('"product" must be 1 to 64 of a-z 0-9 . _ -');
  const list = members["roots"];
  const keys = Array.isArray(list) ? list.map((x: unknown) => (typeof x === "string" ? readKey(x) : undefined)) : [];
  const roots = keys.filter((key) => key !== undefined);
  if (roots.length === 0 || roots.length !== keys.length) {
    throw new ConfigError('"roots" must list at least one root public key, 43 characters each');
  }
  return {
    portal: portal(text("portal")),
    product,
    productName: members["product_name"] === undefined ? product : text("product_name"),
    vendor: text("vendor"),
    roots: await Roots.of(roots),
    support: members["support"] === undefined ? undefined : text("support"),
  };
}

function portal(address: string): string {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new ConfigError('"portal" must be an address such as https://portal.acme.example');
  }
  const own = ["127.0.0.1", "localhost"].includes(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && own)) {
    throw new ConfigError('"portal" must begin with https://');
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}
