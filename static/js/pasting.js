// What Word, Outlook and Google Docs put into the clipboard, as plain and simple HTML: words, emphasis, links, lists, tables.
const OFFICE = /class="?'?Mso|style=["'][^"']*mso-|<o:p|urn:schemas-microsoft-com|content="?Microsoft/i;
const DOCS = /docs-internal-guid/;
const UNWANTED = "script, meta, link, title, xml";
const STYLE_SHEET = /<style[\s>][^]*?<\/style>/gi; // even a parsed one breaks the page's content policy
const BLOCKS = "p, div, table, ul, ol, h1, h2, h3, h4, h5, h6, blockquote, pre, hr";
const KEPT = { A: ["href"], IMG: ["src", "alt", "width", "height"], OL: ["start", "type"], TABLE: ["border", "cellpadding", "cellspacing", "width"], TD: ["colspan", "rowspan", "width", "valign", "align", "bgcolor"], TH: ["colspan", "rowspan", "width", "valign", "align", "bgcolor"] };
const LOCAL = /^(file|blob|webkit-fake-url|cid|wrd|about):/i;
const NUMBER = /^\(?(\d+|[a-z]|[ivxlcdm]+)[.)]/i;
const NO_GAP = /MsoNormal[^{}]*\{[^}]*margin:\s*0(cm|in|pt)?\s*;/i; // paragraphs that follow one another without a gap

export const isFromOffice = (html) => OFFICE.test(html) || DOCS.test(html);

// Answers the HTML, and how many pictures had to be left out since only the computer that they were copied on has them.
export function tidied(html) {
  const { body } = new DOMParser().parseFromString(fragmentOf(html).replace(STYLE_SHEET, ""), "text/html");
  const isOffice = OFFICE.test(html);
  for (const element of body.querySelectorAll(UNWANTED)) element.remove();
  if (isOffice) makeLists(body);
  removeComments(body);
  const lost = dropLocalPictures(body);
  for (const element of [...body.querySelectorAll("*")].reverse()) simplify(element, NO_GAP.test(html) || !isOffice);
  mendLists(body);
  return { html: body.innerHTML.trim(), lost };
}

function fragmentOf(html) {
  const start = html.indexOf("<!--StartFragment-->"), end = html.lastIndexOf("<!--EndFragment-->");
  return start >= 0 && end > start ? html.slice(start + 20, end) : html;
}

function removeComments(body) {
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_COMMENT), found = [];
  while (walker.nextNode()) found.push(walker.currentNode);
  for (const comment of found) comment.remove();
}

function dropLocalPictures(body) {
  const drawings = [...body.getElementsByTagName("*")].filter((element) => element.tagName === "V:IMAGEDATA");
  const pictures = [...body.querySelectorAll("img")].filter((image) => LOCAL.test(image.getAttribute("src") ?? "file:"));
  for (const picture of pictures) picture.remove();
  return Math.max(pictures.length, drawings.length);
}

// Word writes a list as paragraphs, each with its level and with its bullet as text.
function makeLists(body) {
  let open = [], current = ""; // the lists around the current item, from the outermost; the name of the list
  for (const paragraph of [...body.querySelectorAll("p, h1, h2, h3, h4, div")]) {
    const { level, name } = placeOf(paragraph);
    if (!level || name !== current || paragraph.previousElementSibling !== open[0]) open = [];
    current = name;
    if (!level) continue;
    const marker = takeMarker(paragraph), number = NUMBER.exec(marker);
    open.length = Math.min(open.length, level);
    while (open.length < level) open.push(newList(number, open.at(-1), paragraph));
    const item = document.createElement("li");
    item.append(...paragraph.childNodes);
    open.at(-1).append(item);
    paragraph.remove();
  }
}

function placeOf(paragraph) {
  const found = /mso-list:\s*(\S+)\s+level(\d)\s*(\w*)/i.exec(paragraph.getAttribute("style") ?? "");
  return found ? { level: Number(found[2]), name: `${found[1]} ${found[3]}` } : { level: 0, name: "" };
}

function takeMarker(paragraph) {
  const marker = [...paragraph.querySelectorAll("span")].find((span) => /mso-list:\s*Ignore/i.test(span.getAttribute("style") ?? ""));
  const text = marker?.textContent.trim() ?? "";
  marker?.remove();
  return text;
}

function newList(number, around, paragraph) {
  const list = document.createElement(number ? "ol" : "ul");
  if (/^\d+$/.test(number?.[1] ?? "") && number[1] !== "1") list.setAttribute("start", number[1]);
  if (around) (around.lastElementChild ?? around.appendChild(document.createElement("li"))).append(list);
  else paragraph.before(list);
  return list;
}

// One element without its maker's styles; what it says by them stays, as an element of its own.
function simplify(element, isDense) {
  const { style, tagName } = element;
  if (tagName.includes(":") || tagName === "FONT") return element.replaceWith(...element.childNodes);
  const marks = tagName === "SPAN" || tagName === "A" ? marksOf(style) : [];
  const color = colorOf(style), align = ["center", "right", "justify"].includes(style.textAlign) ? style.textAlign : "";
  const isPlain = tagName === "B" && style.fontWeight === "normal"; // Docs wraps all of it so
  for (const { name } of [...element.attributes]) if (!(KEPT[tagName] ?? []).includes(name)) element.removeAttribute(name);
  if (isPlain || (tagName === "A" && !element.getAttribute("href"))) return element.replaceWith(...element.childNodes);
  if (tagName === "TABLE") element.style.borderCollapse = "collapse";
  if (align) element.style.textAlign = align;
  if (tagName === "P" || tagName === "DIV") return asBlock(element, isDense);
  if (tagName === "SPAN") return asMarks(element, marks, color);
  return undefined;
}

function marksOf(style) {
  const line = style.textDecorationLine || style.textDecoration;
  const isBold = style.fontWeight === "bold" || Number(style.fontWeight) >= 600;
  return [isBold && "b", style.fontStyle === "italic" && "i", line.includes("underline") && "u", line.includes("line-through") && "s", style.verticalAlign === "super" && "sup", style.verticalAlign === "sub" && "sub"].filter(Boolean);
}

// A colour that was chosen, not the black of every text.
function colorOf({ color }) {
  return !color || /^(black|windowtext|inherit|initial|#000000|rgb\(0, 0, 0\))$/i.test(color) ? "" : color;
}

function asMarks(span, marks, color) {
  let inner = [...span.childNodes];
  for (const mark of marks) {
    const element = document.createElement(mark);
    element.append(...inner);
    inner = [element];
  }
  if (!color || span.closest("a")) return span.replaceWith(...inner);
  span.replaceChildren(...inner);
  span.style.color = color;
  return undefined;
}

// Paragraphs keep the gap that they had; empty ones are a blank line.
function asBlock(block, isDense) {
  const isEmpty = !block.textContent.replace(/\u00a0/g, "").trim() && !block.querySelector("img, br, hr, table");
  if (isEmpty && !isDense) return block.remove();
  if (isEmpty) block.replaceChildren(document.createElement("br"));
  if (block.closest("li") || block.querySelector(BLOCKS)) return block.replaceWith(...block.childNodes);
  if (!isDense || block.tagName === "DIV") return undefined;
  const plain = document.createElement("div");
  if (block.style.textAlign) plain.style.textAlign = block.style.textAlign;
  plain.append(...block.childNodes);
  block.replaceWith(plain);
  return undefined;
}

// Docs puts an inner list beside its item instead of into it, and a line break behind everything.
function mendLists(body) {
  for (const list of body.querySelectorAll("ul > ul, ul > ol, ol > ul, ol > ol")) {
    if (list.previousElementSibling) list.previousElementSibling.append(list);
  }
  for (const item of body.querySelectorAll("li > br:last-child")) item.remove();
  if (body.lastElementChild?.tagName === "BR") body.lastElementChild.remove();
}
