// After Send: “Sending… Undo” for as long as the mail can be taken back, on whichever page one has gone to meanwhile.
import { csrfToken } from "./keeping.js";
import { toast } from "./toasts.js";

const KEY = "candor-undo";
let forget = () => {}; // takes the last offer's line away

// Answers a function that takes the line away.
export function offer(answer) {
  const until = Date.now() + answer.seconds * 1000;
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ ...answer, until }));
  } catch {
    // then the line is gone with this page, and the Outbox has the mail
  }
  return show(answer, until);
}

function show(answer, until) {
  const seconds = (until - Date.now()) / 1000;
  const line = seconds > 1 ? { seconds, action: answer.undo, onAction: () => takeBack(answer.undo_url, answer.reminded) } : { seconds: 8 };
  const unsay = toast(answer.toast, line);
  forget = () => { sessionStorage.removeItem(KEY); unsay(); };
  return forget;
}

export function goOn() {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (kept && kept.until > Date.now() + 1000) show(kept, kept.until);
}

// `reminded` is what was asked before sending: it is not asked again.
async function takeBack(url, reminded = "") {
  forget();
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  const response = await fetch(url, { method: "POST", headers, redirect: "manual" }).catch(() => null);
  const answer = await response?.json().catch(() => null);
  if (answer?.composer) {
    document.getElementById(`message-${answer.message}`)?.remove();
    await open(`${answer.composer}&reminded=${encodeURIComponent(reminded)}`);
  } else toast(Object.values(answer?.errors ?? {})[0] ?? document.getElementById("toasts").dataset.failed, { seconds: 8 });
  document.dispatchEvent(new CustomEvent("mail:changed"));
}

function open(address) {
  const dock = document.getElementById("composer-dock");
  if (!dock || !window.htmx) return location.assign(address);
  return window.htmx.ajax("GET", address, { target: dock, swap: "innerHTML" });
}

// The same from the Outbox, where the mail waits for its time.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-take-back]")) return;
  event.preventDefault();
  takeBack(event.target.action);
});
