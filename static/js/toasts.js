/* Toasts go after six seconds, unless they are errors, or hovered, or focused. */
"use strict";

const SHOWN_FOR = 6000; // ms

function watch(toast) {
  if (toast.dataset.toast === "stay") return;
  let clock = 0;
  const start = () => {
    clearTimeout(clock);
    clock = setTimeout(() => toast.remove(), SHOWN_FOR);
  };
  const hold = () => clearTimeout(clock);
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("pointerleave", start);
  toast.addEventListener("focusout", start);
  start();
}

function show({ kind = "teal", text }) {
  const template = document.getElementById("toast-template");
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.classList.add(`toast--${kind}`);
  toast.setAttribute("role", kind === "red" ? "alert" : "status");
  if (kind === "red") toast.dataset.toast = "stay";
  toast.querySelectorAll(".toast-icon").forEach((icon) => {
    if (icon.dataset.kind === kind) icon.replaceWith(...icon.childNodes);
    else icon.remove();
  });
  document.getElementById("toasts").append(toast);
  toast.querySelector("p").textContent = text;
  watch(toast);
}

document.addEventListener("toast", (event) => show(event.detail));

document.addEventListener("click", (event) => {
  event.target.closest("[data-toast-close]")?.closest(".toast").remove();
});

document.querySelectorAll(".toast").forEach(watch);
