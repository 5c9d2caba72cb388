// The sandbox's few behaviours: dialogs, what they load, live history, rule rows, copying.
"use strict";

const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

async function fill(target, url, options) {
  try {
    const answer = await fetch(url, options);
    if (answer.ok) target.innerHTML = await answer.text();
    return answer.ok;
  } catch {
    return false; // the sandbox is restarting; the next look finds it
  }
}

function post(target, url) {
  return fill(target, url, { method: "POST", headers: { "X-CSRFToken": token() } });
}

function preview(dialog) {
  const target = dialog.querySelector("[data-preview]");
  if (!target) return;
  const chosen = new FormData(dialog.querySelector("form"));
  const query = new URLSearchParams({ send_as: chosen.get("send_as"), full: chosen.get("full") ?? "" });
  fill(target, `${target.dataset.preview}?${query}`);
}

function open(dialog) {
  dialog.showModal();
  preview(dialog);
  for (const target of dialog.querySelectorAll("[data-post-on-open]")) {
    post(target, target.dataset.postOnOpen);
  }
}

// Not under the eyes of someone who paused it, and not away from under the keyboard.
const isQuiet = (target) =>
  document.visibilityState !== "visible" || target.dataset.paused || target.contains(document.activeElement);

function refresh(target) {
  const look = async () => {
    if (!target.querySelector("[data-live]")) return;
    if (!isQuiet(target)) await fill(target, target.dataset.refresh);
    setTimeout(look, Number(target.dataset.every));
  };
  setTimeout(look, Number(target.dataset.every));
}

function pause(button) {
  const target = document.getElementById(button.dataset.pause);
  const words = button.textContent;
  button.textContent = button.dataset.paused;
  button.dataset.paused = words;
  if (target.dataset.paused) delete target.dataset.paused;
  else target.dataset.paused = "yes";
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const words = button.textContent;
  source.select();
  await navigator.clipboard.writeText(source.value);
  button.textContent = button.dataset.copied;
  setTimeout(() => { button.textContent = words; }, 2000);
}

const clicks = {
  "[data-open]": (button) => open(document.getElementById(button.dataset.open)),
  "[data-close]": (button) => button.closest("dialog").close(),
  "[data-post]": (button) => post(document.getElementById(button.dataset.into), button.dataset.post),
  "[data-copy]": copy,
  "[data-pause]": pause,
  "[data-remove-row]": (button) => button.closest(".rule-row").remove(),
  "[data-add-row]": (button) => {
    const row = document.getElementById(button.dataset.addRow).content.cloneNode(true);
    const rows = document.getElementById(button.dataset.to);
    rows.append(row);
    rows.lastElementChild.querySelector("input").focus();
  },
};

document.addEventListener("click", (event) => {
  for (const [selector, act] of Object.entries(clicks)) {
    const found = event.target.closest(selector);
    if (found) act(found);
  }
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-preview-input]")) preview(event.target.closest("dialog"));
});
document.querySelectorAll("[data-refresh]").forEach(refresh);
document.querySelectorAll("dialog[data-open-now]").forEach(open);
