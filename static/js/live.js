// Live events of the signed-in user. All tabs of a browser share one EventSource: the tab that holds the Web Lock
// reads the stream and tells the others by BroadcastChannel. Each event is dispatched once in every tab:
//   document.addEventListener("live:<name>", (event) => event.detail)
// "live:refresh" says that events may have been missed: fetch again what you show.
const { user, liveUrl } = document.body.dataset;
const NAME = `candor-live-${user}`;
const REMEMBERED = 300;
const ASLEEP = 150_000; // ms; a hidden tab's timers run once a minute at worst
const canShare = Boolean(navigator.locks && window.BroadcastChannel);

let page = parse(document.querySelector("[data-live-from]")?.dataset.liveFrom ?? "");
let cursor = page.text;
let recent = [];
let channel = null, source = null, stopLeading = null, waiting = null, retry = null, delay = 2000;

function parse(text) {
  const [last, ...missing] = text.split(".").map(Number);
  return { text, last: text ? last : Infinity, missing: new Set(missing) };
}
const covers = (read, id) => id <= read.last && !read.missing.has(id);
const say = (name, detail) => document.dispatchEvent(new CustomEvent(`live:${name}`, { detail }));

// A part of the page that was asked for before something happened may not show it: whoever puts it in place can compare the times.
document.addEventListener("htmx:beforeRequest", ({ detail }) => { detail.xhr.begunAt = performance.now(); });

function take(event) {
  if (event.id === 0) { if (event.name === "refresh") say("refresh", {}); return; }
  if (page.text && covers(page, event.id)) return; // the page was rendered later than this
  if (recent.some((known) => known.id === event.id)) return;
  recent = [...recent.slice(1 - REMEMBERED), event];
  say(event.name, event.payload);
}

function open() {
  clearTimeout(retry);
  source?.close();
  source = new EventSource(`${liveUrl}?from=${encodeURIComponent(cursor)}`);
  source.onmessage = (message) => {
    const event = JSON.parse(message.data);
    cursor = message.lastEventId || cursor;
    delay = 2000;
    document.body.dataset.live = "reads";
    channel?.postMessage({ kind: "event", event, cursor });
    take(event);
  };
  source.onerror = () => {
    document.body.dataset.live = "waits";
    if (source?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    retry = setTimeout(open, delay); // refused: signed out, or the server is being replaced
    delay = Math.min(delay * 2, 60_000);
  };
}

function close() {
  clearTimeout(retry);
  source?.close();
  source = null;
}

function hear({ data }) {
  if (data.kind === "event") {
    cursor = data.cursor;
    document.body.dataset.live = "listens";
    take(data.event);
  } else if (data.kind === "replay") {
    take(data.event);
  } else if (data.kind === "since" && source) {
    const read = parse(data.cursor);
    for (const event of recent) if (!covers(read, event.id)) channel.postMessage({ kind: "replay", event });
    if (source.readyState === EventSource.OPEN) channel.postMessage({ kind: "event", event: { id: 0, name: "ready" }, cursor });
  }
}

function start() {
  if (!canShare) { // an insecure address: each tab reads for itself, and only while it is looked at, so that six tabs do not use up the connections
    if (!document.hidden) open();
    return;
  }
  channel = new BroadcastChannel(NAME);
  channel.onmessage = hear;
  waiting = new AbortController();
  navigator.locks.request(NAME, { signal: waiting.signal }, () => new Promise((resolve) => { stopLeading = resolve; open(); })).catch(() => {});
  if (cursor) channel.postMessage({ kind: "since", cursor });
}

function stop() {
  close();
  waiting?.abort();
  stopLeading?.();
  channel?.close();
  channel = waiting = stopLeading = null;
}

function reopen() {
  if (source) open();
  say("refresh", {});
}

if (user && window.EventSource) {
  // Not before every module of the page listens: what was missed while it loaded is replayed at once and would go unheard.
  if (document.readyState === "complete") start();
  else document.addEventListener("DOMContentLoaded", start, { once: true });
  window.addEventListener("pagehide", stop); // lets go of the lock, so that another tab reads and this page may be kept
  window.addEventListener("pageshow", (event) => { if (event.persisted) { start(); say("refresh", {}); } });
  window.addEventListener("online", reopen);
  if (!canShare) document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  let awake = Date.now();
  setInterval(() => {
    if (Date.now() - awake > ASLEEP) reopen();
    awake = Date.now();
  }, 10_000);
}
