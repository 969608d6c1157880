// Pick fields: suggestions while typing a record's name; the hidden input keeps the pk of the one picked.
import { listbox } from "./listbox.js";

function hook(field) {
  const input = field.querySelector("input[type=text]");
  const picked = field.querySelector("[data-picked]");
  listbox(input, {
    address: (text) => {
      const url = new URL(field.dataset.recordPick, location.href);
      url.searchParams.set("q", text);
      return url;
    },
    onPick: (option) => {
      input.value = option.dataset.name;
      picked.value = option.dataset.pk;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    },
  });
  input.addEventListener("input", () => { picked.value = ""; });
  field.dataset.hooked = "true";
}

export function hookPicks(root) {
  root.querySelectorAll("[data-record-pick]:not([data-hooked])").forEach(hook);
}
