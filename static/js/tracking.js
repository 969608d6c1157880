// The eye and the link of a tracked mail: a card on hover, focus and tap, and fresh icons when the mail is opened or a link followed.
const ICON = "[data-tracked-kind]";
const GAP = 6, EDGE = 8; // px
let shown = null; // the icon whose card is open
let isPinned = false; // by a click: stays until the next one
let timer = null;
let day = new Date().toDateString(); // cards say “today”

const cardOf = (icon) => icon.nextElementSibling;
const isOpen = (card) => card?.matches(":popover-open") ?? false;

function place() {
  if (!shown?.isConnected) return;
  const card = cardOf(shown), icon = shown.getBoundingClientRect();
  const width = card.offsetWidth, height = card.offsetHeight;
  const left = Math.min(Math.max(icon.left + icon.width / 2 - width / 2, EDGE), innerWidth - width - EDGE);
  const below = icon.bottom + GAP;
  const fitsBelow = below + height + EDGE <= innerHeight || icon.top < height + GAP + EDGE;
  card.style.left = `${Math.max(left, EDGE)}px`;
  card.style.top = `${Math.max(EDGE, fitsBelow ? Math.min(below, innerHeight - height - EDGE) : icon.top - GAP - height)}px`;
}

function show(icon, pin = false) {
  clearTimeout(timer);
  if (!cardOf(icon)?.showPopover) return;
  if (shown !== icon) hide();
  if (day !== new Date().toDateString()) refreshAll();
  shown = icon;
  isPinned = pin || isPinned;
  if (!isOpen(cardOf(icon))) cardOf(icon).showPopover();
  icon.setAttribute("aria-expanded", "true");
  place();
}

function hide() {
  clearTimeout(timer);
  if (!shown) return;
  const icon = shown;
  shown = null;
  isPinned = false;
  icon.setAttribute("aria-expanded", "false");
  if (isOpen(cardOf(icon))) cardOf(icon).hidePopover();
}

const later = (action, delay) => { clearTimeout(timer); timer = setTimeout(action, delay); };
const inside = (target) => target instanceof Element && (target.closest(ICON) ?? target.closest(".tracked-card")?.previousElementSibling);

document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch") return;
  const icon = inside(event.target);
  if (icon) later(() => icon.isConnected && show(icon), icon === shown ? 0 : 90);
  else if (shown && !isPinned) later(hide, 180);
});

document.addEventListener("focusin", (event) => {
  const icon = inside(event.target);
  if (icon && icon === shown) clearTimeout(timer); // into its card
  else if (icon && icon.matches(":focus-visible")) show(icon);
  else if (shown && !icon) hide();
});
document.addEventListener("focusout", (event) => { if (shown && shown === event.target && !isPinned && !cardOf(shown).matches(":hover")) later(hide, 120); });

document.addEventListener("click", (event) => {
  const icon = event.target instanceof Element ? event.target.closest(ICON) : null;
  if (!icon) { if (shown && !inside(event.target)) hide(); return; }
  event.preventDefault(); // or the browser would close the card that hovering has opened
  if (shown === icon && isPinned) hide(); else show(icon, true);
});
document.addEventListener("toggle", (event) => { if (event.newState === "closed" && shown && event.target === cardOf(shown)) hide(); }, true); // Escape
addEventListener("scroll", (event) => { if (shown && !cardOf(shown).contains(event.target)) place(); }, { capture: true, passive: true });
addEventListener("resize", place);
document.addEventListener("tracking:close-card", hide); // what the card led to lies below it

const fetching = new Map(); // mail → whether it has changed again meanwhile

async function refresh(mail) {
  if (fetching.has(mail)) { fetching.set(mail, true); return; }
  const places = () => [...document.querySelectorAll(`[data-tracked-mail="${mail}"]`)];
  if (!places().length) return;
  fetching.set(mail, false);
  try {
    const answer = await fetch(places()[0].dataset.trackedUrl, { headers: { "X-Requested-With": "XMLHttpRequest" }, credentials: "same-origin" });
    if (answer.ok && !answer.redirected) { const html = await answer.text(); places().forEach((old) => replace(old, html)); }
  } catch { /* offline: the stream says "refresh" once it is back */ }
  const isStale = fetching.get(mail);
  fetching.delete(mail);
  if (isStale) refresh(mail);
}

function refreshAll() {
  day = new Date().toDateString();
  new Set([...document.querySelectorAll("[data-tracked-mail]")].map((place) => place.dataset.trackedMail)).forEach((mail) => refresh(mail));
}

function replace(old, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content.querySelector("[data-tracked-mail]");
  if (!fresh) return;
  fresh.querySelectorAll("[popover]").forEach((card) => { // two places on a page must not share an id
    const id = `${card.id}-${Math.random().toString(36).slice(2, 8)}`;
    const icon = card.previousElementSibling;
    card.id = id;
    icon.setAttribute("popovertarget", id);
  });
  const kindOf = (element) => (element && old.contains(element) ? element.closest(ICON)?.dataset.trackedKind : null);
  const open = kindOf(shown), focused = kindOf(document.activeElement), wasPinned = isPinned;
  const wasSeen = new Set([...old.querySelectorAll(".is-seen")].map((icon) => icon.dataset.trackedKind));
  if (open) hide();
  old.replaceWith(fresh);
  fresh.querySelectorAll(".is-seen").forEach((icon) => icon.classList.toggle("is-new", !wasSeen.has(icon.dataset.trackedKind)));
  if (focused) fresh.querySelector(`[data-tracked-kind="${focused}"]`)?.focus();
  if (open) { const icon = fresh.querySelector(`[data-tracked-kind="${open}"]`); if (icon) show(icon, wasPinned); }
}

const toldAt = new Map(); // mail → when something happened to it last
document.addEventListener("live:tracking", ({ detail }) => {
  toldAt.set(String(detail.mail), performance.now());
  refresh(String(detail.mail));
});
// What happened while a part of the page was on its way may not be in it.
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  for (const [mail, at] of toldAt) if (at >= detail.xhr?.begunAt) refresh(mail);
});
document.addEventListener("live:refresh", refreshAll);
