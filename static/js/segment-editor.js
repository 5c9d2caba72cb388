/* Filter rows, in the segment editor and wherever else they stand: asks for the figures while
   somebody edits, moves rows by drag and by Alt+arrow, and warns before unsaved changes are left.
   Every change of the rows themselves is made by the server. */
"use strict";

const WAIT = 250; // ms after the last change before the server counts

const form = document.querySelector("[data-filter-form]");
const live = document.getElementById("live");

function announce(text) {
  document.dispatchEvent(new CustomEvent("announce", { detail: text }));
}

/* Figures. */
let clock = 0;

function edited() {
  clearTimeout(clock);
  clock = setTimeout(() => {
    form.querySelector("[data-rows]").classList.add("filters-pending");
    live.dispatchEvent(new CustomEvent("edited"));
  }, WAIT);
}

function isSearch(target) {
  return target.matches(".combobox-input");
}

form?.addEventListener("input", (event) => {
  if (!isSearch(event.target)) edited();
});
form?.addEventListener("change", (event) => {
  /* A search field's own change is only that its text was left; a choice is told by combobox.js. */
  const left = isSearch(event.target) && event.isTrusted;
  if (!left && !event.target.closest("[hx-post]")) edited();
});

document.addEventListener("htmx:afterRequest", () => {
  form?.querySelector("[data-rows]")?.classList.remove("filters-pending");
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (form?.contains(event.detail.elt)) clearTimeout(clock);
});

/* After the rows were drawn anew the focus goes where the act left it. */
let moved = "";

document.addEventListener("htmx:afterSettle", (event) => {
  if (!event.detail.target.matches("[data-rows]")) return;
  const place = form.querySelector("[data-rows] [data-focus-here]");
  const control = place?.querySelector(".combobox-input") || place;
  control?.focus();
  if (moved) sayPlace(moved);
  moved = "";
});

function sayPlace(key) {
  const row = entry(key);
  if (!row) return;
  announce(
    form.dataset.moved
      .replace("%(position)s", row.dataset.position)
      .replace("%(of)s", row.dataset.of),
  );
}

/* Moving rows. */
function entry(key) {
  return document.querySelector(`.filter-entry[data-row="${key}"]`);
}

form?.addEventListener("click", (event) => {
  if (event.target.closest("[data-grip]")) event.preventDefault();
});

form?.addEventListener("keydown", (event) => {
  const grip = event.target.closest("[data-grip]");
  if (!grip || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  moved = grip.closest(".filter-entry").dataset.row;
  grip.value = `${event.key === "ArrowUp" ? "up" : "down"}:${moved}`;
  grip.dispatchEvent(new CustomEvent("move"));
});

let dragged = null;
let start = null;

form?.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest("[data-grip]");
  if (!grip || event.button !== 0) return;
  dragged = grip.closest(".filter-entry");
  start = dragged.previousElementSibling;
  grip.setPointerCapture(event.pointerId);
  dragged.querySelector(".filter-row").classList.add("is-dragged");
});

function neighbours() {
  const section = dragged.dataset.section;
  return [...document.querySelectorAll(`.filter-entry[data-section="${section}"]`)].filter(
    (each) => each !== dragged,
  );
}

form?.addEventListener("pointermove", (event) => {
  if (!dragged) return;
  event.preventDefault();
  const rows = neighbours();
  const below = rows.find((each) => {
    const box = each.getBoundingClientRect();
    return event.clientY < box.top + box.height / 2;
  });
  if (below) {
    if (below.previousElementSibling !== dragged) below.before(dragged);
  } else if (rows.length && rows[rows.length - 1].nextElementSibling !== dragged) {
    rows[rows.length - 1].after(dragged);
  }
});

function drop() {
  if (!dragged) return;
  const key = dragged.dataset.row;
  const grip = dragged.querySelector("[data-grip]");
  dragged.querySelector(".filter-row").classList.remove("is-dragged");
  if (dragged.previousElementSibling !== start) {
    moved = key;
    grip.value = `focus:grip-${key}`;
    grip.dispatchEvent(new CustomEvent("move"));
  }
  dragged = null;
}

form?.addEventListener("pointerup", drop);
form?.addEventListener("pointercancel", drop);

/* Leaving. */
let leaving = false;

document.addEventListener("submit", () => { leaving = true; });

window.addEventListener("beforeunload", (event) => {
  const note = document.getElementById("foot-note");
  if (leaving || !note || Number(note.dataset.unsaved) === 0) return;
  event.preventDefault();
});
