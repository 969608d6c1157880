// The calendar: keys for going on and back, and activities that are dragged, or moved by Alt and the arrows, to another day.
import { toast } from "./toasts.js";

const calendar = document.querySelector("[data-calendar]");
const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const link = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key.toLowerCase());
  if (!link) return;
  event.preventDefault();
  link.click();
});

async function move(item, day) {
  const answer = await fetch(item.dataset.moveUrl, {
    method: "POST", body: new URLSearchParams({ day }), headers: { "X-CSRFToken": token, "HX-Request": "true" },
  }).catch(() => null);
  const triggers = JSON.parse(answer?.headers.get("HX-Trigger") ?? "{}");
  if (answer?.ok && triggers.toast) toast(triggers.toast.value ?? triggers.toast);
  else toast(document.getElementById("toasts").dataset[answer ? "failed" : "unreachable"], { seconds: 8 });
  await show(item.dataset.activity);
}

// What the server has, in place; the focus stays on the activity that was moved.
async function show(activity) {
  const hadFocus = calendar.contains(document.activeElement);
  await window.htmx.ajax("GET", location.href, { target: calendar, swap: "innerHTML" });
  makeSortable();
  if (hadFocus) [...calendar.querySelectorAll(`[data-activity="${activity}"] a`)].find((link) => link.offsetParent)?.focus();
}

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

calendar.addEventListener("keydown", (event) => {
  const item = event.target.closest("[data-activity]"), step = STEPS[event.key];
  if (!item || !step || !event.altKey) return;
  event.preventDefault();
  const day = new Date(`${item.dataset.on}T12:00:00Z`); // noon, UTC: whole days, whatever the clocks do
  day.setUTCDate(day.getUTCDate() + step);
  move(item, day.toISOString().slice(0, 10));
});

function makeSortable() {
  for (const list of calendar.querySelectorAll("[data-day]")) {
    window.Sortable.create(list, {
      group: "days", sort: false, animation: 140, delay: 180, delayOnTouchOnly: true, ghostClass: "is-ghost", dragClass: "is-dragged",
      onStart: () => calendar.classList.add("is-dragging"),
      onEnd: ({ item, from, to }) => {
        calendar.classList.remove("is-dragging");
        if (from !== to) move(item, to.dataset.day);
      },
    });
  }
}

makeSortable();
