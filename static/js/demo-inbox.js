// A demo mailbox: asks every other second whether a mail has come, and shows the new list without a reload.
const PAUSE = 1500; // milliseconds

async function look() {
  const list = document.querySelector("[data-inbox]");
  if (!list || document.hidden) return;
  const query = new URLSearchParams({ seen: list.dataset.seen, open: list.dataset.open });
  const response = await fetch(`${list.dataset.inbox}?${query}`);
  if (response.status !== 200) return; // 204: nothing new
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  list.replaceWith(page.querySelector("[data-inbox]"));
}

async function keepLooking() {
  try {
    await look();
  } catch {
    // the demo restarts: the next look finds it again
  }
  setTimeout(keepLooking, PAUSE);
}

document.addEventListener("visibilitychange", () => look().catch(() => {}));
keepLooking();
