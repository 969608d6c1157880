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

// A field for several: each one picked becomes a ticked box, and the text box is free for the next.
function hookSeveral(field) {
  const list = field.querySelector("[data-picked-list]"), one = field.querySelector("[data-picked-one]");
  const input = field.querySelector("input[type=text]"), picked = field.querySelector("[data-picked]");
  input.addEventListener("change", () => {
    if (!picked.value) return;
    const known = list.querySelector(`input[value="${CSS.escape(picked.value)}"]`);
    if (known) known.checked = true;
    else {
      const item = one.content.cloneNode(true);
      item.querySelector("input").value = picked.value;
      item.querySelector("span").textContent = input.value;
      list.append(item);
    }
    input.value = picked.value = "";
  });
  field.dataset.hooked = "true";
}

export function hookPicks(root) {
  root.querySelectorAll("[data-record-pick]:not([data-hooked])").forEach(hook);
  root.querySelectorAll("[data-pick-several]:not([data-hooked])").forEach(hookSeveral);
}

// A small form with one pick field sends itself once somebody is picked.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-send-when-picked]");
  if (form?.querySelector("[data-picked]").value) form.requestSubmit();
});
