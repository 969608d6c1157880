// Lists of mail and open conversations follow what happens live; the filter menu. Keys: mailkeys.js; choosing rows: mailbulk.js.
const WAIT = 150; // milliseconds; several events in a row refresh once
let timer;

export function hook(found) {
  for (const element of found) {
    const filter = element.querySelector("[data-filter]");
    if (filter && !filter.isHooked) hookFilter(filter);
    if (element.matches("[data-mail-page]")) openNamed();
  }
}

// An address may name a message of the conversation (…#message-12): that one is open, whatever its age.
function openNamed() {
  const message = location.hash.startsWith("#message-") && document.getElementById(location.hash.slice(1));
  if (!message) return;
  message.querySelector("details").open = true;
  message.scrollIntoView({ block: "start" });
}

// Live: the list is asked for anew and only rows that differ are touched, so that focus, hover and scrolling stay.
const soon = () => { clearTimeout(timer); timer = setTimeout(refresh, WAIT); };
let toldAt = 0; // when something happened last
for (const name of ["live:mail", "mail:changed"]) {
  document.addEventListener(name, () => { toldAt = performance.now(); soon(); });
}
// What happened while a list was on its way may not be in it.
document.addEventListener("htmx:afterSwap", ({ detail }) => { if (toldAt >= detail.xhr?.begunAt) soon(); });

// One at a time: an answer that was overtaken by a later one would put the past in its place.
let refreshing = false, isStale = false;

async function refresh() {
  isStale = true;
  if (refreshing) return;
  refreshing = true;
  while (isStale) {
    isStale = false;
    for (const list of document.querySelectorAll("[data-mail-list]")) await refreshList(list);
    await refreshThread();
  }
  refreshing = false;
}

// A page that brings itself up to date says so: nothing becomes read by that.
async function fetchFragment(url, { isRead = false } = {}) {
  const headers = { "HX-Request": "true", ...(isRead ? {} : { "X-Candor-Refresh": "true" }) };
  const response = await fetch(url, { headers, redirect: "manual" }).catch(() => null);
  const text = response?.ok && (await response.text().catch(() => "")); // cut off: the next event asks again
  if (!text) return null;
  const holder = document.createElement("template");
  holder.innerHTML = text;
  return holder.content;
}

async function refreshList(list) {
  const fresh = await fetchFragment(list.dataset.url);
  if (!fresh || !list.isConnected) return;
  copyCounts(fresh);
  const rows = list.querySelector("[data-mail-rows]"), newRows = fresh.querySelector("[data-mail-rows]");
  if (rows && newRows) reconcile(rows, newRows);
  else {
    list.replaceChildren(...(fresh.querySelector("[data-mail-list]")?.childNodes ?? []));
    window.htmx.process(list);
    takeBar(list, fresh);
  }
  document.dispatchEvent(new CustomEvent("mail:listed"));
}

// A list that was empty has no bar for its rows yet, and one that becomes empty needs none.
function takeBar(list, fresh) {
  const main = list.closest("[data-list-page] .mail-main");
  const bar = fresh.querySelector("[data-bulk]");
  if (!main || Boolean(main.querySelector("[data-bulk]")) === Boolean(bar)) return;
  if (bar) list.before(bar);
  else main.querySelector("[data-bulk]").remove();
}

function copyCounts(fresh) {
  for (const count of fresh.querySelectorAll("[data-folder-count]")) {
    const shown = document.querySelector(`[data-folder-count="${count.dataset.folderCount}"]`);
    if (shown) shown.textContent = count.textContent;
  }
}

function reconcile(rows, newRows) {
  const wanted = [...newRows.querySelectorAll(":scope > [data-mail-row]")];
  const known = new Map([...rows.querySelectorAll(":scope > [data-mail-row]")].map((row) => [row.dataset.mailRow, row]));
  const names = new Set(wanted.map((row) => row.dataset.mailRow));
  const span = new Set([...known.keys()].slice(0, Math.max(wanted.length, 1)));
  const hasOlder = Boolean(newRows.querySelector(":scope > .mail-older"));
  for (const [name, row] of known) if (!names.has(name) && (span.has(name) || !hasOlder)) { row.remove(); known.delete(name); }
  let place = rows.firstElementChild;
  for (const row of wanted) {
    const old = known.get(row.dataset.mailRow);
    if (old && old.dataset.state === row.dataset.state) {
      if (old === place) place = place.nextElementSibling;
      else rows.insertBefore(old, place);
      continue;
    }
    if (old === place) place = place.nextElementSibling;
    const hadFocus = old?.contains(document.activeElement);
    old?.remove();
    if (!old) row.classList.add("is-new");
    rows.insertBefore(row, place);
    window.htmx.process(row);
    document.dispatchEvent(new CustomEvent("mail:row", { detail: row }));
    if (hadFocus) row.querySelector("[data-row-link]").focus();
  }
}

// An open conversation: the state of its waiting mails and what can be done; nothing that is being read or written moves.
async function refreshThread() {
  const parts = [...document.querySelectorAll("[data-refresh]")].filter((part) => !part.querySelector("[data-composer]"));
  const address = location.pathname + location.search;
  const fresh = parts.length && (await fetchFragment(address));
  if (!fresh) return;
  copyCounts(fresh);
  if (addMessages(fresh)) readNow(address);
  const words = (part) => part.innerHTML.replace(/value="[^"]*"/g, ""); // each answer has another token
  for (const part of parts) {
    const renewed = fresh.querySelector(`[data-refresh="${part.dataset.refresh}"]`);
    if (!renewed || words(renewed) === words(part)) continue;
    part.replaceChildren(...renewed.childNodes);
    window.htmx.process(part);
  }
}

// Mail that came in while the conversation is open is put below what is there.
function addMessages(fresh) {
  const shown = document.querySelector("[data-messages]");
  const arrived = [...fresh.querySelectorAll("[data-messages] > *")].filter((one) => shown && !document.getElementById(one.id));
  for (const message of arrived) {
    shown.append(message);
    window.htmx.process(message);
  }
  return arrived.length > 0;
}

// It is read once somebody looks at the page.
function readNow(address) {
  if (!document.hidden) fetchFragment(address, { isRead: true });
  else document.addEventListener("visibilitychange", () => readNow(address), { once: true });
}

// What had the focus has been swapped away: the keyboard goes on where the person was.
let lastRow;
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-row-link]")?.closest("[data-mail-row]");
  if (row) lastRow = row.dataset.mailRow;
  wasFilter = Boolean(event.target.closest("[data-filter-options]"));
});
let wasFilter = false;
document.addEventListener("htmx:afterSettle", (event) => {
  if (document.activeElement !== document.body) return;
  const { target } = event.detail;
  const place = target?.id === "mail-page"
    ? target.querySelector(wasFilter ? "[data-filter-button]" : `[data-mail-row="${lastRow}"] [data-row-link]`) ?? target.querySelector("[data-back]")
    : event.detail.elt?.querySelector?.("[data-star]");
  place?.focus({ preventScroll: true });
});

function hookFilter(filter) {
  filter.isHooked = true;
  const button = filter.querySelector("[data-filter-button]"), menu = filter.querySelector("[data-filter-options]");
  const options = [...menu.querySelectorAll("[role=option]")];
  const show = (isOpen) => { menu.hidden = !isOpen; button.setAttribute("aria-expanded", isOpen); };
  button.addEventListener("click", (event) => {
    event.preventDefault();
    show(menu.hidden);
    if (!menu.hidden) options[0].focus();
  });
  filter.addEventListener("keydown", (event) => {
    if (menu.hidden) {
      if (event.key === "ArrowDown" && event.target === button) { event.preventDefault(); show(true); options[0].focus(); }
      return;
    }
    const at = options.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: options.length - 1 }[event.key];
    if (next !== undefined) options[(next + options.length) % options.length].focus();
    else if (event.key === " " && at >= 0) options[at].click();
    else if (event.key === "Escape") { show(false); button.focus(); }
    else return;
    event.preventDefault();
  });
  filter.addEventListener("focusout", (event) => { if (event.relatedTarget && !filter.contains(event.relatedTarget)) show(false); });
  document.addEventListener("pointerdown", (event) => { if (!filter.contains(event.target)) show(false); });
}
