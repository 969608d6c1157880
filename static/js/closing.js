// The dialogs that ask why a deal is won or lost.
import { toast } from "./toasts.js";

let open; // what the dialog that is open is about

// `send(values)` answers { error, isStale } or what `onDone` gets; `onCancel` runs when nothing was done.
export function closeDeal(asked) {
  const dialog = document.querySelector(`[data-closing="${asked.outcome}"]`), form = dialog.querySelector("form");
  form.reset();
  tell(form, "");
  dialog.querySelector("[data-deal-name]").textContent = asked.name;
  open = asked;
  dialog.showModal();
  form.querySelector("input[type=radio], input[name=reason]").focus();
}

function tell(form, mistake) {
  const place = form.querySelector("[data-mistake]");
  place.textContent = mistake;
  place.hidden = !mistake;
  form.elements.reason.toggleAttribute("aria-invalid", Boolean(mistake));
}

async function submit(event) {
  event.preventDefault();
  const form = event.target, button = form.querySelector("[type=submit]"), asked = open;
  button.disabled = true;
  const result = await asked.send(new URLSearchParams(new FormData(form)));
  button.disabled = false;
  if (result.error && !result.isStale) return tell(form, result.error);
  open = undefined;
  form.closest("dialog").close();
  if (!result.error) return asked.onDone(result);
  toast(result.error, { seconds: 8 });
  asked.onStale();
}

export function hookClosing() {
  for (const dialog of document.querySelectorAll("[data-closing]")) {
    dialog.querySelector("form").addEventListener("submit", submit);
    dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => { const asked = open; open = undefined; asked?.onCancel(); });
  }
}
