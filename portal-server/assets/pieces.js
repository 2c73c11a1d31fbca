// Sends files in pieces, shows how far they are, and goes on where it was cut off. Without it the form sends one whole file.
"use strict";

/** How often a piece is tried again before the person is asked; the waits between grow to half a minute. */
const TRIES = 12;

const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/** A refusal of the portal: its page says why. */
class Refused extends Error {}

/** Words of an answer that is a page. */
function said(html) {
  const main = new DOMParser().parseFromString(html, "text/html").querySelector("main");
  return [...main?.querySelectorAll("p") ?? []].map((p) => p.textContent.trim()).filter(Boolean).join(" ");
}

async function json(answer) {
  if (answer.ok) return await answer.json();
  const text = said(await answer.text());
  // What may be over soon is tried again.
  if (answer.status >= 500 || answer.status === 429 || answer.status === 408) throw new Error(text);
  throw new Refused(text);
}

async function digest(bytes) {
  if (crypto.subtle === undefined) return {};
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return { "content-digest": `sha-256=:${btoa(String.fromCharCode(...hash))}:` };
}

/** Shows the words of this kind; nothing has an innerHTML. */
function say(form, kind, file, percent) {
  const status = form.querySelector("[data-status]");
  const bar = form.querySelector("progress");
  const words = status.dataset[kind].replace("%n", file.name).replace("%%", String(percent));
  if (status.textContent !== words) status.textContent = words;
  bar.hidden = kind === "failed";
  if (kind === "sending") bar.value = percent; else bar.removeAttribute("value");
}

async function send(form, file) {
  const base = form.dataset.pieces;
  const platform = form.elements.platform.value;
  const fields = new URLSearchParams({ name: file.name, platform, size: String(file.size) });
  let state = await json(await fetch(base, { method: "POST", body: fields }));
  const url = `${base}/${state.upload}`;
  let failures = 0;
  while (state.received < file.size) {
    say(form, failures > 0 ? "waiting" : "sending", file, Math.floor(state.received / file.size * 100));
    try {
      const bytes = await file.slice(state.received, state.received + state.piece).arrayBuffer();
      const headers = { "content-type": "application/octet-stream", ...await digest(bytes) };
      state = await json(await fetch(`${url}?start=${state.received}`, { method: "POST", headers, body: bytes }));
      failures = 0;
    } catch (error) {
      failures += 1;
      if (error instanceof Refused || failures > TRIES) throw error;
      await pause(Math.min(30_000, 500 * 2 ** failures));
      // Whether the piece arrived is not known: the portal knows.
      try { state = await json(await fetch(url)); } catch (e) { if (e instanceof Refused) throw e; }
    }
  }
  say(form, "joining", file, 100);
  for (;;) {
    const answer = await fetch(`${url}/finish`, { method: "POST" }).then(json).catch((error) => {
      if (error instanceof Refused) throw error;
      return {};
    });
    if (answer.file !== undefined) return;
    await pause(2000);
    // Gone: it was put together while nobody listened.
    if ((await fetch(url)).status === 404) return;
  }
}

async function sendAll(form) {
  const button = form.querySelector("button");
  const files = [...form.querySelector("input[type=file]").files];
  button.disabled = true;
  for (const file of files) {
    try {
      await send(form, file);
    } catch (error) {
      say(form, "failed", file, 0);
      if (error.message !== "") form.querySelector("[data-status]").append(` ${error.message}`);
      button.disabled = false;
      return;
    }
  }
  location.reload();
}

for (const form of document.querySelectorAll("form[data-pieces]")) {
  form.addEventListener("submit", (event) => { event.preventDefault(); void sendAll(form); });
}
