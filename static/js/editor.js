// The rich text box: Squire with a toolbar. What is written comes out as HTML; the server cleans it once more.
import { BLANK, fits, forText, shrinkPasted } from "./images.js";
import { isFromOffice, tidied } from "./pasting.js";

const KEYS = { bold: "B", italic: "I", underline: "U", ul: "UL", ol: "OL", quote: "BLOCKQUOTE", link: "A" };
const loaded = new Map();

function loadScript(url) {
  if (!loaded.has(url)) {
    loaded.set(url, new Promise((resolve, reject) => {
      const script = Object.assign(document.createElement("script"), { src: url, onload: resolve, onerror: reject });
      document.head.append(script);
    }));
  }
  return loaded.get(url);
}

export async function loadEditor({ purify, squire }) {
  await loadScript(purify);
  await loadScript(squire);
}

// Safe nodes for the editor. Images from elsewhere are not loaded while writing, since they would tell their host; they stay in the mail.
function safeFragment(html) {
  const fragment = window.DOMPurify.sanitize(html, {
    RETURN_DOM_FRAGMENT: true, FORBID_TAGS: ["style", "form", "input", "button", "textarea", "select", "svg", "math", "video", "audio"],
    FORBID_ATTR: ["id", "srcset", "background"], ALLOW_DATA_ATTR: false, ADD_ATTR: ["data-merge", "data-mention", "data-notrack", "data-remote"],
  });
  for (const image of fragment.querySelectorAll("img")) {
    const source = image.getAttribute("src") ?? "";
    if (/^(https?:)?\/\//i.test(source)) {
      image.dataset.remote = source;
      image.setAttribute("src", BLANK);
    }
  }
  return document.importNode(fragment, true);
}

export class Editor {
  constructor({ root, toolbar, dialog, label, onChange, onSend, onFiles, onLost = () => {} }) {
    Object.assign(this, { root, toolbar, dialog, onChange, onFiles, onLost });
    root.hidden = toolbar.hidden = false;
    for (const [name, value] of Object.entries({ role: "textbox", "aria-multiline": "true", "aria-label": label, spellcheck: "true", tabindex: "0" })) {
      root.setAttribute(name, value);
    }
    this.squire = new window.Squire(root, { sanitizeToDOMFragment: safeFragment, tagAttributes: { blockquote: { type: "cite" } }, addLinks: true });
    this.squire.addEventListener("input", () => this.onInput());
    this.squire.addEventListener("pathChange", () => this.showState());
    this.squire.addEventListener("pasteImage", (event) => this.insertImages([...event.detail.clipboardData.files]));
    const control = /Mac|iPhone|iPad/.test(navigator.platform) ? "Meta-" : "Ctrl-";
    const keys = { k: () => this.openLink(), K: () => this.openLink(), Enter: onSend, "\\": () => this.squire.removeAllFormatting() };
    for (const [key, action] of Object.entries(keys)) {
      this.squire.setKeyHandler(control + key, (_squire, event) => { event.preventDefault(); action(); });
    }
    root.parentElement.addEventListener("paste", (event) => root.contains(event.target) && this.onPaste(event), true); // before Squire
    this.squire.addEventListener("willPaste", ({ detail }) => detail.fragment && this.shrinkPasted(detail.fragment));
    root.addEventListener("click", (event) => this.beginAtTop(event.target));
    this.hookToolbar();
    this.hookDialog();
  }

  // The first click into a mail that nobody has written in begins it, wherever above or below the signature it falls.
  beginAtTop(target) {
    const isAside = target === this.root || target.closest(".candor_signature") || target.parentElement === this.root;
    if (!this.isTouched && isAside && this.root.querySelector(".candor_signature") && this.squire.getSelection().collapsed) this.squire.moveCursorToStart();
    this.isTouched = true;
  }

  // Files are attached or shown; what an office program wrote is made simple before Squire has it. All else is Squire's.
  onPaste(event) {
    const { clipboardData } = event, files = [...clipboardData.files], html = clipboardData.getData("text/html");
    const isOffice = isFromOffice(html);
    if (!isOffice && (html || !files.length)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const tidy = isOffice ? tidied(html) : { html: "", lost: 0 };
    if (tidy.html) {
      this.squire.insertHTML(tidy.html, true);
      if (tidy.lost) this.onLost();
    } else this.insertImages(files);
  }

  // Squire also tells of what it did itself, such as showing the first words: only another text is a change.
  onInput() {
    const now = this.squire.getHTML();
    if (now === this.known) return;
    this.known = now;
    this.isTouched = true;
    this.onChange();
  }

  get html() {
    const copy = document.createElement("template");
    copy.innerHTML = this.squire.getHTML();
    for (const image of copy.content.querySelectorAll("img[data-remote]")) {
      image.setAttribute("src", image.dataset.remote);
      image.removeAttribute("data-remote");
    }
    return copy.innerHTML;
  }

  set html(html) {
    this.squire.setHTML(html);
    this.squire.moveCursorToStart();
    this.known = this.squire.getHTML();
  }

  focus() {
    this.squire.focus();
  }

  // One's own: those in a quotation were below other mails.
  get signature() {
    return [...this.root.querySelectorAll(".candor_signature")].find((block) => !block.closest(".gmail_quote"));
  }

  // Another signature in its place; what was written around it stays.
  replaceSignature(html) {
    const old = this.signature;
    if (old) {
      this.squire.saveUndoState();
      if (html) old.replaceChildren(safeFragment(html));
      else old.remove();
      if (!this.root.firstChild) this.squire.setHTML("");
      this.onChange();
    } else if (html) {
      const block = document.createElement("div");
      block.className = "candor_signature";
      block.append(safeFragment(html));
      const quote = this.root.querySelector(":scope > .gmail_quote");
      this.root.insertBefore(block, quote);
      this.onChange();
    }
  }

  hookToolbar() {
    const buttons = [...this.toolbar.querySelectorAll("button")];
    buttons.forEach((button, index) => { button.tabIndex = index ? -1 : 0; });
    this.toolbar.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = buttons[(buttons.indexOf(event.target) + step + buttons.length) % buttons.length];
      for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
      next.focus();
    });
    this.toolbar.addEventListener("mousedown", (event) => event.target.closest("[data-format]") && event.preventDefault()); // keeps the selection
    this.toolbar.addEventListener("click", (event) => {
      const button = event.target.closest("[data-format]");
      if (button) this.format(button.dataset.format);
    });
  }

  format(name) {
    const { squire } = this;
    const isOn = name !== "clear" && squire.hasFormat(KEYS[name]);
    const actions = {
      bold: () => (isOn ? squire.removeBold() : squire.bold()),
      italic: () => (isOn ? squire.removeItalic() : squire.italic()),
      underline: () => (isOn ? squire.removeUnderline() : squire.underline()),
      ul: () => (isOn ? squire.removeList() : squire.makeUnorderedList()),
      ol: () => (isOn ? squire.removeList() : squire.makeOrderedList()),
      quote: () => (isOn ? squire.decreaseQuoteLevel() : squire.increaseQuoteLevel()),
      link: () => this.openLink(),
      clear: () => squire.removeAllFormatting(),
    };
    actions[name]();
    if (name !== "link") squire.focus();
    this.showState();
  }

  showState() {
    for (const [name, tag] of Object.entries(KEYS)) {
      this.toolbar.querySelector(`[data-format="${name}"]`)?.setAttribute("aria-pressed", this.squire.hasFormat(tag));
    }
  }

  hookDialog() {
    const part = (name) => this.dialog.querySelector(`[data-link-${name}]`);
    this.part = part;
    part("set").addEventListener("click", () => this.setLink());
    part("cancel").addEventListener("click", () => { this.dialog.close(); this.squire.setSelection(this.range).focus(); });
    part("remove").addEventListener("click", () => { this.dialog.close(); this.squire.setSelection(this.range).removeLink(); });
    this.dialog.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter" && event.target.matches("input")) { event.preventDefault(); this.setLink(); }
    });
    this.dialog.addEventListener("cancel", () => this.squire.setSelection(this.range).focus());
  }

  openLink() {
    this.range = this.squire.getSelection();
    const anchor = this.anchorAt(this.range);
    if (anchor) this.range.selectNodeContents(anchor);
    fill(this.part, { url: anchor?.getAttribute("href") ?? "", words: this.range.toString() });
    this.part("words-field").hidden = !this.range.collapsed;
    if (this.part("track")) this.part("track").checked = !anchor?.hasAttribute("data-notrack");
    this.part("remove").hidden = !anchor;
    this.part("error").hidden = true;
    this.dialog.showModal();
    this.part("url").focus();
  }

  anchorAt(range) {
    const node = range.commonAncestorContainer;
    const anchor = (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement).closest("a");
    return anchor && this.root.contains(anchor) ? anchor : null;
  }

  setLink() {
    const url = address(this.part("url").value.trim());
    this.part("error").hidden = Boolean(url);
    if (!url) return this.part("url").focus();
    const words = this.part("words").value.trim();
    const marks = this.part("track")?.checked === false ? { "data-notrack": "" } : {};
    this.dialog.close();
    this.squire.setSelection(this.range);
    if (this.range.collapsed) {
      const anchor = Object.assign(document.createElement("a"), { href: url, textContent: words || url.replace(/^mailto:/, "") });
      for (const [name, value] of Object.entries(marks)) anchor.setAttribute(name, value);
      this.squire.insertHTML(anchor.outerHTML);
    } else {
      this.squire.makeLink(url, marks);
      this.range.collapse(false);
    }
    this.squire.focus();
    this.onChange();
  }

  // Pictures into the text; what no mail shows, or what is too large for the text, is attached.
  async insertImages(files) {
    for (const file of files) {
      const found = file.type.startsWith("image/") ? await forText(file) : null;
      if (found && fits(this.root, found.url)) this.insertImage(found, file.name);
      else this.onFiles([file], { isPicture: file.type.startsWith("image/") });
    }
    this.onChange();
  }

  async shrinkPasted(fragment) {
    if (await shrinkPasted(fragment, this.root, (file) => this.onFiles([file], { isPicture: true }))) this.onChange();
  }

  insertImage({ url, width }, name) {
    const image = this.squire.insertImage(url, { alt: name.replace(/\.\w+$/, ""), ...(width && { width }) });
    image.style.maxWidth = "100%";
    if (width) image.style.height = "auto";
  }

  // Where something is dropped, writing goes on.
  moveTo({ clientX, clientY }) {
    const range = document.caretRangeFromPoint?.(clientX, clientY);
    if (range && this.root.contains(range.startContainer)) this.squire.setSelection(range);
  }
}

function fill(part, values) {
  for (const [name, value] of Object.entries(values)) part(name).value = value;
}

// A web or mail address in full, or "" when it is neither.
function address(typed) {
  if (/^(https?:\/\/|mailto:|tel:)\S+$/i.test(typed)) return typed;
  if (/^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/.test(typed)) return `mailto:${typed}`;
  return /^[^\s/@:]+\.[^\s/@.]{2,}([/?#:]\S*)?$/.test(typed) ? `https://${typed}` : "";
}
