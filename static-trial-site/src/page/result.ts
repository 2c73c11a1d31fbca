/** The response, ready to be carried back: as a file, as text, as a QR code, on paper. */

import type { Entitlement } from "../format/response";
import type { Answer, Trial } from "./answer";
import { machineName } from "./names";
import { qrCode } from "./qrcode";
import { type Child, actions, button, card, download, element, facts, folded, readOnly, say } from "./view";
import { date, number, plain, t } from "./words";

/** A result with everything to take it away. Where there are several, steps and code are shorter. */
export function resultCard({ answer, name }: { answer: Answer; name: string }, { request, product }: Trial, several: boolean): HTMLElement {
  const { response, token, file } = answer;
  const { granted } = response;
  const machine = machineName(request);
  return card(
    "ok result", t("result.title", { machine }),
    element("p", { class: "verified" }, t("result.verified", { issuer: response.issuer })),
    facts([
      [t("fact.product"), product.name],
      [t("fact.machine"), request.deviceName],
      [t("fact.until"), granted && (granted.expiresAt === null ? t("never-ends") : date(granted.expiresAt))],
      [t("fact.import"), granted && date(granted.importBy)],
      [t("fact.features"), granted && features(granted.entitlements)],
    ]),
    ...responseActions(name, file, token, machine, several),
  );
}

function features(entitlements: ReadonlyMap<string, Entitlement>): Child {
  const texts = [...entitlements].map(([name, value]) => {
    const shown = typeof value === "bigint" ? number(Number(value)) : value;
    return plain(shown === true ? name : `${name}: ${shown}`);
  });
  return texts.length === 0 ? undefined : texts.join(", ");
}

/** What can be done with a response: saved, copied, printed, shown as a code. Briefly, steps and code are on paper only. */
export function responseActions(name: string, file: string, token: string, machine: string, briefly: boolean): HTMLElement[] {
  const text = readOnly(t("result.text-label"), file);
  const asText = folded(t("result.as-text"), text);
  const copy = button(t("result.copy"), () => void copyText(file, copy, asText, text), "quiet");
  const print = button(t("result.print"), () => printCard(print), "quiet");
  const { place, large } = code(token, machine);
  const steps = [t("result.step-1", { name }), t("result.step-2", { machine }), t("result.step-3")];
  const list = element("ol", {}, ...steps.map((step) => element("li", {}, step)));
  const carry = element("div", { class: briefly ? "carry briefly" : "carry" }, element("div", {}, element("h3", {}, t("result.steps-title")), list), place);
  if (!briefly) place.append(large);
  return [actions(download(name, file), copy, print, briefly ? large : undefined), carry, asText, paper(file)];
}

/** The text as it is printed; on the screen it is behind a line to open. */
function paper(file: string): HTMLElement {
  return element("pre", { class: "paper", "aria-hidden": "true" }, file);
}

async function copyText(file: string, copy: HTMLElement, asText: HTMLDetailsElement, text: HTMLTextAreaElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(file);
    copy.textContent = t("result.copied");
    say(t("result.copied"));
  } catch {
    // Not allowed, or not there: then by hand.
    asText.open = true;
    text.focus();
    text.select();
  }
}

function printCard(inside: HTMLElement): void {
  const printed = inside.closest(".card");
  const alone = [printed, document.body];
  for (const part of alone) part?.classList.add("printing");
  window.print();
  for (const part of alone) part?.classList.remove("printing");
}

/** The code and a button to see it large; drawn when its part of the page has arrived. */
function code(token: string, machine: string): { place: HTMLElement; large: HTMLElement } {
  const label = t("result.qr-alt", { machine });
  const place = element("div", { class: "code" });
  const hint = element("p", { class: "soft" }, t("result.qr-hint"));
  place.append(hint);
  const drawn = qrCode(token, label).catch(() => "failed" as const);
  const large = button(t("result.qr-large"), () => void drawn.then((code) => { if (code instanceof SVGElement) showLarge(code, label); }), "quiet");
  void drawn.then((code) => {
    if (code instanceof SVGElement) {
      place.prepend(code);
      return;
    }
    hint.textContent = code === "failed" ? t("result.qr-failed") : t("result.qr-none");
    large.remove();
  });
  return { place, large };
}

function showLarge(drawn: SVGElement, label: string): void {
  const window = element("dialog", { class: "large", "aria-label": label });
  const close = button(t("close"), () => window.close());
  window.append(drawn.cloneNode(true), close);
  window.addEventListener("click", (event) => { if (event.target === window) window.close(); });
  window.addEventListener("close", () => window.remove());
  document.body.append(window);
  window.showModal();
}
