/** What was brought, in the order of its coming: one item each, newest batch first. */

import { run } from "./run";
import type { Answer, Source, Trial } from "./answer";
import type { Config } from "./config";
import { actions, button, byId, card, download, element } from "./view";
import { number, t } from "./words";
import { zip } from "./zip";

/** What every part of the page needs. */
export interface App {
  readonly config: Config;
  readonly source: Source;
  readonly board: Board;
}

/** How far an item is: just words, waiting for the visitor, being answered, answered, or not answered. */
export type State = "note" | "ready" | "busy" | "done" | "failed";

/** One thing that was brought, and its place on the page. */
export class Item {
  readonly place = element("div", { class: "item" });
  /** Where it came from, in words. */
  from: string;
  state: State = "note";
  trial: Trial | undefined;
  result: { readonly name: string; readonly answer: Answer } | undefined;

  constructor(from: string) {
    this.from = from;
  }

  /** Shows a card; `focus` moves the reader there. */
  show(state: State, part: HTMLElement, focus: boolean): void {
    this.state = state;
    this.place.replaceChildren(part);
    if (!focus) return;
    const heading = part.querySelector("h2");
    heading?.focus({ preventScroll: true });
    part.scrollIntoView({ block: "nearest" });
  }
}

/** All items. */
export class Board {
  private items: Item[] = [];
  private readonly out = byId("out");
  private readonly all = byId("all");

  /** A place for each of these, above what was there. Words that were only of the moment go. */
  begin(origins: readonly string[]): Item[] {
    for (const item of this.items.filter(({ state }) => state === "note")) this.remove(item);
    const fresh = origins.map((from) => new Item(from));
    this.out.prepend(...fresh.map(({ place }) => place));
    this.items.unshift(...fresh);
    document.body.classList.add("brought");
    byId("bring-title").textContent = t("bring.another");
    return fresh;
  }

  /** The same request brought twice is there once: the newer one. */
  keepNewest(item: Item): void {
    const same = this.items.filter((other) => other !== item && other.trial?.request.hash === item.trial?.request.hash);
    for (const other of same) if (other.state !== "busy") this.remove(other);
  }

  private remove(item: Item): void {
    item.place.remove();
    this.items = this.items.filter((other) => other !== item);
  }

  /** Whether there is more than one trial on the page: their cards are shorter then. */
  get several(): boolean {
    return this.items.filter(({ trial }) => trial).length > 1;
  }

  /** Offers what can be done with all of them, once there are several. */
  refresh(app: App): void {
    const ready = this.items.filter(({ state }) => state === "ready");
    const done = this.items.flatMap(({ result }) => (result ? [result] : []));
    const parts: HTMLElement[] = [];
    if (done.length > 1) {
      const files = zip(done.map(({ name, answer }) => ({ name, text: answer.file })));
      const save = download("trials.zip", files);
      save.textContent = t("result.save-all");
      parts.push(card("ok", t("result.all-title", { count: number(done.length) }), element("p", {}, t("result.steps-short")), actions(save)));
    }
    if (ready.length > 1) {
      const get = button(t("review.get-all", { count: number(ready.length) }), () => void this.runAll(app, ready));
      parts.push(actions(get));
    }
    this.all.replaceChildren(...parts);
  }

  /** One after the other: a portal counts how many come at once. */
  private async runAll(app: App, items: readonly Item[]): Promise<void> {
    for (const item of items) if (item.state === "ready") await run(app, item, false);
    this.all.querySelector("h2")?.focus();
  }
}
