/* Choosing values by typing (ARIA 1.2 combobox): options come from the server or from the page,
   chosen ones become chips with hidden inputs. docs/components.md shows the markup. */
"use strict";

const WAIT = 150; // ms after the last key before the server is asked

class Combobox {
  constructor(root) {
    this.root = root;
    this.input = root.querySelector(".combobox-input");
    this.list = root.querySelector(".combobox-list");
    this.name = root.dataset.name;
    this.single = root.dataset.single !== undefined;
    this.free = root.dataset.free !== undefined;
    this.active = -1;
    this.asked = 0;
    this.prepare();
    this.listen();
  }

  prepare() {
    this.list.id ||= `combobox-${Math.random().toString(36).slice(2)}`;
    this.list.setAttribute("role", "listbox");
    if (!this.single) this.list.setAttribute("aria-multiselectable", "true");
    if (!this.list.hasAttribute("aria-label")) {
      this.list.setAttribute("aria-label", this.input.getAttribute("aria-label") || "");
    }
    this.list.hidden = true;
    const settings = {
      role: "combobox",
      autocomplete: "off",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.id,
    };
    for (const [key, value] of Object.entries(settings)) this.input.setAttribute(key, value);
  }

  listen() {
    this.root.addEventListener("click", (event) => this.onClick(event));
    this.input.addEventListener("input", () => this.search());
    this.input.addEventListener("focus", () => this.search());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.root.addEventListener("focusout", (event) => {
      if (!this.root.contains(event.relatedTarget)) this.close();
    });
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]:not([hidden])")];
  }

  get chosen() {
    return [...this.root.querySelectorAll("[data-chip]")].map((chip) => chip.dataset.value);
  }

  search() {
    clearTimeout(this.clock);
    if (this.root.dataset.url) {
      this.clock = setTimeout(() => this.ask(), this.list.hidden ? 0 : WAIT);
    } else {
      this.sift();
      this.open();
    }
  }

  async ask() {
    const turn = ++this.asked;
    const address = new URL(this.root.dataset.url, location.href);
    address.searchParams.set("q", this.input.value.trim());
    let answer;
    try {
      answer = await fetch(address, { headers: { "X-Requested-With": "combobox" } });
    } catch {
      return;
    }
    if (!answer.ok || turn !== this.asked) return;
    const html = await answer.text();
    if (turn !== this.asked) return;
    this.list.innerHTML = html;
    if (this.root.contains(document.activeElement)) this.open();
  }

  sift() {
    const wanted = this.input.value.trim().toLocaleLowerCase();
    this.list.querySelectorAll("[role=option]").forEach((option) => {
      option.hidden = !option.textContent.toLocaleLowerCase().includes(wanted);
    });
  }

  open() {
    const chosen = this.chosen;
    const options = this.options;
    options.forEach((option, index) => {
      option.id = `${this.list.id}-${index}`;
      option.setAttribute("aria-selected", String(chosen.includes(option.dataset.value)));
    });
    const anything = this.list.textContent.trim() !== "";
    this.list.hidden = !anything;
    this.input.setAttribute("aria-expanded", String(anything));
    this.activate(this.input.value.trim() && options.length ? 0 : -1);
  }

  close() {
    clearTimeout(this.clock);
    this.asked += 1;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.activate(-1);
  }

  activate(index) {
    this.active = index;
    const options = this.options;
    options.forEach((option, at) => option.classList.toggle("is-active", at === index));
    if (index >= 0 && options[index]) {
      this.input.setAttribute("aria-activedescendant", options[index].id);
      options[index].scrollIntoView({ block: "nearest" });
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  move(step) {
    const count = this.options.length;
    if (!count) return;
    const from = this.active < 0 && step < 0 ? 0 : this.active;
    this.activate((from + step + count) % count);
  }

  onKey(event) {
    const open = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (open) this.move(event.key === "ArrowDown" ? 1 : -1);
      else this.search();
    } else if (event.key === "Enter") {
      this.onEnter(event, open);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === "Backspace" && this.input.value === "") {
      const chips = this.root.querySelectorAll("[data-chip]");
      if (chips.length) this.remove(chips[chips.length - 1]);
    } else if (event.key === "Tab") {
      this.close();
    }
  }

  onEnter(event, open) {
    if (open && this.active >= 0) {
      event.preventDefault();
      this.choose(this.options[this.active]);
    } else if (this.free && this.input.value.trim()) {
      event.preventDefault();
      const text = this.input.value.trim();
      this.add(text, text);
    } else if (open) {
      event.preventDefault();
    }
  }

  onClick(event) {
    const remove = event.target.closest("[data-chip-remove]");
    if (remove) {
      this.remove(remove.closest("[data-chip]"));
      return;
    }
    const option = event.target.closest("[role=option]");
    if (option) this.choose(option);
    else if (!this.list.contains(event.target)) this.input.focus();
  }

  choose(option) {
    if (!option || option.getAttribute("aria-disabled") === "true") return;
    const value = option.dataset.value;
    const chip = [...this.root.querySelectorAll("[data-chip]")].find(
      (each) => each.dataset.value === value,
    );
    if (chip && !this.single) this.remove(chip);
    else this.add(value, option.dataset.label || option.textContent.trim());
  }

  add(value, label) {
    if (this.single) this.root.querySelectorAll("[data-chip]").forEach((chip) => chip.remove());
    if (!this.chosen.includes(value)) this.input.before(this.chip(value, label));
    this.input.value = "";
    this.changed(label);
    if (this.single) this.close();
    else this.search();
  }

  chip(value, label) {
    const template = this.root.querySelector("template[data-chip-template]");
    const chip = template.content.firstElementChild.cloneNode(true);
    chip.dataset.value = value;
    chip.querySelector("[data-chip-label]").textContent = label;
    const remove = chip.querySelector("[data-chip-remove]");
    remove.setAttribute("aria-label", `${this.root.dataset.removeLabel || ""} ${label}`.trim());
    const hidden = chip.querySelector("input[type=hidden]");
    hidden.name = this.name;
    hidden.value = value;
    return chip;
  }

  remove(chip) {
    const label = chip.querySelector("[data-chip-label]").textContent;
    chip.remove();
    this.input.focus();
    this.changed(`${this.root.dataset.removedLabel || "−"} ${label}`);
    if (!this.list.hidden) this.open();
  }

  changed(text) {
    document.dispatchEvent(new CustomEvent("announce", { detail: text }));
    this.root.dispatchEvent(
      new CustomEvent("combobox:change", { bubbles: true, detail: { values: this.chosen } }),
    );
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

const made = new WeakSet();

function make(root) {
  if (made.has(root)) return;
  made.add(root);
  new Combobox(root);
}

function findAll(root) {
  if (root.matches?.("[data-combobox]")) make(root);
  root.querySelectorAll?.("[data-combobox]").forEach(make);
}

document.addEventListener("htmx:load", (event) => findAll(event.detail.elt));
findAll(document);
