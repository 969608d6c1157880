// The search box of the top bar: finds while one types; without script it is a plain form.
import { listbox } from "./listbox.js";

const input = document.querySelector("[data-search]");
if (input) {
  const form = input.form;
  const { close } = listbox(input, {
    minimum: 0,
    address: (text) => (text.length === 1 && text < "\u3000" ? "" : `${form.action}?q=${encodeURIComponent(text)}`), // one letter says nothing, unless it is a word
    onPick: (option) => location.assign(option.dataset.url),
  });
  form.addEventListener("submit", close);
  input.addEventListener("focus", () => { if (!input.value) input.dispatchEvent(new Event("input")); }); // what one worked with last
  input.addEventListener("keydown", (event) => { if (event.key === "Escape") input.blur(); });
}
