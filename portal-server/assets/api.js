// Tries an operation of the API out. The page is read without it. The token stands in its field and nowhere else: it is not
// stored, and is gone when the page is left.
"use strict";

const token = document.querySelector("#token");
/** What is shown of an answer, in characters. */
const MOST = 20_000;

function address(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const input of form.querySelectorAll("input[data-in]")) {
    if (input.value === "") continue;
    if (input.dataset.in === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
    if (input.dataset.in === "query") query.append(input.name, input.value);
  }
  return query.size > 0 ? `${path}?${query}` : path;
}

function question(form) {
  const headers = new Headers();
  if (token.value.trim() !== "") headers.set("authorization", `Bearer ${token.value.trim()}`);
  for (const input of form.querySelectorAll("input[data-in=header]")) if (input.value !== "") headers.set(input.name, input.value);
  const body = form.querySelector("textarea");
  if (body !== null) headers.set("content-type", body.dataset.kind ?? "application/json");
  // Without the cookie of whoever is logged in: what a program would get.
  return { method: form.dataset.method, headers, body: body?.value, credentials: "omit", cache: "no-store" };
}

/** JSON is set out in lines; everything else is shown as it came. */
function readable(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

async function send(form) {
  const shown = form.querySelector(".answer");
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch(address(form), question(form));
    const text = readable(await answer.text()).slice(0, MOST);
    shown.textContent = `${answer.status}\n${text}`;
  } catch (error) {
    shown.textContent = String(error);
  }
  shown.hidden = false;
  button.disabled = false;
}

for (const part of document.querySelectorAll("[data-script]")) part.hidden = false;
for (const form of document.querySelectorAll("form.try")) {
  form.addEventListener("submit", (event) => { event.preventDefault(); send(form); });
}
addEventListener("pagehide", () => { token.value = ""; });
