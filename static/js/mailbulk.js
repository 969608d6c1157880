// Choosing rows of a list and doing something to them, to one row, or to an open conversation; all of it can be taken back.
// Without this the boxes and buttons are a plain form (mail/_bulk.html).
import { post } from "./keeping.js";
import { toast } from "./toasts.js";

const LEAVES = ["archive", "trash", "restore", "delete"]; // what takes a conversation out of its list
const UNDO_SECONDS = 10;
const chosen = new Set(); // values of ticked boxes: they stay when a row is drawn anew
let last, undoUrl = "", removeToast = () => {};

const boxes = () => [...document.querySelectorAll("[data-list-page] [data-pick]")];
const rowOf = (box) => box.closest("[data-mail-row]");
const rows = (values) => boxes().filter((box) => values.has(box.value)).map(rowOf);

export const hasChosen = () => chosen.size > 0;
export const undo = () => { if (undoUrl) takeBack(undoUrl); };
export const clear = () => { chosen.clear(); show(); };

function choose(box, isChosen) {
  box.checked = isChosen;
  chosen[isChosen ? "add" : "delete"](box.value);
}

// The bar says how many are chosen and is there only then.
function show() {
  const bar = document.querySelector("[data-bulk]"), all = document.querySelector("[data-pick-all]");
  const shown = boxes();
  const known = new Set(shown.map((box) => box.value));
  for (const value of chosen) if (!known.has(value)) chosen.delete(value); // gone from the list meanwhile
  for (const box of shown) {
    box.checked = chosen.has(box.value);
    rowOf(box).classList.toggle("is-chosen", box.checked);
  }
  if (!bar) return;
  bar.classList.toggle("is-shown", chosen.size > 0);
  bar.querySelector("[data-bulk-count]").textContent = chosen.size === 1 ? bar.dataset.one : chosen.size ? bar.dataset.some.replace("{}", chosen.size) : "";
  if (!all) return;
  all.checked = chosen.size > 0 && chosen.size === shown.length;
  all.indeterminate = chosen.size > 0 && !all.checked;
}

// Ticking with Shift ticks everything since the one before.
document.addEventListener("click", (event) => {
  const box = event.target.closest?.("[data-pick]");
  if (!box) return;
  const shown = boxes(), from = shown.indexOf(last), to = shown.indexOf(box);
  if (event.shiftKey && from >= 0) for (const one of shown.slice(Math.min(from, to), Math.max(from, to) + 1)) choose(one, box.checked);
  else choose(box, box.checked);
  last = box;
  show();
});
document.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-pick-all]")) return;
  for (const box of boxes()) choose(box, target.checked);
  show();
});
document.addEventListener("click", (event) => { if (event.target.closest("[data-bulk-clear]")) clear(); });
document.addEventListener("mail:row", show);
document.addEventListener("mail:listed", show);
document.addEventListener("htmx:afterSwap", ({ detail }) => { if (detail.target?.id === "mail-page") clear(); });
document.addEventListener("keydown", (event) => {
  const isBox = event.key === "Enter" && event.target.matches?.("[data-pick]"); // a form would be sent by it
  const isDeal = event.key === "Enter" && event.target.matches?.("[data-bulk] [name=deal]");
  if (!isBox && !isDeal) return;
  event.preventDefault();
  if (isBox) rowOf(event.target).querySelector("[data-row-link]").click();
  else if (event.target.getAttribute("aria-expanded") !== "true") event.target.closest("details").querySelector("[value=link]").click();
});

document.addEventListener("submit", (event) => {
  const form = event.target, button = event.submitter;
  if (!button?.name || !form.matches("[data-bulk], [data-thread-actions]")) return;
  event.preventDefault();
  if (button.dataset.confirm && !window.confirm(button.dataset.confirm)) return;
  act(form, button);
});

async function act(form, button) {
  const data = new FormData(form);
  data.append(button.name, button.value);
  const verb = button.name === "one" ? button.value.split("-")[0] : button.value;
  const values = button.name === "one" ? new Set([button.value.split("-")[1]]) : new Set(chosen);
  const told = await send(form.action, data);
  if (!told) return;
  undoUrl = told.undo;
  removeToast = toast(told.toast, told.undo ? { action: form.dataset.undo, onAction: undo, seconds: UNDO_SECONDS } : {});
  if (form.matches("[data-thread-actions]")) return goOn(verb);
  if (told.undo || verb === "delete") {
    form.querySelector("details[open]")?.removeAttribute("open");
    if (LEAVES.includes(verb)) takeOut(rows(values), form.elements.folder.value);
    clear();
  }
  changed();
}

// Where one goes on: the next conversation of the list, else the list.
function goOn(verb) {
  const next = LEAVES.includes(verb) ? document.querySelector("[data-below]") : null;
  if (LEAVES.includes(verb) || verb === "unread") (next ?? document.querySelector("[data-back]"))?.click();
  else changed();
}

// Rows go at once and the keyboard goes on with the next one; what a search found stays in it.
function takeOut(going, folder) {
  if (folder === "search") return;
  const hadFocus = going.find((row) => row.contains(document.activeElement));
  let next = hadFocus;
  while (next && going.includes(next)) next = next.nextElementSibling;
  const place = next?.querySelector("[data-row-link]") ?? hadFocus?.previousElementSibling?.querySelector("[data-row-link]");
  for (const row of going) row.remove();
  place?.focus({ preventScroll: true });
}

async function takeBack(url) {
  undoUrl = "";
  removeToast();
  const told = await send(url, new FormData());
  if (!told) return;
  toast(told.toast);
  changed();
}

async function send(url, data) {
  const response = await post(url, data).catch(() => null);
  const told = response?.ok && (await response.json().catch(() => null));
  const words = document.getElementById("toasts").dataset;
  if (!told) toast(response ? words.failed : words.unreachable, { seconds: 8 });
  return told;
}

const changed = () => document.dispatchEvent(new CustomEvent("mail:changed"));
