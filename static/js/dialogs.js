/* Dialogs are the browser's own: opened by [data-dialog-open], closed by [data-dialog-close] or
   Escape; the focus goes back to the button that opened them. */
"use strict";

function open(dialog, opener) {
  dialog.addEventListener("close", () => {
    if (opener.isConnected) opener.focus();
  }, { once: true });
  show(dialog);
}

/* A short form begins in its first field; a question on the answer that the page marks. */
function show(dialog) {
  dialog.showModal();
  if (dialog.querySelector("[autofocus]")) return;
  dialog.querySelector("input:not([type=hidden]), select, textarea")?.focus();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialogOpen);
    if (dialog) {
      event.preventDefault();
      const menu = opener.closest(".menu[popover]");
      const button = menu && document.querySelector(`[popovertarget="${menu.id}"]`);
      menu?.hidePopover();
      open(dialog, button || opener);
    }
    return;
  }
  const closer = event.target.closest("[data-dialog-close]");
  if (closer) closer.closest("dialog")?.close();
  /* A click on the scrim hits the dialog itself, outside its box. */
  if (event.target instanceof HTMLDialogElement && event.target.open) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right
      && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && event.detail > 0) event.target.close();
  }
});

/* A dialog that the server asks to show at once, e.g. a form that came back with errors. */
document.querySelectorAll("dialog[data-dialog-shown]").forEach(show);
document.addEventListener("htmx:load", (event) => {
  const found = event.detail.elt.matches?.("dialog[data-dialog-shown]")
    ? event.detail.elt
    : event.detail.elt.querySelector?.("dialog[data-dialog-shown]");
  if (found && !found.open) show(found);
});
