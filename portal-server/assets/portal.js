// Enhancement only: every page works without it.
"use strict";
for (const form of document.querySelectorAll("form[data-drop]")) {
  const input = form.querySelector("input[type=file]");
  const area = form.querySelector(".drop");
  const send = () => { if (input.files.length > 0) form.requestSubmit(); };
  input.addEventListener("change", send);
  document.addEventListener("dragover", (event) => { event.preventDefault(); area.classList.add("over"); });
  document.addEventListener("dragleave", () => area.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    area.classList.remove("over");
    if (event.dataTransfer.files.length > 0) { input.files = event.dataTransfer.files; send(); }
  });
  // A link from a QR code carries the request after "#": it never reached the server, so put it into the text field.
  if (location.hash.length > 20) {
    form.querySelector("textarea").value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    form.requestSubmit();
  }
}
for (const button of document.querySelectorAll("[data-copy]")) {
  // Where there is no clipboard (plain HTTP) the text can be selected by hand.
  button.hidden = navigator.clipboard === undefined;
  button.addEventListener("click", () => {
    void navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent).then(
      () => { button.textContent = button.dataset.copied; },
      () => { button.textContent = button.dataset.notCopied; },
    );
  });
}
