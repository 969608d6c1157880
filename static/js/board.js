// The pipeline board: cards are dragged, moved by keys, or sent on by their menu. A move shows at once; one that the server refuses goes back and says why.
import { closeDeal, hookClosing } from "./closing.js";
import { toast } from "./toasts.js";

const SERIES = 500; // milliseconds without a key after which a card that is moved by keys has arrived
const board = document.querySelector("[data-board]");
const menu = document.querySelector("[data-move-menu]");
const announcer = document.querySelector("[data-announce]");
const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
const lists = () => [...board.querySelectorAll(".cards")];
const cardsOf = (list) => [...list.querySelectorAll("[data-deal]")];
const titleOf = (card) => card.querySelector(".deal-title");

// The page's own address goes along: the answer's totals are those of the filters in it.
async function ask(address, values) {
  const answer = await fetch(address + location.search, { method: "POST", keepalive: true, body: values, headers: { "X-CSRFToken": token, Accept: "application/json" } });
  if (answer.redirected || !answer.headers.get("Content-Type")?.includes("json")) return { error: board.dataset.failed };
  const result = await answer.json();
  return answer.ok ? result : { error: result.error ?? board.dataset.failed, isStale: answer.status === 409 };
}

const send = (address, values) => ask(address, values).catch(() => ({ error: board.dataset.failed }));

function showTotals(place, totals) {
  for (const [name, empty] of [["sum", place.matches("[data-total]") ? "–" : ""], ["weighted", "–"]]) place.querySelector(`[data-${name}]`).textContent = totals[name] || empty;
  place.querySelector("[data-count]").textContent = totals.count;
}

function showHeads({ columns, total }) {
  for (const list of lists()) if (columns[list.dataset.stage]) showTotals(list.closest(".column"), columns[list.dataset.stage]);
  showTotals(document.querySelector("[data-total]"), total);
}

const refresh = () => window.htmx.ajax("GET", location.href, { target: board, swap: "innerHTML" }).then(makeSortable);
const putBack = (card, from) => from.list.insertBefore(card, from.next?.parentElement === from.list ? from.next : null);

// `from` is { list, next }: where the card was, to put it back.
async function settle(card, from) {
  const to = card.parentElement;
  if (to === from.list && card.nextElementSibling === from.next) return;
  const values = new URLSearchParams({ stage: to.dataset.stage, seen_in: from.list.dataset.stage, after: card.previousElementSibling?.dataset.deal ?? "" });
  card.classList.add("is-moving");
  const result = await send(card.dataset.moveUrl, values);
  card.classList.remove("is-moving");
  if (!result.error) {
    showHeads(result);
    if (to !== from.list) card.querySelector(".tag-warn")?.remove(), card.classList.remove("is-rotting");
    return;
  }
  putBack(card, from);
  toast(result.error, { seconds: 8 });
  if (result.isStale) refresh();
}

function makeSortable() {
  // An empty column is found by pointing at it, never by being near: it may lie below the zone that the card is held over.
  const options = { group: "deals", animation: 140, delay: 180, delayOnTouchOnly: true, ghostClass: "is-ghost", dragClass: "is-dragged", filter: ".card-move", preventOnFilter: false, emptyInsertThreshold: 0 };
  let next;
  for (const list of lists()) {
    window.Sortable.create(list, {
      ...options,
      onStart: (event) => { next = event.item.nextElementSibling; document.body.classList.add("is-dragging"); },
      onEnd: ({ item, from, to }) => {
        document.body.classList.remove("is-dragging");
        if (to.dataset.close) { putBack(item, { list: from, next }); close(item, to.dataset.close); }
        else settle(item, { list: from, next });
      },
    });
  }
}

for (const zone of document.querySelectorAll("[data-zones] [data-close]")) window.Sortable.create(zone, { group: { name: "deals", pull: false }, sort: false, draggable: "[data-deal]", ghostClass: "is-ghost", emptyInsertThreshold: 0 });

// Won or lost: the dialog asks why; a card whose dialog is cancelled stays where it is.
function close(card, outcome) {
  const name = titleOf(card).textContent;
  closeDeal({
    outcome, name,
    send: (values) => send(card.dataset[`${outcome}Url`], values),
    onDone: (result) => {
      const neighbour = titleOf(card.nextElementSibling ?? card.previousElementSibling ?? card);
      card.remove();
      showHeads(result);
      toast(`${name}: ${result.told}`);
      if (neighbour.isConnected) neighbour.focus(); else board.querySelector(".board").focus();
    },
    onCancel: () => titleOf(card).focus(),
    onStale: refresh,
  });
}
hookClosing();

// By keys: the arrows go from card to card, with Shift they take the card along; what was done in a series is saved at its end.
let series;

function announce(card, words) {
  const list = card.parentElement, cards = cardsOf(list);
  const values = { deal: titleOf(card).textContent, stage: list.dataset.name, place: cards.indexOf(card) + 1, count: cards.length };
  announcer.textContent = words.replace(/%\((\w+)\)s/g, (_all, name) => values[name]);
}

function endSeries() {
  if (!series) return;
  clearTimeout(series.timer);
  const { card, from } = series;
  series = undefined;
  settle(card, from);
}

function move(card, apply) {
  if (series?.card !== card) endSeries();
  const from = series?.from ?? { list: card.parentElement, next: card.nextElementSibling };
  const isMoved = apply();
  announce(card, isMoved ? board.dataset.placed : board.dataset.edge);
  titleOf(card).focus();
  if (!isMoved) return;
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
  clearTimeout(series?.timer);
  series = { card, from, timer: setTimeout(endSeries, SERIES) };
}

// One place up (-1) or down (1); whether there was one.
function shift(card, step) {
  const other = step < 0 ? card.previousElementSibling : card.nextElementSibling;
  if (other) step < 0 ? other.before(card) : other.after(card);
  return Boolean(other);
}

// One stage to the left (-1) or right (1), to about the same height.
function carry(card, step) {
  const all = lists(), to = all[all.indexOf(card.parentElement) + step];
  if (to) to.insertBefore(card, cardsOf(to)[cardsOf(card.parentElement).indexOf(card)] ?? null);
  return Boolean(to);
}

function go(card, key) {
  const all = lists(), at = cardsOf(card.parentElement).indexOf(card);
  const sideways = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (!sideways) return cardsOf(card.parentElement)[at + (key === "ArrowUp" ? -1 : 1)];
  for (let n = all.indexOf(card.parentElement) + sideways; all[n]; n += sideways) {
    const cards = cardsOf(all[n]);
    if (cards.length) return cards[Math.min(at, cards.length - 1)];
  }
}

function onCardKey(event) {
  const card = event.target.closest("[data-deal]");
  const vertical = { ArrowUp: -1, ArrowDown: 1 }[event.key], sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!vertical && !sideways) return;
  event.preventDefault();
  if (event.shiftKey) move(card, () => (vertical ? shift(card, vertical) : carry(card, sideways)));
  else {
    const other = go(card, event.key);
    if (other) titleOf(other).focus();
  }
}

board.addEventListener("keydown", (event) => {
  if (event.target.matches(".deal-title") && !event.ctrlKey && !event.metaKey && !event.altKey) onCardKey(event);
});
board.addEventListener("click", endSeries);
window.addEventListener("pagehide", endSeries);

// The menu "Move to …", one for the whole board.
let opener;
const items = () => [...menu.querySelectorAll("[role=menuitem]:not([disabled])")];

function openMenu(button) {
  opener = button;
  const card = button.closest("[data-deal]"), current = button.closest(".cards").dataset.stage;
  const isAtEdge = { "-1": !card.previousElementSibling, 1: !card.nextElementSibling };
  for (const item of menu.querySelectorAll("[role=menuitem]")) item.disabled = item.dataset.stage === current || isAtEdge[item.dataset.step] === true;
  menu.hidden = false;
  const place = button.getBoundingClientRect(), size = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(place.right - size.width, innerWidth - size.width - 8))}px`;
  menu.style.top = `${Math.max(8, place.bottom + size.height + 8 > innerHeight ? place.top - size.height - 4 : place.bottom + 4)}px`;
  button.setAttribute("aria-expanded", "true");
  items()[0]?.focus();
}

function closeMenu({ back = false } = {}) {
  if (menu.hidden) return;
  menu.hidden = true;
  opener?.setAttribute("aria-expanded", "false");
  if (back) opener?.focus();
}

function choose(item) {
  const card = opener.closest("[data-deal]");
  closeMenu({ back: true });
  if (item.dataset.close) return close(card, item.dataset.close);
  if (item.dataset.step) return move(card, () => shift(card, Number(item.dataset.step)));
  const from = { list: card.parentElement, next: card.nextElementSibling };
  board.querySelector(`.cards[data-stage="${item.dataset.stage}"]`).prepend(card);
  opener.focus();
  announce(card, board.dataset.placed);
  settle(card, from);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  if (button) {
    event.preventDefault();
    if (menu.hidden || opener !== button) openMenu(button); else closeMenu();
  } else if (event.target.closest("[data-move-menu] [role=menuitem]")) choose(event.target.closest("[role=menuitem]"));
  else closeMenu();
});

document.addEventListener("keydown", (event) => {
  if (event.target.matches?.("[data-move]") && event.key === " ") { event.preventDefault(); openMenu(event.target); }
  if (menu.hidden) return;
  const all = items(), at = all.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) { event.preventDefault(); all[(at + step + all.length) % all.length].focus(); }
  else if (event.key === "Escape") { event.preventDefault(); closeMenu({ back: true }); }
  else if (event.key === "Tab") closeMenu();
});
window.addEventListener("scroll", () => closeMenu(), { passive: true, capture: true });

makeSortable(); // a module runs after the deferred script before it
