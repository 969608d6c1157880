// Lists in an order of one's own: rows are dragged by their handle, or moved by the buttons up and down, which keep the focus.
// <form id="x" action="…"> and <ul data-order-list="x"> with <li data-order="pk">; without script the buttons send the form.
import { toast } from "./toasts.js";

const rowsOf = (list) => [...list.querySelectorAll("[data-order]")];

async function send(list, form) {
  const values = new URLSearchParams({ order: rowsOf(list).map((row) => row.dataset.order).join(",") });
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const answer = await fetch(form.action, { method: "POST", body: values, headers: { "X-CSRFToken": token } }).catch(() => null);
  return answer?.status === 204;
}

let last = Promise.resolve(); // one after the other: the order that was made last is the one that is kept

function keep(list, form, putBack) {
  last = last.then(async () => {
    if (await send(list, form)) return;
    putBack();
    toast(form.querySelector("[data-order-said]").dataset.failed, { seconds: 8 });
  });
}

function say(form, row, list) {
  const said = form.querySelector("[data-order-said]");
  const name = row.querySelector(".setup-name").textContent;
  said.textContent = said.dataset.moved.replace("%name%", name).replace("%place%", rowsOf(list).indexOf(row) + 1);
}

function moveBy(list, form, button) {
  const row = button.closest("[data-order]"), rows = rowsOf(list), at = rows.indexOf(row);
  const other = rows[at + Number(button.dataset.orderStep)];
  if (!other) return;
  const next = row.nextElementSibling;
  if (at > rows.indexOf(other)) other.before(row); else other.after(row);
  button.focus();
  say(form, row, list);
  keep(list, form, () => list.insertBefore(row, next));
}

function hook(list) {
  const form = document.getElementById(list.dataset.orderList);
  list.dataset.orderReady = "true";
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-order-step]");
    if (!button) return;
    event.preventDefault();
    moveBy(list, form, button);
  });
  let next;
  window.Sortable?.create(list, {
    handle: ".order-handle", animation: 140, ghostClass: "is-ghost", dragClass: "is-dragged",
    onStart: (event) => { next = event.item.nextElementSibling; },
    onEnd: ({ item, oldIndex, newIndex }) => { if (oldIndex !== newIndex) keep(list, form, () => list.insertBefore(item, next)); },
  });
}

document.querySelectorAll("[data-order-list]").forEach(hook); // a module runs after the deferred script before it
