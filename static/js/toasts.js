// toast("Saved.", { action: "Undo", onAction }) shows a short line at the bottom, read out by screen readers.
export function toast(text, { action, onAction, seconds = 5 } = {}) {
  const line = document.createElement("div");
  line.className = "toast-line";
  line.append(Object.assign(document.createElement("span"), { textContent: text }));
  const remove = () => line.remove();
  const timer = setTimeout(remove, seconds * 1000);
  if (action) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: action });
    button.addEventListener("click", () => { clearTimeout(timer); remove(); onAction(); });
    line.append(button);
  }
  document.getElementById("toasts").append(line);
  return remove;
}

// A server answer may carry HX-Trigger: {"toast": "text"}.
document.addEventListener("toast", (event) => toast(event.detail.value ?? event.detail));
