// The sheet on which a message is read. Its frame has no origin of its own and can run nothing, so that nothing can be asked of it:
// its height is that of the same boxes and words built here, out of sight, from a list of names and sizes. No HTML is parsed for it.
const TAGS = new Set("p div center blockquote pre hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd address table caption colgroup col thead tbody tfoot tr td th span a b strong i em u font big small sub sup code tt br nobr".split(" "));
const SIZES = new Set("class id align valign width height border cellpadding cellspacing colspan rowspan nowrap size face hspace vspace type".split(" "));
const LEAST = 48, SLACK = 1.01, MORE = 6; // px; what rounding may add
const SCREENS = 3; // so many window heights of a mail are shown before it is asked for whole
const UNKNOWN = "width:240px;height:140px"; // a picture that does not say its size

export function hook(places) {
  for (const place of places) {
    if (place.isHooked) continue;
    place.isHooked = true;
    const sheet = place.querySelector("[data-sheet]");
    if (sheet) hookSheet(sheet);
  }
}

function hookSheet(sheet) {
  const outline = sheet.querySelector("script[type='application/json']");
  if (!outline) return;
  const box = measure(sheet, JSON.parse(outline.textContent));
  const more = sheet.parentElement.querySelector("[data-whole]");
  let isWhole = false, isHeld = false;
  const fit = () => {
    if (isHeld || !sheet.clientWidth) return;
    const whole = Math.max(LEAST, Math.ceil(box.offsetHeight * SLACK) + MORE), most = innerHeight * SCREENS;
    const isCut = whole > most && !isWhole;
    sheet.style.height = `${isCut ? most : whole}px`;
    sheet.classList.toggle("is-cut", isCut);
    if (more) more.hidden = !isCut;
  };
  new ResizeObserver(fit).observe(box);
  sheet.closest("details")?.addEventListener("toggle", fit);
  more?.addEventListener("click", () => { isWhole = true; fit(); sheet.querySelector("iframe").focus(); });
  sheet.addEventListener("pointerdown", () => { isHeld = true; }); // only the handle in the corner is not the frame's
  fit();
}

function measure(sheet, { nodes, css }) {
  const box = document.createElement("div");
  box.className = "reading-measure";
  box.setAttribute("aria-hidden", "true");
  const root = box.attachShadow({ mode: "closed" }), style = new CSSStyleSheet();
  style.replaceSync(css);
  root.adoptedStyleSheets = [style];
  const body = document.createElement("div");
  body.className = "candor-body";
  body.append(...nodes.map(built));
  root.append(body);
  sheet.append(box);
  return box;
}

function built(node) {
  if (typeof node === "string") return document.createTextNode(node);
  const [name, sizes, inside] = node;
  const element = document.createElement(name === "img" ? "img" : TAGS.has(name) ? name : "span");
  for (const [key, value] of Object.entries(sizes)) {
    if (key === "style") element.style.cssText = value;
    else if (SIZES.has(key)) element.setAttribute(key, value);
  }
  if (name === "img") fill(element, sizes);
  if (name !== "img") element.append(...inside.map(built));
  return element;
}

// Only pictures that came with the mail are asked how large they are; those on the web have been fetched once, by the frame.
function fill(image, { src = "", width, height, style = "" }) {
  if (src.startsWith("data:image/") || src.startsWith("/mail/pictures/")) image.src = src;
  else if (!width && !height && !style.includes("width")) image.style.cssText += `;display:inline-block;${UNKNOWN}`;
  else image.style.display = "inline-block";
}

// A file that only calls itself a picture has the sign of any file.
const broken = (image) => image.closest("a").replaceWith(image.closest("a").querySelector("template").content.cloneNode(true));
document.addEventListener("error", ({ target }) => {
  if (target instanceof HTMLImageElement && target.matches("[data-thumbnail]")) broken(target);
}, true);
for (const image of document.querySelectorAll("[data-thumbnail]")) if (image.complete && !image.naturalWidth) broken(image);

// Who had trackers in a mail: on hover, focus and tap.
const GAP = 6, EDGE = 8;
const cardOf = (shield) => document.getElementById(shield.getAttribute("popovertarget"));

function show(shield) {
  const card = cardOf(shield);
  if (!card?.showPopover || card.matches(":popover-open")) return;
  card.showPopover();
  const place = shield.getBoundingClientRect();
  card.style.left = `${Math.max(EDGE, Math.min(place.left, innerWidth - card.offsetWidth - EDGE))}px`;
  const below = place.bottom + GAP;
  card.style.top = `${below + card.offsetHeight + EDGE <= innerHeight ? below : Math.max(EDGE, place.top - GAP - card.offsetHeight)}px`;
  shield.setAttribute("aria-expanded", "true");
}

function hide(shield) {
  const card = cardOf(shield);
  if (card?.matches(":popover-open")) card.hidePopover();
  shield.setAttribute("aria-expanded", "false");
}

const shieldOf = (target) => (target instanceof Element ? target.closest("[data-shield]") : null);
document.addEventListener("pointerover", (event) => { const shield = shieldOf(event.target); if (shield && event.pointerType !== "touch") show(shield); });
document.addEventListener("pointerout", (event) => {
  const shield = shieldOf(event.target);
  if (shield && event.pointerType !== "touch" && !shield.contains(event.relatedTarget) && document.activeElement !== shield) hide(shield);
});
document.addEventListener("focusin", (event) => { const shield = shieldOf(event.target); if (shield?.matches(":focus-visible")) show(shield); });
document.addEventListener("focusout", (event) => { const shield = shieldOf(event.target); if (shield) hide(shield); });
document.addEventListener("click", (event) => {
  const shield = shieldOf(event.target);
  if (!shield) return;
  event.preventDefault(); // or the browser would close what hovering has opened
  show(shield);
});
document.addEventListener("toggle", ({ target, newState }) => { // Escape, or a tap elsewhere
  if (newState === "closed" && target.matches?.(".reading-card")) document.querySelector(`[popovertarget="${target.id}"]`)?.setAttribute("aria-expanded", "false");
}, true);
addEventListener("scroll", () => document.querySelectorAll("[data-shield][aria-expanded=true]").forEach(hide), { passive: true });
