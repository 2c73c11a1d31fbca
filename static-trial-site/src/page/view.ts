/** Building the page's parts. Text from files and answers goes in as text, never as markup. */

import { t } from "./words";

/** A part of an element; what is undefined is left out. */
export type Child = Node | string | undefined;
type Attributes = Readonly<Record<string, string | boolean | undefined>>;

/** An element with its attributes and children. */
export function element<K extends keyof HTMLElementTagNameMap>(name: K, attributes: Attributes, ...children: Child[]): HTMLElementTagNameMap[K] {
  return finish(document.createElement(name), attributes, children);
}

/** An element of a drawing. */
export function drawing(name: string, attributes: Attributes, ...children: Child[]): SVGElement {
  return finish(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function finish<E extends Element>(made: E, attributes: Attributes, children: Child[]): E {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (typeof value === "string") made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** A part of index.html. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id} in the page`);
  return found as E;
}

/** A button that does something. */
export function button(text: string, act: () => void, kind = ""): HTMLButtonElement {
  const made = element("button", { type: "button", class: kind || undefined }, text);
  made.addEventListener("click", act);
  return made;
}

/** A row of buttons. */
export function actions(...children: Child[]): HTMLElement {
  return element("div", { class: "actions" }, ...children);
}

/** Names and values; those without a value are left out. */
export function facts(rows: readonly (readonly [string, Child])[]): HTMLElement {
  const parts = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [element("dt", {}, name), element("dd", { dir: "auto" }, value)],
  );
  return element("dl", {}, ...parts);
}

/** A card whose heading takes the focus, so that a screen reader begins there. */
export function card(kind: string, title: string, ...children: Child[]): HTMLElement {
  return element("section", { class: `card ${kind}`.trim() }, element("h2", { tabindex: "-1" }, title), ...children);
}

/** A file that the browser saves. */
export function download(name: string, content: BlobPart, kind = ""): HTMLAnchorElement {
  const href = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  return element("a", { class: `button ${kind}`.trim(), href, download: name }, t("result.save", { name }));
}

/** Text to look at and to copy, behind a line to open it. */
export function folded(summary: string, ...children: Child[]): HTMLDetailsElement {
  return element("details", {}, element("summary", {}, summary), ...children);
}

/** A field with text to copy by hand. */
export function readOnly(label: string, value: string): HTMLTextAreaElement {
  const made = element("textarea", { readonly: true, rows: "5", "aria-label": label, spellcheck: "false" });
  made.value = value;
  return made;
}

/** Tells screen readers something that others see. */
export function say(text: string): void {
  byId("say").textContent = text;
}
