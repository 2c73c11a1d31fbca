/** The ways in: dropped, chosen, pasted, by a link, by the camera. */

import { MAX_FILE } from "../format/file";
import type { App, Item } from "./board";
import { Failure } from "./failure";
import { Cancelled } from "./patience";
import { PICTURE_MS, isPicture, readPicture } from "./picture";
import { failureCard } from "./problem";
import { kindCard } from "./review";
import { review } from "./run";
import { understand } from "./understand";
import { actions, button, byId, card, element } from "./view";
import { counted, number, t } from "./words";

const MOST_AT_ONCE = 50;
const utf8 = new TextEncoder();

/** Takes requests from now on. */
export function openIntake(app: App): void {
  const input = byId<HTMLInputElement>("file");
  const takeChosen = (): void => {
    void takeFiles(app, [...(input.files ?? [])]);
    input.value = "";
  };
  input.addEventListener("change", takeChosen);
  byId("choose").addEventListener("click", () => input.click());
  byId("scan").addEventListener("click", () => void takeScan(app));
  openDrop(app);
  openPaste(app);
  // Chosen while the page was still loading.
  if (input.files?.length) takeChosen();
}

function openDrop(app: App): void {
  const over = (on: boolean) => (event: Event): void => {
    event.preventDefault();
    document.body.classList.toggle("over", on);
  };
  document.addEventListener("dragover", over(true));
  document.addEventListener("dragleave", over(false));
  document.addEventListener("drop", (event) => {
    over(false)(event);
    const { files, items } = event.dataTransfer ?? {};
    const text = event.dataTransfer?.getData("text/plain") ?? "";
    if (files?.length) void takeFiles(app, [...files]);
    else if (items && text !== "") void takeText(app, text, t("from.paste"));
  });
}

function openPaste(app: App): void {
  const [place, field, use, open] = [byId("paste-place"), byId<HTMLTextAreaElement>("paste"), byId("paste-use"), byId("paste-open")];
  open.addEventListener("click", () => {
    place.hidden = !place.hidden;
    open.setAttribute("aria-expanded", String(!place.hidden));
    if (!place.hidden) field.focus();
  });
  use.addEventListener("click", () => {
    if (field.value.trim() !== "") void takeText(app, field.value, t("from.paste"));
    field.value = "";
  });
  document.addEventListener("paste", (event) => {
    const { clipboardData: data, target } = event;
    if (target instanceof HTMLTextAreaElement && target.readOnly) return;
    if (data?.files.length) void takeFiles(app, [...data.files]);
    else if (data && data.getData("text/plain").trim() !== "") void takeText(app, data.getData("text/plain"), t("from.paste"));
    else return;
    event.preventDefault();
  });
}

/** Takes a text: pasted, or out of a link. */
export async function takeText(app: App, text: string, from: string): Promise<void> {
  const [item] = app.board.begin([from]);
  if (item) await bring(app, item, async () => utf8.encode(text), true);
}

async function takeFiles(app: App, files: readonly File[]): Promise<void> {
  const taken = files.slice(0, MOST_AT_ONCE);
  const items = app.board.begin(taken.map((file) => t("from.file", { name: file.name })));
  await Promise.all(items.map((item, index) => bring(app, item, () => readBrought(item, taken[index] as File), index === 0)));
  if (files.length > MOST_AT_ONCE) note(app, new Failure("too-many", { values: { count: number(files.length), limit: number(MOST_AT_ONCE) } }));
}

async function takeScan(app: App): Promise<void> {
  try {
    const { scan } = await import("./scan").catch((error: unknown) => { throw new Failure("chunk", { detail: String(error) }); });
    await takeText(app, await scan(), t("from.scan"));
  } catch (error) {
    if (error instanceof Cancelled) byId("scan").focus();
    else note(app, asFailure(error));
  }
}

/** A failure that belongs to nothing that was brought. */
export function note(app: App, failure: Failure): void {
  const [item] = app.board.begin([""]);
  item?.show("note", failureCard(app.config, failure), true);
}

/** The bytes of a file, or the text in the QR code of a picture. */
async function readBrought(item: Item, file: File): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    // More than a file may have is read no further than that: it is refused for its size.
    bytes = new Uint8Array(await file.slice(0, MAX_FILE + 1).arrayBuffer());
  } catch (error) {
    // A folder, say, or a file that is gone.
    throw new Failure("damaged", { code: "damaged-file", detail: String(error), values: { how: "not-text" } });
  }
  if (!isPicture(bytes, file.type)) return bytes;
  const cancel = new AbortController();
  const { name } = file;
  item.show("busy", card(
    "busy", t("wait.picture", { name }), element("p", { class: "soft" }, counted("wait.limit", PICTURE_MS / 1000)),
    actions(button(t("wait.cancel"), () => cancel.abort(), "quiet")),
  ), false);
  item.from = t("from.picture", { name });
  return utf8.encode(await readPicture(file, name, cancel.signal));
}

/** Says what arrived, before anything is sent. */
async function bring(app: App, item: Item, read: () => Promise<Uint8Array>, focus: boolean): Promise<void> {
  try {
    const brought = await understand(app.config, await read());
    if (brought.kind === "trial") {
      item.trial = brought;
      app.board.keepNewest(item);
      await review(app, item, focus);
    } else {
      item.show("note", kindCard(app.config, item, brought), focus);
    }
  } catch (error) {
    if (error instanceof Cancelled) item.show("note", element("span", {}), false);
    else item.show("note", failureCard(app.config, asFailure(error), item), focus);
  }
}

function asFailure(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure("unexpected", { again: true, detail: String(error) });
}
