/* Copy buttons: [data-copy="#id"] takes the text of an element; "Copied" stands for two seconds. */
"use strict";

const COPIED_FOR = 2000; // ms

async function write(text) {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

function showCopied(button) {
  const label = button.querySelector("[data-copy-text]");
  const idle = button.querySelector(".copy-idle");
  const done = button.querySelector(".copy-done");
  const before = label ? label.textContent : "";
  const copied = document.body.dataset.copied;
  button.dataset.copying = "true";
  if (label) label.textContent = copied;
  if (idle && done) [idle.hidden, done.hidden] = [true, false];
  document.dispatchEvent(new CustomEvent("announce", { detail: copied }));
  setTimeout(() => {
    if (label) label.textContent = before;
    if (idle && done) [idle.hidden, done.hidden] = [false, true];
    delete button.dataset.copying;
  }, COPIED_FOR);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button || button.dataset.copying) return;
  const source = document.querySelector(button.dataset.copy);
  const text = source ? source.value ?? source.textContent.trim() : button.dataset.copyValue;
  await write(text);
  button.focus();
  showCopied(button);
});
