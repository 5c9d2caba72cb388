/* What every page needs of htmx: the CSRF header, polling while the tab is visible, plain words
   when a request fails. Announces what other scripts ask for. */
"use strict";

const words = document.body.dataset;

function csrfToken() {
  const field = document.querySelector("input[name=csrfmiddlewaretoken]");
  return field ? field.value : "";
}

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") {
    event.detail.headers["X-CSRFToken"] = csrfToken();
  }
});

/* Polling: <div hx-get hx-trigger="poll" data-poll="2000">. One clock per element, silent while
   the tab is hidden; an element that an answer replaced no longer asks. */
const polled = new WeakMap();

function startPolling(element) {
  if (polled.has(element)) return;
  const clock = setInterval(() => {
    if (!element.isConnected) {
      clearInterval(clock);
    } else if (document.visibilityState === "visible") {
      element.dispatchEvent(new CustomEvent("poll"));
    }
  }, Math.max(500, Number(element.dataset.poll) || 2000));
  polled.set(element, clock);
}

function findPolling(root) {
  if (root.matches && root.matches("[data-poll]")) startPolling(root);
  root.querySelectorAll("[data-poll]").forEach(startPolling);
}

/* What someone has unfolded stays so when a polled part is drawn anew, where they had scrolled to. */
const unfolded = new WeakMap();

document.addEventListener("htmx:beforeSwap", (event) => {
  const found = event.detail.target.querySelectorAll?.("details[open][id]") || [];
  const kept = [...found].map((part) => [part.id, part.querySelector("[tabindex]")?.scrollTop]);
  if (kept.length) unfolded.set(event.detail.xhr, kept);
});

document.addEventListener("htmx:afterSwap", (event) => {
  for (const [id, top] of unfolded.get(event.detail.xhr) || []) {
    const part = document.getElementById(id);
    if (!part) continue;
    part.open = true;
    const inner = part.querySelector("[tabindex]");
    if (inner) inner.scrollTop = top;
  }
});

function announce(text) {
  const room = document.getElementById("announcer");
  room.textContent = "";
  setTimeout(() => {
    room.textContent = text;
  }, 50);
}

document.addEventListener("announce", (event) => announce(event.detail));

function say(kind, text) {
  document.dispatchEvent(new CustomEvent("toast", { detail: { kind, text } }));
}

document.addEventListener("htmx:responseError", (event) => {
  const polling = event.detail.elt.matches("[data-poll]");
  if (event.detail.xhr.status === 401) {
    say("red", words.sessionEnded);
  } else if (!polling) {
    const heading = event.detail.xhr.getResponseHeader("X-Message");
    say("red", heading ? decodeURIComponent(heading) : words.requestFailed);
  }
});

document.addEventListener("htmx:sendError", (event) => {
  if (!event.detail.elt.matches("[data-poll]")) say("red", words.requestFailed);
});

/* Busy buttons: width kept, still focusable, a spinner where the icon stood. */
function makeBusy(button) {
  button.style.minWidth = `${button.offsetWidth}px`;
  button.setAttribute("aria-busy", "true");
  const icon = button.querySelector(".icon");
  const spinner = document.createElement("span");
  spinner.className = "spinner";
  spinner.setAttribute("aria-hidden", "true");
  if (icon) icon.hidden = true;
  button.prepend(spinner);
  const label = button.querySelector("[data-busy-label]") || button;
  if (button.dataset.busy) label.lastChild.textContent = button.dataset.busy;
}

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (event.defaultPrevented || !button) return;
  if (button.getAttribute("aria-busy") === "true") {
    event.preventDefault();
  } else if (button.dataset.busy) {
    makeBusy(button);
  }
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted && document.querySelector("[aria-busy=true].button")) location.reload();
});

/* The theme changes at once; the choice is then stored without leaving the page. */
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-theme-form]");
  if (!form || !event.submitter) return;
  event.preventDefault();
  const theme = event.submitter.value;
  const body = new FormData(form, event.submitter);
  document.documentElement.dataset.theme = theme;
  document.querySelectorAll("[data-theme-form] .menu-item").forEach((item) => {
    if (item.value === theme) item.setAttribute("aria-current", "true");
    else item.removeAttribute("aria-current");
  });
  document.dispatchEvent(new CustomEvent("theme"));
  const twin = theme === "dark" ? ".theme-to-light" : ".theme-to-dark";
  if (event.submitter.matches(".header-button")) form.querySelector(twin).focus();
  await fetch(form.action, { method: "POST", body, redirect: "manual" });
});

/* `/` goes to the search, as the small key in its field says. */
document.addEventListener("keydown", (event) => {
  const search = document.querySelector("[data-search-shortcut]");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !search) return;
  if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
  event.preventDefault();
  search.focus();
  search.select();
});

/* What was typed for a check of many rows: the head's box ticks all of them. */
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-check-all]");
  const scope = event.target.closest("[data-check-scope]");
  if (!scope) return;
  const boxes = [...scope.querySelectorAll("[data-check-row]")];
  if (all) boxes.forEach((box) => { box.checked = all.checked; });
  const chosen = boxes.filter((box) => box.checked).length;
  const head = scope.querySelector("[data-check-all]");
  if (head) {
    head.checked = chosen === boxes.length && chosen > 0;
    head.indeterminate = chosen > 0 && chosen < boxes.length;
  }
  const bulk = scope.querySelector("[data-bulk-bar]");
  if (bulk) {
    bulk.hidden = chosen === 0;
    bulk.querySelectorAll("[data-bulk-count]").forEach((place) => {
      place.textContent = chosen.toLocaleString(document.documentElement.lang);
    });
  }
});

document.addEventListener("click", (event) => {
  const clear = event.target.closest("[data-bulk-clear]");
  if (!clear) return;
  const scope = clear.closest("[data-check-scope]");
  scope.querySelectorAll("[data-check-row]").forEach((box) => { box.checked = false; });
  const head = scope.querySelector("[data-check-all]");
  head.checked = false;
  head.dispatchEvent(new Event("change", { bubbles: true }));
  head.focus();
});

/* A form that answers to every change: <form data-submit-on-change>. */
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-submit-on-change]");
  if (form) form.requestSubmit();
});

function ready(root) {
  findPolling(root);
  const focus = root.querySelector("[data-focus]");
  if (focus) focus.focus();
}

document.addEventListener("htmx:load", (event) => findPolling(event.detail.elt));
ready(document);
