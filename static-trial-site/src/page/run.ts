/** From the review to the result: what one sees while a trial is got, and what comes of it. */

import { type Step, getAnswer, mayGive } from "./answer";
import type { App, Item } from "./board";
import { Failure } from "./failure";
import { fileName, machineName, trialTitle } from "./names";
import { Cancelled } from "./patience";
import { PORTAL_MS } from "./portal";
import { failureCard } from "./problem";
import { resultCard } from "./result";
import { reviewCard } from "./review";
import { actions, button, card, element, say } from "./view";
import { WORK_MS } from "./work";
import { counted, t } from "./words";

/** Shows what a trial request is and what will happen; or at once why nothing can. */
export async function review(app: App, item: Item, focus: boolean): Promise<void> {
  const { trial } = item;
  if (!trial) return;
  try {
    const plan = "signer" in app.source ? await mayGive(app.source.signer, trial) : undefined;
    item.show("ready", reviewCard(app, item, trial, plan, () => void run(app, item, true)), focus);
  } catch (error) {
    fail(app, item, error, focus);
  }
  app.board.refresh(app);
}

/** Gets the response and offers it. */
export async function run(app: App, item: Item, focus: boolean): Promise<void> {
  const { trial } = item;
  if (!trial || item.state === "busy") return;
  const cancel = new AbortController();
  const waiting = new Waiting(app, item, () => cancel.abort());
  item.show("busy", waiting.card, focus);
  app.board.refresh(app);
  try {
    const answer = await getAnswer(app.config, app.source, trial, (step) => waiting.at(step), cancel.signal);
    item.result = { answer, name: fileName(trial.request, "response") };
    item.show("done", resultCard(item.result, trial, app.board.several), focus);
    say(t("result.title", { machine: machineName(trial.request) }));
  } catch (error) {
    if (error instanceof Cancelled) await review(app, item, focus);
    else fail(app, item, error, focus);
  }
  app.board.refresh(app);
}

function fail(app: App, item: Item, error: unknown, focus: boolean): void {
  const failure = error instanceof Failure ? error : new Failure("unexpected", { again: true, detail: String(error) });
  item.show("failed", failureCard(app.config, failure, item, () => void run(app, item, true)), focus);
  say(failure.title);
}

/** The card while one waits: what for, for how long at most, how far, and a way out. */
class Waiting {
  readonly card: HTMLElement;
  private readonly text = element("p", { role: "status" });
  private readonly limit = element("p", { class: "soft" });
  private readonly progress = element("progress", { max: "1", "aria-label": t("wait.work-progress") });
  private readonly portal: string;

  constructor(app: App, item: Item, cancel: () => void) {
    this.portal = "portal" in app.source ? app.source.portal : "";
    const title = item.trial ? trialTitle(item.trial) : item.from;
    this.progress.hidden = true;
    this.card = card("busy", title, this.text, this.progress, this.limit, actions(button(t("wait.cancel"), cancel, "quiet")));
  }

  at(step: Step): void {
    const working = typeof step === "object";
    this.progress.hidden = !working;
    if (working) this.progress.value = step.work;
    const text = working ? t("wait.work") : t(`wait.${step}`, { portal: this.portal });
    // A status that is written again is read again.
    if (this.text.textContent !== text) this.text.textContent = text;
    this.limit.textContent = step === "signing" ? "" : counted("wait.limit", (working ? WORK_MS : PORTAL_MS) / 1000);
  }
}
