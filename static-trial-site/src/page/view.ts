/** Building the page's parts. Text from files and answers goes in as text, never as markup. */

import type { Words } from "./words";

type Child = Node | string | undefined;

/** An element with its attributes and children. */
export function element(name: string, attributes: Record<string, string>, ...children: Child[]): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** A button that does something. */
export function button(text: string, act: () => void, kind = ""): HTMLElement {
  const made = element("button", { type: "button", class: kind }, text);
  made.addEventListener("click", act);
  return made;
}

/** Names and values; those without a value are left out. */
export function facts(rows: [string, string | undefined][]): HTMLElement {
  const parts = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [element("dt", {}, name), element("dd", {}, value)],
  );
  return element("dl", {}, ...parts);
}

/** A time for people, UTC. */
export function date(seconds: number): string {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? "after the year 9999" : `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** A card whose heading takes the focus, so that a screen reader begins there. */
export function card(kind: string, title: string, ...children: Child[]): HTMLElement {
  return element("section", { class: `card ${kind}` }, element("h2", { tabindex: "-1" }, title), ...children);
}

/** A failure, with the actions that are left. */
export function problem(words: Words, ...actions: Child[]): HTMLElement {
  return card(
    "problem", words.title,
    element("p", {}, words.text),
    element("p", { class: "advice" }, words.next),
    element("p", { class: "code" }, `Code for support: ${words.code}`),
    ...actions,
  );
}

/** A file that the browser saves. */
export function download(name: string, text: string): HTMLElement {
  const href = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  return element("a", { class: "button", href, download: name }, `Save ${name}`);
}

/** A name for a file made of what a machine calls itself: letters, digits, `.`, `_`, `-`. */
export function safeName(name: string): string {
  const kept = [...name].slice(0, 48).map((char) => (/[\p{L}\p{N}._-]/u.test(char) ? char : "-")).join("");
  const trimmed = kept.replace(/^[._-]+|[._-]+$/g, "");
  const reserved = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i.test(trimmed);
  return trimmed === "" ? "machine" : reserved ? `machine-${trimmed}` : trimmed;
}
