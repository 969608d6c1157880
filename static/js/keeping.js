// A copy of every mail being written stays in this browser until the server has it: a crash, a lost connection or an expired
// session loses nothing. The copies are per user and go away with the save that follows.
import { toast } from "./toasts.js";

const AGE = 15; // seconds; where windows cannot tell that they live, a younger copy belongs to one that is about to save it
const LASTING = 56_000; // bytes
const HOUR = 3_600_000; // milliseconds
const user = () => document.body.dataset.user;
const prefix = () => `candor-writing:${user()}:`;

export function newKey() {
  return prefix() + random("");
}

export function random(between) {
  return crypto.getRandomValues(new Uint32Array(2)).join(between);
}

// Says to the other windows that the composer with this copy lives; it ends with the window, however that ends.
export function hold(key, signal) {
  navigator.locks?.request(key, { signal }, () => new Promise((resolve) => signal.addEventListener("abort", resolve))).catch(() => {});
}

export function keep(key, copy) {
  try {
    localStorage.setItem(key, JSON.stringify({ ...copy, at: Date.now() }));
    return true;
  } catch {
    return false; // full or forbidden: the server's copy is all there is
  }
}

export function forget(key) {
  localStorage.removeItem(key);
}

// The draft that another tab made of this copy meanwhile, so that it is not made twice.
export function adopted(key) {
  const note = localStorage.getItem(`${key}:draft`);
  localStorage.removeItem(`${key}:draft`);
  return note && JSON.parse(note).draft;
}

// Notes on adopted copies are needed only while the composer that wrote the copy may still be open.
function dropOldNotes() {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith("candor-writing:") && key.endsWith(":draft") && Date.now() - JSON.parse(localStorage.getItem(key)).at > HOUR) localStorage.removeItem(key);
  }
}

export function csrfToken() {
  return document.cookie.match(/(?:^|; )candor_csrf=([^;]*)/)?.[1] ?? "";
}

// `keepalive` lets the request outlive the page; browsers refuse it for larger bodies.
export function post(url, data, { keepalive = false } = {}) {
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  const isSmall = new Blob([...data].flat()).size < LASTING;
  return fetch(url, { method: "POST", body: data, headers, redirect: "manual", keepalive: keepalive && isSmall });
}

// The session has ended: the server sends to the sign-in page, or refuses the token of the session before.
export function isSignedOut(response) {
  return response.type === "opaqueredirect" || response.status === 403;
}

async function left() {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix()) && !key.endsWith(":draft"));
  const { held } = (keys.length && (await navigator.locks?.query())) || {};
  const living = held && new Set(held.map((lock) => lock.name));
  return keys.flatMap((key) => {
    try {
      const copy = JSON.parse(localStorage.getItem(key));
      const isLeft = living ? !living.has(key) : Date.now() - copy.at > AGE * 1000;
      return isLeft || copy.failed ? [{ key, copy }] : [];
    } catch {
      forget(key);
      return [];
    }
  });
}

// After signing in again, or after a crash: what was not saved becomes a draft and is opened.
export async function recover() {
  if (!user()) return;
  dropOldNotes();
  for (const { key, copy } of await left()) {
    const data = new FormData();
    for (const [name, value] of copy.fields) data.append(name, value);
    const response = await post(copy.saveUrl, data).catch(() => null);
    if (!response) return;
    if (response.status === 409 && data.get("draft")) {
      const { conflict } = await response.json().catch(() => ({}));
      data.set("copy_of", conflict ? data.get("draft") : "");
      data.set("draft", ""); // the draft is gone, sent, or was changed elsewhere: the words live on in another one
      data.set("reply", "");
      const again = await post(copy.saveUrl, data).catch(() => null);
      if (again?.ok) await tell(key, copy, await again.json());
    } else if (response.ok) {
      await tell(key, copy, await response.json());
    }
  }
}

async function tell(key, copy, saved) {
  forget(key);
  localStorage.setItem(`${key}:draft`, JSON.stringify({ draft: saved.draft, at: Date.now() }));
  const url = `${copy.composerUrl}?draft=${saved.draft}`;
  document.dispatchEvent(new CustomEvent("mail:changed"));
  const dock = document.getElementById("composer-dock");
  if (dock && !document.querySelector("[data-composer]") && window.htmx) {
    window.htmx.ajax("GET", url, { target: dock, swap: "innerHTML" });
    toast(copy.words.recovered, { seconds: 8 });
  } else {
    toast(copy.words.recovered, { seconds: 12, action: copy.words.open, onAction: () => location.assign(url) });
  }
}
