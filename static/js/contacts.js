// Forms and pages of people and organisations: rows that can be added and removed, tags as chips, quick tags.
import { listbox } from "./listbox.js";

// Rows of addresses and numbers: without script blank ones stand there, with it one is added by a button.
function hookRows(rows) {
  const add = rows.querySelector("[data-row-add]");
  const spares = [...rows.querySelectorAll("[data-row-spare]")];
  const blank = spares[0].cloneNode(true);
  for (const spare of spares) if (!spare.querySelector("input").value) spare.remove();
  add.hidden = false;
  const all = () => [...rows.querySelectorAll("[data-row]")];
  const show = () => all().forEach((row) => { row.querySelector("[data-row-remove]").hidden = all().length < 2 && !row.querySelector("input").value; });
  add.addEventListener("click", () => {
    const row = blank.cloneNode(true);
    add.before(row);
    show();
    row.querySelector("input").focus();
  });
  rows.addEventListener("click", (event) => {
    const row = event.target.closest("[data-row-remove]")?.closest("[data-row]");
    if (!row) return;
    const others = all().filter((each) => each !== row);
    const input = row.querySelector("input");
    if (!others.length) input.value = "";
    else if (input.id) { // the first one keeps the label's name
      const next = others[0].querySelector("input");
      next.id = input.id;
      next.removeAttribute("aria-label");
      row.remove();
    } else row.remove();
    rows.dispatchEvent(new Event("input", { bubbles: true }));
    rows.dispatchEvent(new Event("change", { bubbles: true }));
    show();
    (others[0] ?? row).querySelector("input").focus();
  });
  rows.addEventListener("input", show);
  show();
}

const address = (url) => (text) => {
  const options = new URL(url, location.href);
  options.searchParams.set("q", text);
  return options;
};

// Tags in a form: the text box goes on posting names with commas, under a hidden input.
function hookTags(box) {
  const input = box.querySelector("input");
  const kept = Object.assign(document.createElement("input"), { type: "hidden", name: input.name, value: input.value });
  input.removeAttribute("name");
  const chips = document.createElement("span");
  chips.className = "tag-chips";
  box.prepend(chips);
  box.append(kept);
  const names = input.value.split(",").map((name) => name.trim()).filter(Boolean);
  const keep = () => { kept.value = [...names, input.value.trim()].filter(Boolean).join(", "); };
  const draw = () => {
    chips.replaceChildren(...names.map((name) => {
      const chip = Object.assign(document.createElement("span"), { className: "tag", textContent: name });
      const remove = Object.assign(document.createElement("button"), { type: "button", className: "tag-remove", textContent: "×" });
      remove.setAttribute("aria-label", `${box.dataset.removeWord} ${name}`);
      remove.addEventListener("click", () => { names.splice(names.indexOf(name), 1); draw(); input.focus(); });
      chip.append(remove);
      return chip;
    }));
    keep();
  };
  const take = (text) => {
    for (const name of text.split(",").map((part) => part.trim())) { // several at once when they were pasted
      if (name && !names.some((each) => each.toLowerCase() === name.toLowerCase())) names.push(name);
    }
    input.value = "";
    draw();
  };
  const list = listbox(input, { address: address(box.dataset.optionsUrl), onPick: (option) => take(option.dataset.name) });
  input.value = "";
  input.addEventListener("input", () => { if (input.value.includes(",")) { list.close(); take(input.value); } else keep(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.defaultPrevented && input.value.trim()) { event.preventDefault(); list.close(); take(input.value); }
    if (event.key === "Backspace" && !input.value && names.length) { names.pop(); draw(); }
  });
  input.addEventListener("blur", () => { if (input.value.trim()) take(input.value); });
  draw();
}

// A tag put on from the record's page.
function hookQuickTag(input) {
  listbox(input, {
    address: address(input.dataset.tagAdd),
    onPick: (option) => { input.value = option.dataset.name; input.form.requestSubmit(); },
  });
}

function hook(root) {
  root.querySelectorAll("[data-rows]:not([data-hooked])").forEach((rows) => { rows.dataset.hooked = "true"; hookRows(rows); });
  root.querySelectorAll("[data-tag-box]:not([data-hooked])").forEach((box) => { box.dataset.hooked = "true"; hookTags(box); });
  root.querySelectorAll("[data-tag-add]:not([data-hooked])").forEach((input) => { input.dataset.hooked = "true"; hookQuickTag(input); });
}

hook(document);
document.addEventListener("htmx:load", (event) => hook(event.target.parentElement ?? document));
