/* The form of a Current around the picker: where events go, and changes that are not saved yet. */
"use strict";

const form = document.querySelector("[data-current-form]");
const unsaved = form.querySelector("[data-unsaved]");
const region = document.getElementById("current-region");

/* Where events go. */
function showHost() {
  const host = region.selectedOptions[0].dataset.host;
  form.querySelector("[data-host]").textContent = host;
  form.querySelector("[data-host-line]").hidden = !host;
  form.querySelector("[data-no-host-line]").hidden = Boolean(host);
}

region.addEventListener("change", showHost);

/* Unsaved changes: each field counts once. What the server sent back after an error or a conflict
   is unsaved already, but against what, only the server knows; so counting begins anew there. */
function isBox(field) {
  return field.type === "checkbox";
}

function counted() {
  return [...form.elements].filter(
    (field) => field.name && !["hidden", "submit", "button"].includes(field.type),
  );
}

const asOpened = new Map(
  counted().map((field) => [field, isBox(field) ? field.checked : field.value]),
);

function changes() {
  return counted().filter(
    (field) => asOpened.has(field) && asOpened.get(field) !== (isBox(field) ? field.checked : field.value),
  ).length;
}

function showChanges() {
  const count = changes();
  unsaved.hidden = count === 0;
  unsaved.textContent =
    count === 1
      ? form.dataset.unsavedOne
      : form.dataset.unsavedMany.replace(
          "%(count)s",
          count.toLocaleString(document.documentElement.lang),
        );
}

form.addEventListener("input", showChanges);
form.addEventListener("change", showChanges);

/* Leaving. */
let leaving = false;

form.addEventListener("submit", () => { leaving = true; });

window.addEventListener("beforeunload", (event) => {
  if (!leaving && changes() > 0) event.preventDefault();
});
