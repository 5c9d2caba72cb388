/* Menus are the browser's own popovers: this places them beside their button, moves between
   their entries with the arrow keys, and keeps the page still behind the drawer. */
"use strict";

const GAP = 6; // px between button and menu, and to the window's edge

function buttonOf(menu) {
  return document.querySelector(`[popovertarget="${menu.id}"]:not([popovertargetaction])`);
}

function place(menu) {
  const button = buttonOf(menu);
  if (!button) return;
  const anchor = button.getBoundingClientRect();
  const width = menu.offsetWidth;
  const wished = menu.dataset.align === "end" ? anchor.right - width : anchor.left;
  const left = Math.max(GAP, Math.min(wished, window.innerWidth - width - GAP));
  const below = anchor.bottom + GAP;
  const fits = below + menu.offsetHeight <= window.innerHeight - GAP;
  const above = anchor.top - GAP - menu.offsetHeight;
  menu.style.left = `${left}px`;
  menu.style.top = `${fits || above < GAP ? below : above}px`;
}

function entries(menu) {
  return [...menu.querySelectorAll("a[href], button:not(:disabled), input, select")].filter(
    (entry) => entry.offsetParent !== null,
  );
}

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!(menu instanceof HTMLElement) || !menu.matches("[popover]")) return;
  const open = event.newState === "open";
  if (menu.matches(".menu") && open) {
    place(menu);
    if (menu.contains(document.activeElement)) return;
    if (menu.dataset.byKey === "true") entries(menu)[0]?.focus();
  }
  if (menu.id === "nav") {
    document.documentElement.style.overflow = open ? "hidden" : "";
    document.querySelector(".shell-page").inert = open;
    if (open) (menu.querySelector("[aria-current]") || entries(menu)[0])?.focus();
    else buttonOf(menu)?.focus();
  }
}, true);

/* Remember whether the keyboard opened the menu: only then its first entry takes the focus. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[popovertarget]");
  const menu = button && document.getElementById(button.getAttribute("popovertarget"));
  if (menu) menu.dataset.byKey = String(event.detail === 0);
}, true);

document.addEventListener("keydown", (event) => {
  const button = event.target.closest("[popovertarget]");
  const target = button && document.getElementById(button.getAttribute("popovertarget"));
  if (target?.matches(".menu") && event.key === "ArrowDown") {
    event.preventDefault();
    if (!target.matches(":popover-open")) {
      target.dataset.byKey = "true";
      button.click();
      target.dataset.byKey = "true";
    }
    entries(target)[0]?.focus();
    return;
  }
  const menu = event.target.closest(".menu");
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  if (event.target.matches("input, textarea, select")) return;
  const list = entries(menu);
  const at = list.indexOf(document.activeElement);
  const next = {
    ArrowDown: (at + 1) % list.length,
    ArrowUp: (at - 1 + list.length) % list.length,
    Home: 0,
    End: list.length - 1,
  }[event.key];
  event.preventDefault();
  list[next]?.focus();
});

document.addEventListener("htmx:afterSwap", (event) => {
  const menu = event.target.closest?.(".menu:popover-open");
  if (!menu) return;
  place(menu);
  if (menu.dataset.byKey === "true") entries(menu)[0]?.focus();
});

window.addEventListener("resize", () => {
  document.querySelectorAll(".menu:popover-open").forEach(place);
  const nav = document.getElementById("nav");
  if (nav?.matches(":popover-open") && window.innerWidth > 640) nav.hidePopover();
});

/* The search panel below the header's field is not a popover: it must not take the focus. */
const search = document.querySelector("[data-search-shortcut]");
const panel = document.querySelector("[data-search-panel]");

function closePanel() {
  if (panel) panel.replaceChildren();
}

search?.addEventListener("input", () => {
  if (!search.value.trim()) closePanel();
});

search?.form?.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    closePanel();
    search.focus();
  } else if (event.key === "ArrowDown" && event.target === search) {
    const first = panel.querySelector("a[href]");
    if (first) {
      event.preventDefault();
      first.focus();
    }
  }
});

search?.form?.addEventListener("focusout", (event) => {
  if (!search.form.contains(event.relatedTarget)) setTimeout(() => {
    if (!search.form.contains(document.activeElement)) closePanel();
  }, 150);
});
