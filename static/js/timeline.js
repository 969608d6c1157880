// The timeline fetches itself anew when something happens; not under somebody's hands: an open card, a focus in it, or older lines stay.
const timeline = () => document.getElementById("timeline");
let isWaiting = false;

function isInUse(place) {
  const isReading = place.querySelector(":popover-open") || place.querySelector(".tracked-icon:hover");
  return Boolean(isReading) || (place.contains(document.activeElement) && place.matches(":has(:focus-visible)"));
}

function tryAgain() {
  if (!isWaiting) return;
  const place = timeline();
  if (place && isInUse(place)) { setTimeout(tryAgain, 1500); return; }
  isWaiting = false;
  place?.dispatchEvent(new CustomEvent("timeline:stale"));
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const place = timeline();
  const isLive = event.detail.requestConfig?.triggeringEvent?.type?.startsWith("live:");
  if (!place || event.detail.elt !== place || !isLive || !isInUse(place)) return;
  event.preventDefault();
  if (!isWaiting) setTimeout(tryAgain, 1500);
  isWaiting = true;
});

// Another kind was chosen by its link: the focus stays on the one that stands in its place.
document.addEventListener("htmx:afterSettle", (event) => {
  const chosen = event.detail.requestConfig?.elt?.id;
  if (chosen?.startsWith("timeline-kind-")) document.getElementById(chosen)?.focus({ preventScroll: true });
});
