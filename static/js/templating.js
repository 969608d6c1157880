// Templates in the composer: picked by name, inserted with their fields filled. What has no value stays marked and is told
// before sending; other recipients fill the fields anew.
import { isSignedOut, post } from "./keeping.js";
import { listbox } from "./listbox.js";
import { toast } from "./toasts.js";

const WAIT = 250; // milliseconds after the last change of the recipients
const ASIDE = ".candor_signature, .gmail_quote"; // a template goes above these

export class Templating {
  constructor(composer) {
    Object.assign(this, { composer, form: composer.form, seen: new WeakMap() });
    this.dialog = composer.find("[data-template-dialog]");
    this.fields = new Map([...this.dialog.querySelectorAll("data")].map((field) => [field.value, field.textContent]));
    const names = [...this.fields.keys()].map((name) => name.replace(".", "\\.")).join("|");
    this.patterns = [`\\[\\s*(${names})\\s*\\]`, `\\{[{%][^{}]{0,500}?(?<![\\w.])(${names})(?![\\w.])[^{}]{0,500}[%}]\\}`].map((one) => new RegExp(one, "gi"));
    this.hookDialog();
    this.hookNaming();
    composer.find("[data-unfilled-next]").addEventListener("click", () => this.next());
    composer.ready.then(() => this.begin());
  }

  begin() {
    const { editor } = this.composer;
    if (!editor) return;
    this.composer.find("[data-inserts]").hidden = false;
    this.recipient = this.filledFor = this.firstRecipient();
    editor.squire.addEventListener("willPaste", (event) => unmark(event.detail.fragment)); // what others wrote asks for nothing
    editor.root.addEventListener("click", (event) => {
      const missing = event.target.closest(".candor_missing");
      if (missing && window.getSelection().isCollapsed) this.select(missing);
    });
    this.form.addEventListener("composer:changed", () => this.onChange());
    this.look();
  }

  onChange() {
    this.look();
    const recipient = this.firstRecipient();
    if (recipient === this.recipient) return;
    this.recipient = recipient;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.fillAgain(), WAIT);
  }

  firstRecipient() {
    return `${this.composer.chips.to.chips[0]?.text ?? ""}\n${this.form.elements.account?.value ?? ""}`;
  }

  get spans() {
    return [...this.composer.editor.root.querySelectorAll("span[data-merge]")];
  }

  // What the person has written over is theirs from then on; the rest is counted.
  look() {
    for (const span of this.spans) {
      if (!this.seen.has(span)) this.seen.set(span, span.textContent);
      else if (!span.textContent.startsWith(this.seen.get(span))) unmark(span);
    }
    this.tell(this.unfilled());
    this.tellSame();
  }

  unfilled() {
    const copy = this.composer.editor.root.cloneNode(true);
    for (const quote of copy.querySelectorAll(".gmail_quote")) quote.remove();
    const links = [...copy.querySelectorAll("[href]")].map((link) => link.getAttribute("href"));
    const text = [this.form.elements.subject.value, copy.textContent, ...links].join("\n").replace(/[\u00ad\u200b-\u200d\u2060\ufeff]/g, "");
    const found = new Set(this.patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1].toLowerCase())));
    return [...this.fields].filter(([name]) => found.has(name)).map(([, label]) => label);
  }

  tell(labels) {
    const place = this.composer.find("[data-unfilled]"), { words } = this.composer;
    const sentence = labels.length ? (this.recipient.startsWith("\n") ? words.unfilledNobody : words.unfilled).replace("%s", labels.join(", ")) : "";
    const line = place.querySelector("[data-unfilled-words]");
    if (line.textContent !== sentence) line.textContent = sentence;
    place.hidden = !sentence;
  }

  tellSame() {
    const people = Object.values(this.composer.chips).flatMap((chips) => chips.chips);
    const isPersonal = this.spans.some((span) => /^\s*(person|organisation)\./.test(span.dataset.merge));
    const place = this.composer.find("[data-same-words]"), first = this.composer.chips.to.chips[0];
    place.hidden = !(isPersonal && people.length > 1 && first);
    const sentence = place.hidden ? "" : this.composer.words.sameWords.replace("%count", people.length).replace("%name", first.name || first.email);
    if (place.querySelector("span").textContent !== sentence) place.querySelector("span").textContent = sentence;
  }

  next() {
    const missing = this.composer.editor.root.querySelector(".candor_missing");
    if (missing) this.select(missing);
    else if (!this.selectInSubject()) this.composer.editor.focus();
  }

  selectInSubject() {
    const { subject } = this.form.elements;
    const found = this.patterns.map((pattern) => new RegExp(pattern, "i").exec(subject.value)).find(Boolean);
    if (!found) return false;
    subject.focus();
    subject.setSelectionRange(found.index, found.index + found[0].length);
    return true;
  }

  select(span) {
    const range = document.createRange();
    range.selectNodeContents(span);
    this.composer.editor.squire.setSelection(range).focus();
    span.scrollIntoView({ block: "nearest" });
  }

  // Asking the server

  async ask(url, more) {
    this.composer.chips.to.keepField();
    const data = new FormData();
    for (const name of ["account", "draft", "deal", "reply", "to"]) data.append(name, this.form.elements[name]?.value ?? "");
    for (const [name, value] of more) data.append(name, value);
    const response = await post(url, data).catch(() => null);
    if (response && isSignedOut(response)) this.composer.signedOut();
    return response;
  }

  async fillAgain() {
    const spans = this.spans, { subject } = this.form.elements;
    const isSubjectOurs = this.subject && subject.value === this.subject.filled;
    const source = isSubjectOurs ? this.subject.source : subjectSource(subject.value, this.fields);
    const { recipient } = this;
    if (!spans.length && !source) { this.filledFor = recipient; return; }
    const response = await this.ask(this.dialog.dataset.fieldsUrl, [["subject_source", source], ...spans.map((span) => ["source", span.dataset.merge])]);
    if (!response?.ok || recipient !== this.recipient) return;
    const { pieces, subject: filled } = await response.json();
    const changes = spans.map((span, index) => this.refill(span, pieces[index]));
    if (filled !== null && source && filled !== subject.value) {
      subject.value = filled;
      this.subject = { source, filled };
      this.composer.showTitle();
      changes.push(true);
    }
    this.filledFor = recipient;
    if (changes.some(Boolean)) this.composer.changed();
  }

  // Whether the fields are those of the recipients as they are now: before that no mail is sent.
  async done() {
    if (!this.composer.editor || this.filledFor === this.recipient) return true;
    clearTimeout(this.timer);
    await this.fillAgain();
    return this.filledFor === this.recipient;
  }

  refill(span, piece) {
    const before = this.seen.get(span) ?? span.textContent, text = span.firstChild;
    if (!piece || !span.isConnected || span.childNodes.length !== 1 || text.nodeType !== Node.TEXT_NODE || !text.data.startsWith(before)) return false;
    const isMissing = span.classList.contains("candor_missing");
    if (before === piece.shown && isMissing === piece.is_missing) return false;
    text.replaceData(0, before.length, piece.shown);
    span.classList.toggle("candor_missing", piece.is_missing);
    this.seen.set(span, piece.shown);
    return true;
  }

  async insert(number) {
    const { recipient } = this;
    const response = await this.ask(this.dialog.dataset.fillUrl.replace(/0\/$/, `${number}/`), []);
    const answer = await response?.json().catch(() => null);
    if (!response?.ok) return toast(answer?.sentence ?? this.composer.words.notInserted, { seconds: 8 });
    const { subject } = this.form.elements;
    if (!subject.value.trim() && answer.subject) {
      subject.value = answer.subject;
      this.subject = { source: answer.subject_source, filled: answer.subject };
      this.composer.showTitle();
    }
    this.insertHtml(answer.body_html);
    this.composer.changed();
    if (recipient !== this.recipient) { this.filledFor = null; await this.done(); }
    return undefined;
  }

  insertHtml(html) {
    const { squire, root } = this.composer.editor;
    squire.setSelection(this.placeFor(this.range ?? squire.getSelection()));
    if (html) squire.insertHTML(html);
    squire.focus();
    const missing = root.querySelector(".candor_missing");
    if (missing) this.select(missing);
  }

  // Where the caret was, or the end of what was written when it was below that.
  placeFor(range) {
    const { root } = this.composer.editor;
    const aside = root.querySelector(ASIDE);
    const top = aside && [...root.children].find((child) => child.contains(aside));
    const isInside = root.contains(range.startContainer) && range.startContainer !== root;
    const isAbove = !top || (!top.contains(range.startContainer) && range.startContainer.compareDocumentPosition(top) & Node.DOCUMENT_POSITION_FOLLOWING);
    if (isInside && isAbove) return range;
    const place = document.createRange();
    place.selectNodeContents(this.emptyLine(top));
    place.collapse(true);
    return place;
  }

  // The first empty line below what was written, made where there is none.
  emptyLine(top) {
    const { root } = this.composer.editor, blocks = [...root.children];
    const above = top ? blocks.slice(0, blocks.indexOf(top)) : blocks;
    const written = above.findLastIndex((block) => block.textContent.trim() || block.querySelector("img, hr"));
    return above[written + 1] ?? lineBefore(root, top ?? null);
  }

  // The dialog

  hookDialog() {
    const { dialog } = this, find = (selector) => dialog.querySelector(selector);
    this.search = find("[data-template-search]");
    this.error = find("[data-template-error]");
    listbox(this.search, {
      minimum: 0, isEager: true,
      address: (text) => `${dialog.dataset.optionsUrl}?q=${encodeURIComponent(text)}`,
      onPick: (option) => { if (option.dataset.pk) { dialog.close(); this.insert(option.dataset.pk); } },
    });
    this.composer.find("[data-open-templates]").addEventListener("click", () => this.open());
    find("[data-template-cancel]").addEventListener("click", () => { dialog.close(); this.composer.editor.focus(); });
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.preventDefault(); event.stopImmediatePropagation(); dialog.close(); this.composer.editor.focus(); }
      else if (event.key === "Enter" && event.target.matches("input")) event.preventDefault(); // no sending from here
    }, true);
    dialog.addEventListener("keydown", (event) => event.stopPropagation());
    this.search.addEventListener("focus", () => this.search.dispatchEvent(new Event("input")));
  }

  open() {
    this.range = this.composer.editor.squire.getSelection();
    this.search.value = "";
    this.error.hidden = true;
    this.showNaming(false);
    this.dialog.showModal();
    this.search.focus();
  }

  hookNaming() {
    this.naming = this.dialog.querySelector("[data-template-name]");
    this.keepButton = this.dialog.querySelector("[data-template-keep]");
    const input = this.naming.querySelector("input");
    this.keepButton.addEventListener("click", () => {
      this.showNaming(this.naming.hidden);
      input.value = this.form.elements.subject.value.replace(/\[[\w.]+\]/g, "…").slice(0, 100);
      if (!this.naming.hidden) { input.focus(); input.select(); }
    });
    this.naming.querySelector("button").addEventListener("click", () => this.keep(input.value));
    input.addEventListener("keydown", (event) => { if (event.key === "Enter") this.keep(input.value); });
  }

  showNaming(isOpen) {
    this.naming.hidden = !isOpen;
    this.keepButton.setAttribute("aria-expanded", isOpen);
  }

  async keep(name) {
    const { subject } = this.form.elements;
    const source = this.subject?.filled === subject.value ? this.subject.source : subjectSource(subject.value, this.fields) || subject.value;
    const response = await this.ask(this.dialog.dataset.keepUrl, [["name", name], ["subject", source], ["body_html", this.ownHtml()]]);
    const answer = await response?.json().catch(() => null);
    if (response?.ok) {
      this.dialog.close();
      this.composer.editor.focus();
      toast(answer.toast, { seconds: 8, action: this.composer.words.open, onAction: () => window.open(answer.url, "_blank", "noopener") });
      return;
    }
    this.error.textContent = answer?.sentence ?? this.composer.words.notKept;
    this.error.hidden = false;
  }

  // What was written, without the signature, the quotation and the empty lines above them.
  ownHtml() {
    const copy = document.createElement("template");
    copy.innerHTML = this.composer.editor.html;
    for (const aside of copy.content.querySelectorAll(ASIDE)) aside.remove();
    const last = () => copy.content.lastElementChild;
    while (last() && !last().textContent.trim() && !last().querySelector("img, hr")) last().remove();
    return copy.innerHTML;
  }
}

function unmark(root) {
  const spans = root.matches?.("[data-merge]") ? [root] : root.querySelectorAll("[data-merge], .candor_field, .candor_missing");
  for (const span of spans) {
    span.removeAttribute("data-merge");
    span.classList.remove("candor_field", "candor_missing");
  }
}

// A subject that shows placeholders, as the template that it came from; "" when it shows none.
function subjectSource(text, fields) {
  const names = [...fields.keys()].filter((name) => text.includes(`[${name}]`));
  if (!names.length || /\{[{%]/.test(text)) return "";
  return names.reduce((source, name) => source.replaceAll(`[${name}]`, `{{ ${name} }}`), text);
}

function lineBefore(root, block) {
  const line = document.createElement("div");
  line.append(document.createElement("br"));
  root.insertBefore(line, block);
  return line;
}
