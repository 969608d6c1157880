// How the sync goes: asked anew when the worker tells of it, and now and then, since “a minute ago” does not stay true.
const EVERY = 60_000; // milliseconds
const PLACES = ["sync-state", "sync-card"];
let asking = false, isStale = false;

async function refresh() {
  isStale = true;
  if (asking) return;
  asking = true;
  while (isStale) {
    isStale = false;
    for (const place of PLACES) for (const part of document.querySelectorAll(`[data-${place}]`)) await renew(part, part.getAttribute(`data-${place}`));
  }
  asking = false;
}

async function renew(part, url) {
  if (!url || part.contains(document.activeElement)) return; // what is in use stays as it is
  const response = await fetch(url, { headers: { "HX-Request": "true" }, redirect: "manual" }).catch(() => null);
  const text = response?.ok ? (await response.text()).trim() : "";
  if (!text || !part.isConnected || text === part.outerHTML.trim()) return;
  const holder = document.createElement("template");
  holder.innerHTML = text;
  const fresh = holder.content.firstElementChild;
  part.replaceWith(fresh);
  window.htmx?.process(fresh);
}

document.addEventListener("live:sync", refresh);
setInterval(() => { if (document.visibilityState === "visible") refresh(); }, EVERY);
