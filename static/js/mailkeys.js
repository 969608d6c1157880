// The keys of somebody who reads a lot of mail. None works while one types, in dialogs, or together with Ctrl, Alt or Cmd.
import { clear, hasChosen, undo } from "./mailbulk.js";

const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable], dialog, [role=listbox], [popover]:popover-open";
const PAUSE = 1500; // milliseconds between "g" and the letter of a folder
const FOLDERS = { i: "inbox", d: "drafts", o: "outbox", s: "sent", a: "archive", t: "trash" };
let goesAt = 0;

const page = (selector) => document.querySelector(`[data-mail-page] ${selector}`);
const click = (selector) => () => page(selector)?.click();
const row = () => document.activeElement?.closest("[data-mail-row]");
const message = () => document.activeElement?.closest(".message-item");

// For the chosen rows, else for the row with the focus, else for the open conversation.
const act = (verb) => () => {
  const button = page(`[data-thread-actions] [data-do=${verb}]`)
    ?? (hasChosen() ? page(`[data-bulk] [name=do][value=${verb}]`) : row()?.querySelector(`[data-do=${verb}]`));
  button?.click();
};
// Of the message with the focus, where it offers it, else of the newest.
const answer = (...selectors) => () => {
  for (const selector of selectors) {
    const button = message()?.querySelector(selector) ?? [...document.querySelectorAll(`[data-thread-page] ${selector}`)].at(-1);
    if (button) return button.click();
  }
};

const ACTIONS = {
  c: click("[data-compose]"),
  j: () => step(1),
  k: () => step(-1),
  o: () => (row()?.querySelector("[data-row-link]") ?? message()?.querySelector("summary"))?.click(),
  u: click("[data-back]"),
  e: act("archive"),
  "#": act("trash"),
  Delete: act("trash"),
  "Shift+u": act("unread"),
  "Shift+i": act("read"),
  r: answer("[data-reply]"),
  a: answer("[data-reply-all]", "[data-reply]"),
  f: answer("[data-forward]"),
  l: click("[data-filter-button]"),
  s: star,
  x: () => row()?.querySelector("[data-pick]")?.click(),
  z: undo,
  g: () => { goesAt = performance.now(); },
  Escape: () => { if (hasChosen()) clear(); },
  "?": help,
};

function star() {
  if (hasChosen()) return act("star")();
  (row() ?? document.querySelector("[data-thread-page] .mail-bar"))?.querySelector("[data-star]")?.click();
}

// From row to row in a list, from message to message in a conversation.
function step(by) {
  const places = [...document.querySelectorAll("[data-list-page] [data-row-link], [data-thread-page] .message-item > details > summary")];
  const here = row() ?? message();
  const at = here ? places.findIndex((place) => here.contains(place)) : by > 0 ? -1 : places.length;
  const place = places[Math.max(0, Math.min(places.length - 1, at + by))];
  place?.focus();
  place?.scrollIntoView({ block: "nearest" });
}

function help() {
  const sheet = document.querySelector("[data-shortcuts]");
  for (const line of sheet?.querySelectorAll("[data-needs]") ?? []) line.classList.toggle("is-off", !document.querySelector(line.dataset.needs));
  sheet?.showModal();
}

// On a keyboard of another script the letter is known by its place.
function nameOf({ key, code, shiftKey }) {
  const letter = key.length === 1 && key.charCodeAt(0) > 127 && code.startsWith("Key") ? code[3] : key;
  return /^[a-z]$/i.test(letter) ? (shiftKey ? "Shift+" : "") + letter.toLowerCase() : letter;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.matches?.("[data-mail-search]")) return event.target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.target.closest?.(TYPING) || !document.querySelector("[data-mail-page]")) return;
  if (document.querySelector("dialog[open]")) return;
  const name = nameOf(event);
  const goes = performance.now() - goesAt < PAUSE;
  goesAt = 0;
  const action = goes && FOLDERS[name] ? click(`[data-folder=${FOLDERS[name]}]`) : ACTIONS[name];
  if (!action) return;
  if (name !== "Escape") event.preventDefault();
  action();
});
document.addEventListener("click", (event) => { if (event.target.closest("[data-shortcut-help]")) help(); });
