// Enhancement only: every page works without it.
"use strict";

/** From so many bytes on, an upload shows how far it is; a smaller one is sent as the browser does it. */
const LONG_UPLOAD = 128 * 1024;

/** Says in words, and by a bar, how a form's work goes on. `percent` is null where nobody knows. */
function showWork(form, kind, percent) {
  const status = form.querySelector("[data-status]");
  const bar = form.querySelector("progress");
  if (status === null || bar === null) return;
  const words = (status.dataset[kind] ?? "").replace("%%", String(percent));
  // Read out each time it changes: not every percent.
  if (status.textContent !== words) status.textContent = words;
  bar.hidden = kind === "failed";
  if (percent === null) bar.removeAttribute("value"); else bar.value = percent;
}

/** Ends a form's work, as when the browser shows the page again. */
function stopWork(form) {
  const status = form.querySelector("[data-status]");
  if (status !== null) status.textContent = "";
  for (const bar of form.querySelectorAll("progress")) bar.hidden = true;
  for (const button of form.querySelectorAll("button")) button.disabled = false;
}

function sizeOf(form) {
  let size = 0;
  for (const input of form.querySelectorAll("input[type=file]")) for (const file of input.files) size += file.size;
  return size;
}

/** Puts the answer in place of the page. The address stays: loading it again starts again. */
function showAnswer(html) {
  const next = new DOMParser().parseFromString(html, "text/html");
  const main = next.querySelector("main");
  if (main === null) return false;
  document.title = next.title;
  document.querySelector("main").replaceWith(main);
  enhance(main);
  const heading = main.querySelector("h1") ?? main;
  heading.tabIndex = -1;
  heading.focus();
  scrollTo(0, 0);
  return true;
}

/** Sends a form with a bar that shows how much has left. */
function sendLong(form) {
  const request = new XMLHttpRequest();
  const failed = () => { stopWork(form); showWork(form, "failed", null); };
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) showWork(form, "sending", Math.floor(event.loaded / event.total * 10) * 10);
  });
  request.upload.addEventListener("load", () => showWork(form, "working", null));
  request.addEventListener("load", () => { if (!showAnswer(request.responseText)) failed(); });
  request.addEventListener("error", failed);
  request.addEventListener("abort", failed);
  request.open("POST", form.action);
  request.send(new FormData(form));
}

function enhanceWork(form) {
  form.addEventListener("submit", (event) => {
    const long = sizeOf(form) > LONG_UPLOAD;
    if (long) { event.preventDefault(); sendLong(form); }
    showWork(form, long ? "sending" : "working", long ? 0 : null);
    // After the form was taken up: a second click sends nothing twice.
    setTimeout(() => { for (const button of form.querySelectorAll("button")) button.disabled = true; });
  });
}

/** A photograph of more bytes is made smaller before it is sent: a code needs no more than so many pixels on a side. */
const LARGE_PICTURE = 2 * 1024 * 1024;
const LONGEST_SIDE = 3000;

async function smaller(file) {
  if (!file.type.startsWith("image/") || file.size <= LARGE_PICTURE) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = new OffscreenCanvas(Math.round(picture.width * scale), Math.round(picture.height * scale));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const made = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
    return made.size < file.size ? new File([made], file.name, { type: made.type }) : file;
  } catch {
    // A kind of picture that the browser does not know: the portal says what is wrong with it.
    return file;
  }
}

async function makeSmaller(input) {
  const files = new DataTransfer();
  for (const file of input.files) files.items.add(await smaller(file));
  input.files = files.files;
}

function enhanceDrop(form) {
  const input = form.querySelector("input[type=file]");
  const area = form.querySelector(".drop");
  const send = async () => {
    if (form.dataset.pictures !== undefined) await makeSmaller(input);
    if (input.files.length > 0) form.requestSubmit();
  };
  const dropped = (event) => {
    if (!form.isConnected) return;
    event.preventDefault();
    area.classList.toggle("over", event.type === "dragover");
    if (event.type === "drop" && event.dataTransfer.files.length > 0) { input.files = event.dataTransfer.files; void send(); }
  };
  input.addEventListener("change", () => void send());
  for (const kind of ["dragover", "drop"]) document.addEventListener(kind, dropped);
  document.addEventListener("dragleave", () => area.classList.remove("over"));
  // A link from a QR code carries the request after "#": it never reached the server, so put it into the text field.
  if (location.hash.length > 20) {
    form.querySelector("textarea, [name=q]").value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    form.requestSubmit();
  }
}

function enhanceCopy(button) {
  // Where there is no clipboard (plain HTTP) the text can be selected by hand.
  button.hidden = navigator.clipboard === undefined;
  button.addEventListener("click", () => {
    void navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent).then(
      () => { button.textContent = button.dataset.copied; },
      () => { button.textContent = button.dataset.notCopied; },
    );
  });
}

function enhance(root) {
  for (const form of root.querySelectorAll("form[data-work]")) enhanceWork(form);
  for (const form of root.querySelectorAll("form[data-drop]")) enhanceDrop(form);
  for (const button of root.querySelectorAll("[data-copy]")) enhanceCopy(button);
}

enhance(document);
// Gone back to: the browser may show the page as it was left.
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.querySelectorAll("form[data-work]")) stopWork(form);
});
