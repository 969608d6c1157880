// The drawer with every request for a mail's pixel and links: filled when a card's link opens it, fresh when something happens.
const drawer = document.querySelector("[data-hits-drawer]");
const FIRST = 50; // requests that are shown at first
let opener = ""; // where the icon is whose card led here: it may be drawn anew meanwhile

function fill(url) {
  const place = drawer.querySelector("[data-hits-place]");
  const wait = Object.assign(document.createElement("p"), { className: "assistant-wait muted", textContent: place.dataset.wait });
  place.replaceChildren(wait);
  drawer.querySelector("[data-hits-page]").href = url;
  htmx.ajax("GET", url, { target: place, swap: "innerHTML" });
}

function refresh(mail) {
  for (const hits of document.querySelectorAll(`[data-hits${mail ? `="${mail}"` : ""}]`)) {
    if (hits.querySelectorAll(".hit").length > FIRST) continue; // somebody reads older ones: they stay
    htmx.ajax("GET", hits.dataset.hitsUrl, { target: hits, swap: "outerHTML" });
  }
}

if (drawer) {
  drawer.addEventListener("show.bs.offcanvas", ({ relatedTarget }) => {
    if (!relatedTarget) return;
    const icon = relatedTarget.closest(".tracked-card")?.previousElementSibling;
    const mail = icon?.closest("[data-tracked-mail]").dataset.trackedMail;
    opener = icon ? `[data-tracked-mail="${mail}"] [data-tracked-kind="${icon.dataset.trackedKind}"]` : "";
    document.dispatchEvent(new CustomEvent("tracking:close-card"));
    fill(relatedTarget.href);
  });
  drawer.addEventListener("hidden.bs.offcanvas", () => {
    drawer.querySelector("[data-hits-place]").replaceChildren();
    if (opener) document.querySelector(opener)?.focus();
  });
}
document.addEventListener("live:tracking", ({ detail }) => refresh(detail.mail));
document.addEventListener("live:refresh", () => refresh());
