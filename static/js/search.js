// The search box of the top bar: finds while one types; without script it is a plain form.
import { listbox } from "./listbox.js";

const input = document.querySelector("[data-search]");
if (input) {
  const form = input.form;
  const { close } = listbox(input, {
    minimum: 2,
    address: (text) => `${form.action}?q=${encodeURIComponent(text)}`,
    onPick: (option) => location.assign(option.dataset.url),
  });
  form.addEventListener("submit", close);
  input.addEventListener("keydown", (event) => { if (event.key === "Escape") input.blur(); });
}
