// Buttons that copy the text of a box.
import { toast } from "./toasts.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const box = document.getElementById(button.dataset.copy);
  box.select();
  try {
    await navigator.clipboard.writeText(box.value);
  } catch {
    document.execCommand("copy"); // not over plain http
  }
  toast(button.dataset.copied);
});
for (const box of document.querySelectorAll("[data-copy-from]")) box.addEventListener("focus", () => box.select());
