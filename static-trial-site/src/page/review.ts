/** What a thing is and what would happen with it, before anything happens. */

import type { Request } from "../format/request";
import type { Response } from "../format/response";
import type { Source, Trial } from "./answer";
import type { App, Item } from "./board";
import * as clock from "./clock";
import type { Config } from "./config";
import { fileName, safeName, trialTitle } from "./names";
import { responseActions } from "./result";
import type { Brought } from "./understand";
import { type Child, actions, button, card, download, element, facts } from "./view";
import { counted, date, difference, number, t } from "./words";

/** A machine's clock that is ahead by more than this is worth a word. One that is behind cannot be told from an old request. */
const AHEAD = 3600;

/** A trial request, with what would be sent where. `plan` is what the page's own key would give. */
export function reviewCard(app: App, item: Item, trial: Trial, plan: Response | undefined, get: () => void): HTMLElement {
  const { request, product } = trial;
  const { config, source } = app;
  return card(
    "", trialTitle(trial),
    element("p", { class: "from" }, item.from),
    facts([
      [t("fact.product"), product.name],
      [t("fact.vendor"), config.vendor],
      ...machineFacts(request),
      [t("fact.gives"), gives(config, trial, plan)],
      [t("fact.sent"), sent(source)],
    ]),
    ...clockWarnings(request, "signer" in source),
    actions(button(t("review.get"), get)),
  );
}

function machineFacts(request: Request): [string, Child][] {
  return [
    [t("fact.machine"), request.deviceName],
    [t("fact.platform"), request.platform],
    [t("fact.app-version"), request.appVersion],
    [t("fact.made"), date(request.issuedAt)],
  ];
}

function gives(config: Config, { product }: Trial, plan: Response | undefined): string {
  const { days } = product;
  if (days === undefined) return t("review.portal-decides", { vendor: config.vendor });
  const end = plan?.granted?.expiresAt;
  return end === undefined || end === null ? counted("review.days", days) : counted("review.days-until", days, { date: date(end) });
}

function sent(source: Source): string {
  return "portal" in source ? t("review.sent-portal", { portal: source.portal }) : t("review.sent-nothing");
}

function clockWarnings(request: Request, signedHere: boolean): HTMLElement[] {
  const found: string[] = [];
  const wrong = clock.error();
  const ahead = request.issuedAt - (clock.now() - (wrong ?? 0));
  if (wrong !== undefined && signedHere) found.push(t("review.our-clock", { difference: difference(wrong) }));
  if (ahead > AHEAD) found.push(t("review.machine-clock", { difference: difference(ahead) }));
  return found.map((text) => element("p", { class: "warn" }, text));
}

/** Something that is no trial request: what it is, and where it belongs. */
export function kindCard(config: Config, item: Item, brought: Exclude<Brought, { kind: "trial" }>): HTMLElement {
  const from = element("p", { class: "from" }, item.from);
  switch (brought.kind) {
    case "request":
      return elsewhere(config, from, brought.type === "deactivation-request+jwt" ? "deactivation-request" : "activation-request", brought.request);
    case "response":
      return alreadyResponse(config, from, brought.response, brought.token);
    case "release": {
      const { product, version, files } = brought.release;
      const rows: [string, string][] = [[t("fact.product"), product], [t("fact.version"), version], [t("fact.files"), number(files.length)]];
      return card("info", t("kind.release.title"), from, element("p", {}, t("kind.release.text")), facts(rows));
    }
    case "signing-key": {
      const rows: [string, string][] = [[t("fact.holder"), brought.delegation.holder], [t("fact.until"), date(brought.delegation.notAfter)]];
      return card("info", t("kind.signing-key.title"), from, element("p", {}, t("kind.signing-key.text")), facts(rows));
    }
    case "revocations":
      return card("info", t("kind.revocations.title"), from, element("p", {}, t("kind.revocations.text")));
    case "root-key":
      return card("info", t("kind.root-key.title"), from, element("p", {}, t("kind.root-key.text")));
  }
}

function elsewhere(config: Config, from: HTMLElement, kind: "activation-request" | "deactivation-request", request: Request): HTMLElement {
  const { portal } = config;
  const where = portal === undefined
    ? element("p", {}, t("kind.no-portal"))
    : actions(element("a", { class: "button", href: `${portal}/activate`, rel: "noreferrer" }, t("kind.portal", { portal })));
  // Who scanned it has no file yet, and will need one there.
  const save = download(fileName(request, "request"), `${request.token}\n`, "quiet");
  const rows: [string, Child][] = [[t("fact.product"), request.product], ...machineFacts(request)];
  return card("info", t(`kind.${kind}.title`), from, element("p", {}, t(`kind.${kind}.text`)), facts(rows), where, actions(save));
}

function alreadyResponse(config: Config, from: HTMLElement, response: Response, token: string): HTMLElement {
  const { granted } = response;
  const end = granted && (granted.expiresAt === null ? t("never-ends") : date(granted.expiresAt));
  const product = config.products.find(({ id }) => id === response.product)?.name ?? response.product;
  return card(
    "info", t("kind.response.title"), from, element("p", {}, t("kind.response.text")),
    facts([
      [t("fact.product"), product], [t("fact.signed-by"), response.issuer],
      [t("fact.until"), end], [t("fact.import"), granted && date(granted.importBy)],
    ]),
    ...responseActions(`${safeName(response.product)}.response`, `${token}\n`, token, t("machine.none"), true),
  );
}
