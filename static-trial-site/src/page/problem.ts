/** A failure on the page: its words, the request that is kept, another try, a mail to support. */

import type { Item } from "./board";
import type { Config } from "./config";
import type { Failure } from "./failure";
import { fileName, machineName } from "./names";
import { actions, button, card, download, element, folded, readOnly, say } from "./view";
import { counted, t } from "./words";

/** Longer addresses are cut by some mail programs and refused by others. */
const MOST_MAILTO = 1900;

/** The card of a failure. What has a request keeps it; `again` is done on a click, after the wait that was asked for. */
export function failureCard(config: Config, failure: Failure, item?: Item, again?: () => void): HTMLElement {
  const trial = item?.trial;
  const retry = failure.again && again ? retryButton(failure.wait, again) : undefined;
  const token = trial?.request.token;
  const save = trial && download(fileName(trial.request, "request"), `${trial.request.token}\n`, "quiet");
  if (save) save.textContent = t("keep.save");
  const href = mailto(config, failure, item);
  const mail = href === undefined ? undefined : element("a", { class: "button quiet", href }, t("keep.mail"));
  return card(
    "problem", failure.title,
    item && element("p", { class: "from" }, item.from),
    element("p", {}, failure.text),
    element("p", { class: "advice" }, failure.next),
    retry || mail || save ? actions(retry, mail, save) : undefined,
    element("p", { class: "soft" }, t("keep.code", { code: failure.code })),
    failure.detail === undefined ? undefined : folded(t("keep.detail"), element("p", { lang: "en" }, failure.detail)),
    token === undefined ? undefined : folded(t("keep.title"), readOnly(t("keep.text"), token)),
  );
}

/** A mail to support with everything in it; without the request where that is too long for an address. */
export function mailto({ support, products }: Pick<Config, "support" | "products">, failure: Failure, item?: Pick<Item, "trial">): string | undefined {
  const trial = item?.trial;
  if (support === undefined || (!trial && !failure.again)) return undefined;
  const machine = trial ? machineName(trial.request) : t("machine.none");
  const product = trial?.product.name ?? products[0]?.name ?? "";
  const begin = t("mail.body", { product, machine, title: failure.title, code: failure.code });
  const address = (end: string): string =>
    `mailto:${support}?subject=${encodeURIComponent(t("mail.subject", { product, machine }))}&body=${encodeURIComponent(begin + end)}`;
  const full = address(trial ? t("mail.request", { request: trial.request.token }) : "");
  return full.length <= MOST_MAILTO ? full : address(t("mail.attach"));
}

function retryButton(wait: number | undefined, again: () => void): HTMLButtonElement {
  const made = button(t("keep.again"), again);
  if (wait === undefined || wait < 1) return made;
  const end = Date.now() + wait * 1000;
  const tick = (): void => {
    const left = Math.ceil((end - Date.now()) / 1000);
    made.disabled = left > 0;
    made.textContent = left > 0 ? waitText(left) : t("keep.again");
    if (left > 0 && (made.isConnected || left >= wait)) setTimeout(tick, 250);
    else if (left <= 0 && made.isConnected) say(t("keep.ready"));
  };
  tick();
  return made;
}

function waitText(seconds: number): string {
  return seconds <= 120 ? counted("keep.wait", seconds) : counted("keep.wait-minutes", Math.ceil(seconds / 60));
}
