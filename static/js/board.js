// The pipeline board: cards are dragged, or sent on by their menu. A move shows at once; one that the server refuses goes back and says why.
import { toast } from "./toasts.js";

const board = document.querySelector("[data-board]");
const menu = document.querySelector("[data-move-menu]");
const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
const lists = () => board.querySelectorAll(".cards");

async function send(card, to, seenIn) {
  const above = card.previousElementSibling;
  const values = new URLSearchParams({ stage: to.dataset.stage, seen_in: seenIn, after: above?.dataset.deal ?? "", owner: board.dataset.owner, filter: board.dataset.filter ?? "" });
  const answer = await fetch(card.dataset.moveUrl, { method: "POST", body: values, headers: { "X-CSRFToken": token, Accept: "application/json" } });
  if (answer.redirected || !answer.headers.get("Content-Type")?.includes("json")) return { error: board.dataset.failed };
  const result = await answer.json();
  return answer.ok ? result : { error: result.error ?? board.dataset.failed, isStale: answer.status === 409 };
}

function showHeads(columns) {
  for (const list of lists()) {
    const head = columns[list.dataset.stage];
    if (!head) continue;
    const column = list.closest(".column");
    column.querySelector("[data-sum]").textContent = head.sum;
    column.querySelector("[data-count]").textContent = head.count;
  }
}

// `from` is { list, next }: where the card was, to put it back.
async function settle(card, from) {
  const to = card.parentElement;
  card.classList.add("is-moving");
  const result = await send(card, to, from.list.dataset.stage).catch(() => ({ error: board.dataset.failed }));
  card.classList.remove("is-moving");
  if (!result.error) {
    showHeads(result.columns);
    if (to !== from.list) card.querySelector(".tag-warn")?.remove(), card.classList.remove("is-rotting");
    return;
  }
  from.list.insertBefore(card, from.next?.parentElement === from.list ? from.next : null);
  toast(result.error, { seconds: 8 });
  if (result.isStale) window.htmx.ajax("GET", location.href, { target: board, swap: "innerHTML" }).then(makeSortable);
}

function makeSortable() {
  for (const list of lists()) {
    let next;
    window.Sortable.create(list, {
      group: "deals", animation: 140, delay: 180, delayOnTouchOnly: true, ghostClass: "is-ghost", dragClass: "is-dragged", filter: ".card-move", preventOnFilter: false,
      onStart: (event) => { next = event.item.nextElementSibling; board.classList.add("is-dragging"); },
      onEnd: ({ item, from, to, oldIndex, newIndex }) => {
        board.classList.remove("is-dragging");
        if (from !== to || oldIndex !== newIndex) settle(item, { list: from, next });
      },
    });
  }
}

// The menu "Move to …", one for the whole board.
let opener;
const items = () => [...menu.querySelectorAll("[role=menuitem]:not([disabled])")];

function openMenu(button) {
  opener = button;
  const current = button.closest(".cards").dataset.stage;
  for (const item of menu.querySelectorAll("[role=menuitem]")) item.disabled = item.dataset.stage === current;
  menu.hidden = false;
  const place = button.getBoundingClientRect(), size = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(place.right - size.width, innerWidth - size.width - 8))}px`;
  menu.style.top = `${place.bottom + size.height + 8 > innerHeight ? place.top - size.height - 4 : place.bottom + 4}px`;
  button.setAttribute("aria-expanded", "true");
  items()[0]?.focus();
}

function closeMenu({ back = false } = {}) {
  if (menu.hidden) return;
  menu.hidden = true;
  opener?.setAttribute("aria-expanded", "false");
  if (back) opener?.focus();
}

function moveBy(item) {
  const card = opener.closest("[data-deal]");
  const from = { list: card.parentElement, next: card.nextElementSibling };
  board.querySelector(`.cards[data-stage="${item.dataset.stage}"]`).prepend(card);
  closeMenu({ back: true });
  settle(card, from);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  if (button) {
    event.preventDefault();
    if (menu.hidden || opener !== button) openMenu(button); else closeMenu();
  } else if (event.target.closest("[data-move-menu] [role=menuitem]")) moveBy(event.target.closest("[role=menuitem]"));
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
