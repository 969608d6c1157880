// The Sales Assistant: bell, drawer and cards follow the live events; one small request a burst brings what changed.
import { toast } from "./toasts.js";
import { isSignedOut, post } from "./keeping.js";

const bell = document.querySelector("[data-bell]");
const drawer = document.querySelector("[data-assistant-drawer]");
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const SOON = 60; // ms in which a burst becomes one request
let wanted = new Set(), ringing = false, timer = null, asking = false;
let expected = null; // the card that tells what came of the step just taken

function ask(card) {
  if (card) wanted.add(card);
  timer ??= setTimeout(fetchLatest, SOON);
}

// One request at a time: an answer that was overtaken by a later one would put the past in its place.
async function fetchLatest() {
  timer = null;
  if (asking) return; // asks once more when the answer is there
  asking = true;
  await bringLatest();
  asking = false;
  if (wanted.size && !timer) ask();
}

async function bringLatest() {
  const cards = [...wanted];
  const rang = ringing;
  wanted = new Set(); ringing = false;
  const query = new URLSearchParams(cards.map((id) => ["card", id]));
  const answer = await fetch(`${bell.dataset.latestUrl}?${query}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  const text = answer?.ok && !answer.redirected && (await answer.text().catch(() => ""));
  if (!text) return;
  const news = new DOMParser().parseFromString(text, "text/html");
  showCount(Number(news.querySelector("[data-latest-count]").dataset.latestCount));
  showBell(news.querySelector("[data-latest-bell]"));
  keepFocus(() => {
    for (const day of all("[data-latest-days] > [data-day]", news).reverse()) all("[data-cards]").forEach((place) => placeDay(place, day));
    for (const id of cards) if (!news.querySelector(`[data-card="${id}"]`)) all(`[data-card="${id}"]`).forEach(removeCard);
  });
  if (rang) announce(news, cards);
  tellTimes();
}

function showCount(count) {
  all("[data-bell-count]").forEach((badge) => { badge.textContent = count || ""; badge.hidden = !count; });
  all("[data-cards] [data-mark-seen]").forEach((form) => { form.hidden = !count; });
}

function showBell(fresh) {
  const list = bell.querySelector("[data-bell-list]"), hadFocus = list.contains(document.activeElement);
  list.replaceChildren(...document.importNode(fresh, true).childNodes);
  htmx.process(list);
  if (hadFocus) list.querySelector("a, button").focus();
}

// Who has just used a card's button goes on from the card that took its place, else from the one that follows.
function keepFocus(change) {
  const place = document.activeElement?.closest("[data-cards]"), card = document.activeElement?.closest("[data-card]");
  const index = card ? all("[data-card]", place).indexOf(card) : -1;
  change();
  const outcome = place && expected ? place.querySelector(`[data-card="${expected}"]`) : null;
  if (outcome) expected = null;
  else if (index < 0 || card.isConnected) return;
  const same = card && place.querySelector(`[data-card="${card.dataset.card}"]`), cards = all("[data-card]", place);
  const next = outcome ?? same ?? cards[Math.min(index, cards.length - 1)];
  (next?.querySelector(".news-actions a, .news-actions button") ?? next?.querySelector("a") ?? place.querySelector("a, button"))?.focus();
}

function placeDay(place, day) {
  for (const card of all("[data-card]", day).reverse()) {
    if (place.dataset.kind && place.dataset.kind !== card.dataset.kind) continue;
    all(`[data-card="${card.dataset.card}"]`, place).forEach(removeCard);
    place.querySelector("[data-cards-empty]")?.remove();
    const copy = document.importNode(card, true);
    copy.classList.add("is-arriving");
    listOf(place, day).prepend(copy);
    htmx.process(copy);
  }
}

function removeCard(card) {
  const day = card.closest("[data-day]");
  card.remove();
  if (!day.querySelector("[data-card]")) day.remove();
}

function listOf(place, day) {
  let section = place.querySelector(`[data-day="${day.dataset.day}"]`);
  if (!section) {
    section = document.importNode(day, true);
    section.querySelector("ul").replaceChildren();
    const days = place.querySelector("[data-days]");
    days.insertBefore(section, all("[data-day]", days).find((other) => other.dataset.day < day.dataset.day) ?? null);
  }
  return section.querySelector("ul");
}

// "Show older" may bring the rest of a day that is on the page already.
function joinDays(place) {
  const [days, known] = [place.querySelector("[data-days]"), new Map()];
  for (const section of all("[data-day]", place)) {
    const first = known.get(section.dataset.day);
    if (first) { first.querySelector("ul").append(...section.querySelector("ul").children); section.remove(); }
    else { known.set(section.dataset.day, section); days.append(section); }
  }
}

function announce(news, cards) {
  const card = news.querySelector(`[data-latest-days] [data-card="${cards.at(-1)}"]`);
  bell.querySelector("[data-bell-said]").textContent = card?.querySelector(".news-title").textContent.trim() ?? "";
  bell.classList.remove("is-ringing");
  void bell.offsetWidth; // lets the animation begin again
  bell.classList.add("is-ringing");
}

// A step that a card offers: the toast can take it back.
async function act(url, data, card) {
  const answer = await post(url, data).catch(() => null);
  if (!answer?.ok) {
    const status = answer && isSignedOut(answer) ? 401 : answer?.status;
    document.dispatchEvent(new CustomEvent(answer ? "htmx:responseError" : "htmx:sendError", { detail: { xhr: { status } } }));
    return;
  }
  const said = answer.status === 204 ? {} : await answer.json();
  if (said.toast) toast(said.toast, { action: said.undo_label, onAction: () => act(said.undo, new FormData(), said.card), seconds: 8 });
  expected = said.card ?? null;
  [card, said.card].forEach((id) => ask(id && Number(id)));
}

function lookSeen(id) {
  all(id ? `[data-card="${id}"]` : "[data-card]").forEach((card) => {
    card.classList.remove("is-unseen");
    card.querySelector("[data-card-dot]")?.remove();
  });
}

function tellTimes() {
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto", style: "short" });
  for (const time of all("time[data-relative]")) {
    const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
    const [size, unit] = [[86400, "day"], [3600, "hour"], [60, "minute"]].find(([length]) => -seconds >= length) ?? [1, "second"];
    time.textContent = unit === "second" ? words.format(0, "second") : words.format(Math.ceil(seconds / size), unit);
  }
}

if (bell) {
  document.addEventListener("live:card", ({ detail }) => { ringing ||= detail.rings; ask(detail.id); });
  document.addEventListener("live:seen", ({ detail }) => { lookSeen(detail.id); ask(); });
  document.addEventListener("live:refresh", () => { ask(); if (drawer.classList.contains("show")) fillDrawer(); });
  bell.addEventListener("show.bs.dropdown", () => ask());
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-mark-seen]");
    if (!form) return;
    event.preventDefault();
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" } }).catch(() => null);
    if (answer?.ok) { lookSeen(); ask(); } else document.dispatchEvent(new CustomEvent("htmx:sendError"));
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-card-action]");
    if (!form) return;
    event.preventDefault();
    act(form.action, new FormData(form), form.dataset.cardAction);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-card-dock]") && drawer.classList.contains("show")) drawer.querySelector("[data-bs-dismiss]").click();
  });
  setInterval(tellTimes, 30_000);
  tellTimes();
}

function fillDrawer() {
  htmx.ajax("GET", drawer.dataset.cardsUrl, { target: drawer.querySelector("[data-cards-place]"), swap: "innerHTML" }).then(tellTimes);
}
drawer?.addEventListener("show.bs.offcanvas", fillDrawer);
document.addEventListener("htmx:afterSwap", () => { all("[data-cards]").forEach(joinDays); tellTimes(); });
