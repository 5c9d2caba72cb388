/* The picker of event types: boxes that stand for many, their counts, search, All and Selected,
   and whose payload is shown. Without it the boxes of the types work by themselves. */
"use strict";

const picker = document.querySelector("[data-event-picker]");
const search = document.querySelector("[data-event-search]");
const shows = [...document.querySelectorAll("[data-event-show]")];
const types = [...picker.querySelectorAll("[data-event-type]")].map((label) => ({
  label,
  box: label.querySelector("input"),
  group: label.closest("[data-event-group]"),
}));
const number = (count) => count.toLocaleString(document.documentElement.lang);

function words(chosen, total) {
  return picker.dataset.of
    .replace("%(chosen)s", number(chosen))
    .replace("%(total)s", number(total));
}

/* Counts and boxes that stand for many. */
function countScope(scope) {
  const own = types.filter((type) => scope.contains(type.label));
  const chosen = own.filter((type) => type.box.checked).length;
  const all = scope.querySelector("[data-event-all]");
  all.checked = chosen === own.length;
  all.indeterminate = chosen > 0 && chosen < own.length;
  scope.querySelector("[data-event-count]").textContent = words(chosen, own.length);
}

function countAll() {
  document.querySelectorAll("[data-event-scope]").forEach(countScope);
  const chosen = types.filter((type) => type.box.checked).length;
  document.querySelector("[data-event-total]").textContent = words(chosen, types.length);
  markPreview();
}

/* A box that stands for many takes those that the search has left in sight. */
function chooseAll(all) {
  const scope = all.closest("[data-event-scope]");
  types
    .filter((type) => scope.contains(type.label) && !type.label.hidden)
    .forEach((type) => { type.box.checked = all.checked; });
}

picker.addEventListener("change", (event) => {
  if (event.target.matches("[data-event-all]")) chooseAll(event.target);
  countAll();
});

/* Folding. */
const groups = [...picker.querySelectorAll(".event-group")];

function fold(group, open) {
  group.classList.toggle("is-open", open);
  group.querySelector("[data-event-fold]").setAttribute("aria-expanded", String(open));
}

picker.addEventListener("click", (event) => {
  const group = event.target.closest("[data-event-fold]")?.closest(".event-group");
  if (group) fold(group, !group.classList.contains("is-open"));
});

/* Search, All and Selected. Groups with something to show open; what was open is restored. */
let opened = null;

function isPressed(button) {
  return button.getAttribute("aria-pressed") === "true";
}

function onlyChosen() {
  return shows.some((button) => button.dataset.eventShow === "chosen" && isPressed(button));
}

function isShown(type) {
  const sought = search.value.trim().toLowerCase();
  const group = type.group.querySelector("[data-event-name]").textContent;
  const named = `${group} ${type.label.textContent} ${type.box.value}`.toLowerCase();
  return (!sought || named.includes(sought)) && (!onlyChosen() || type.box.checked);
}

function sift() {
  const sifting = search.value.trim() !== "" || onlyChosen();
  if (sifting && opened === null) {
    opened = new Map(groups.map((group) => [group, group.classList.contains("is-open")]));
  }
  types.forEach((type) => { type.label.hidden = !isShown(type); });
  const shown = types.filter((type) => !type.label.hidden);
  groups.forEach((group) => {
    group.hidden = !shown.some((type) => group.contains(type.label));
    if (sifting) fold(group, !group.hidden);
  });
  picker.querySelectorAll("[data-event-none]").forEach((none) => {
    const card = none.closest(".card");
    none.hidden = shown.some((type) => card.contains(type.label));
  });
  if (!sifting && opened !== null) {
    opened.forEach((open, group) => fold(group, open));
    opened = null;
  }
}

search.addEventListener("input", sift);
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter") event.preventDefault(); // it would save the form
  if (event.key === "Escape" && search.value) {
    event.preventDefault();
    search.value = "";
    sift();
  }
  if (event.key === "ArrowDown") {
    event.preventDefault();
    types.find((type) => type.box.checkVisibility())?.box.focus();
  }
});

shows.forEach((button) => {
  button.addEventListener("click", () => {
    shows.forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
    sift();
  });
});

/* Arrow keys go from type to type, over the groups that are open. */
picker.addEventListener("keydown", (event) => {
  if (!event.target.matches("[name=event]") || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  event.preventDefault();
  const seen = types.filter((type) => type.box.checkVisibility());
  const here = seen.findIndex((type) => type.box === event.target);
  seen[here + (event.key === "ArrowDown" ? 1 : -1)]?.box.focus();
});

/* The preview: marked in the list, and whether its type is chosen as the list stands now. */
function markPreview() {
  const preview = document.getElementById("preview");
  const shown = types.find((type) => type.box.value === preview.dataset.preview);
  types.forEach((type) => type.label.classList.toggle("is-previewed", type === shown));
  preview.querySelector("[data-preview-chosen]").hidden = !shown.box.checked;
  preview.querySelector("[data-preview-left-out]").hidden = shown.box.checked;
  document.querySelector("[data-previewed]").value = preview.dataset.preview;
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (document.getElementById("preview") && event.detail.target.id === "preview") markPreview();
});

countAll();
