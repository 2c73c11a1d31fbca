/** The trial page: takes a request in, shows what it is and what will be sent, gets the answer, checks it, hands it out. */

import { hasWebCrypto, useEngine } from "../format/engine";
import { KeyError, TrialSigner } from "../format/sign";
import { readable } from "./accent";
import type { Source } from "./answer";
import { type App, Board } from "./board";
import * as clock from "./clock";
import { type Config, ConfigError, readConfig } from "./config";
import { Failure } from "./failure";
import { note, openIntake, takeText } from "./intake";
import { storeForOffline } from "./offline";
import { OutOfTime, within } from "./patience";
import { actions, button, byId, card, element } from "./view";
import { type Key, chooseLanguage, date, isKey, plain, t } from "./words";

const LOADING_MS = 15_000;

/** A link may carry the request after `#`, which browsers do not send to the web server. It leaves the address at once. */
function takeFragment(): string {
  const text = location.hash.slice(1);
  // Places of the page itself, such as the one that the skip link names.
  if (text === "" || document.getElementById(text)) return "";
  history.replaceState(null, "", location.pathname + location.search);
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function start(): Promise<void> {
  const brought = takeFragment();
  const settings = loadSettings();
  // What is thrown before anybody waits for it is not unheard.
  settings.catch(() => undefined);
  const webCrypto = await hasWebCrypto();
  await chooseLanguage(navigator.languages);
  writeWords();
  try {
    if (!webCrypto) useEngine((await within(LOADING_MS, () => import("../format/library"))).library);
    const config = await readConfig(await settings);
    dress(config);
    open({ config, source: await source(config), board: new Board() }, brought);
  } catch (error) {
    notSetUp(error);
  }
  storeForOffline(() => { byId("offline").textContent = t("foot.offline"); });
}

async function loadSettings(): Promise<unknown> {
  const answer = await within(LOADING_MS, (signal) => fetch("config.json", { cache: "no-cache", signal })).catch((error: unknown) => {
    throw error instanceof OutOfTime ? error : new Unreadable("setup.unreachable");
  });
  if (!answer.ok) throw new Unreadable("setup.unreadable", answer.status);
  clock.learn(answer.headers.get("Date"));
  return answer.json().catch(() => { throw new Unreadable("setup.no-json"); });
}

/** As `ConfigError`, but thrown before the language is known. */
class Unreadable extends Error {
  readonly key: Key;
  readonly status: number;

  constructor(key: Key, status = 0) {
    super(key);
    this.key = key;
    this.status = status;
  }
}

async function source(config: Config): Promise<Source> {
  const { answerer } = config;
  if (answerer.mode === "portal") return { portal: answerer.portal };
  try {
    return { signer: await TrialSigner.of(answerer.key, answerer.delegation, config.roots) };
  } catch (error) {
    if (error instanceof KeyError) throw new ConfigError(`setup.key.${error.fault}`);
    throw error;
  }
}

/** The words that stand in index.html in English. */
function writeWords(): void {
  for (const part of document.querySelectorAll<HTMLElement>("[data-t]")) {
    const key = part.dataset["t"] ?? "";
    if (isKey(key)) part.textContent = t(key);
  }
}

/** Puts the vendor's name, logo and colour on the page, and lets it talk to nobody but who must be talked to. */
function dress(config: Config): void {
  // Policies add up: from here on only the portal can be reached, or nobody.
  const portal = config.answerer.mode === "portal" ? ` ${new URL(config.answerer.portal).origin}` : "";
  document.head.append(element("meta", { "http-equiv": "Content-Security-Policy", content: `connect-src 'self'${portal}` }));
  const vendor = plain(config.vendor);
  document.title = t("page.tab", { vendor });
  byId("vendor").textContent = vendor;
  byId("products").textContent = plain(config.products.map(({ name }) => name).join(" · "));
  if (config.accent !== undefined) {
    for (const scheme of ["light", "dark"] as const) {
      const { accent, text } = readable(config.accent, scheme);
      document.documentElement.style.setProperty(`--accent-${scheme}`, accent);
      document.documentElement.style.setProperty(`--on-accent-${scheme}`, text);
    }
  }
  if (config.logo !== undefined) {
    const logo = byId<HTMLImageElement>("logo");
    logo.addEventListener("load", () => {
      logo.height = 36;
      logo.width = Math.round((36 * logo.naturalWidth) / logo.naturalHeight) || 36;
      logo.hidden = false;
    });
    logo.src = config.logo;
  }
  const { support, website } = config;
  if (support !== undefined) byId("support").append(`${t("foot.help")} `, element("a", { href: `mailto:${encodeURI(support)}` }, support));
  if (website !== undefined) byId("website").append(element("a", { href: website, rel: "noreferrer" }, t("foot.website")));
}

function open(app: App, brought: string): void {
  document.body.classList.add("open");
  openIntake(app);
  warnOfKey(app);
  const take = (text: string): void => {
    if (text !== "") void takeText(app, text, t("from.link"));
  };
  take(brought);
  window.addEventListener("hashchange", () => take(takeFragment()));
}

/** A key whose time is over is said at once, not only to who has made a request. */
function warnOfKey(app: App): void {
  if (!("signer" in app.source)) return;
  const { notBefore, notAfter } = app.source.signer.delegation;
  const now = clock.now();
  if (now >= notAfter) note(app, new Failure("key-expired", { values: { date: date(notAfter), now: date(now) } }));
  else if (now < notBefore) note(app, new Failure("key-too-early", { values: { date: date(notBefore), now: date(now) } }));
}

function notSetUp(error: unknown): void {
  const why = error instanceof ConfigError ? error.message
    : error instanceof Unreadable ? t(error.key, { status: error.status })
    : error instanceof OutOfTime ? t("setup.unreachable") : String(error);
  byId("bring").hidden = true;
  const part = card(
    "problem", t("setup.title"), element("p", {}, t("setup.text", { why })), element("p", { class: "advice" }, t("setup.next")),
    actions(button(t("setup.again"), () => location.reload())),
  );
  byId("out").replaceChildren(part);
  part.querySelector("h2")?.focus();
}

void start();
