// Lists: ticking rows, ordering columns, building a filter. Without this rows are ticked one by one and filters come by address.
import "./filtering.js";

// Ticked rows: the bar counts them; Shift ticks a span; a whole page that is ticked offers all that match.
const boxes = (form) => [...form.querySelectorAll("[data-pick-row]")];
let last;

function show(form) {
  const all = boxes(form), chosen = all.filter((box) => box.checked);
  const everything = form.querySelector("[data-everything]"), page = form.querySelector("[data-pick-page]");
  const isWhole = chosen.length === all.length && all.length > 0;
  const offer = form.querySelector("[data-selection-all]");
  if (offer) offer.hidden = !isWhole;
  if (everything && !isWhole) everything.checked = false;
  const count = everything?.checked ? Number(form.dataset.total) : chosen.length;
  const told = form.querySelector("[data-selection-count]");
  if (told) told.textContent = count === 1 ? told.dataset.one : told.dataset.some.replace("{}", count.toLocaleString(document.documentElement.lang));
  form.classList.toggle("has-chosen", chosen.length > 0);
  for (const box of all) box.closest("tr").classList.toggle("is-chosen", box.checked);
  if (!page) return;
  page.checked = isWhole;
  page.indeterminate = chosen.length > 0 && !isWhole;
}

document.addEventListener("click", (event) => {
  const box = event.target.closest?.("[data-pick-row]");
  if (!box) return;
  const all = boxes(box.form), from = all.indexOf(last), to = all.indexOf(box);
  if (event.shiftKey && from >= 0) for (const one of all.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = box.checked;
  last = box;
  show(box.form);
});
document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-pick-page]")) for (const box of boxes(target.form)) box.checked = target.checked;
  if (target.matches("[data-pick-page], [data-everything]")) show(target.form);
});
document.addEventListener("reset", ({ target }) => { if (target.matches("[data-selection]")) setTimeout(() => show(target)); });
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches?.("[data-pick-row], [data-pick-page]")) event.preventDefault(); // it would send the form
});
function begin() {
  for (const form of document.querySelectorAll("[data-selection]")) show(form);
  for (const button of document.querySelectorAll("[data-column-up], [data-column-down]")) button.hidden = false;
}
begin();
document.addEventListener("htmx:afterSwap", begin);
window.addEventListener("pageshow", begin); // the browser brings ticks back

// The order of columns.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-column-up], [data-column-down]");
  if (!button) return;
  const row = button.closest("li");
  const isUp = button.matches("[data-column-up]");
  const other = isUp ? row.previousElementSibling : row.nextElementSibling;
  if (!other || other.querySelector("input").disabled) return;
  if (isUp) other.before(row);
  else other.after(row);
  button.focus();
});

// A field is chosen: its box comes without a click on the button.
document.addEventListener("change", ({ target }) => {
  const form = target.closest("[data-choose-field]");
  if (form) form.submit();
});
for (const button of document.querySelectorAll("[data-choose-button]")) button.hidden = true;
