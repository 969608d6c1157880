// The box of a note: the editor of mails with fewer tools, and colleagues who are mentioned by “@”.
import { Editor, loadEditor } from "./editor.js";

export function hookNotes(boxes) {
  for (const box of boxes) hook(box);
}

async function hook(box) {
  const form = box.closest("form"), text = form.elements.text, html = form.elements.html;
  await loadEditor(box.dataset);
  const find = (name) => box.querySelector(`[data-${name}]`);
  const root = find("editor");
  const hadFocus = document.activeElement === text;
  box.hidden = false;
  text.hidden = true;
  const keep = () => {
    html.value = editor.html;
    root.classList.toggle("is-blank", !root.textContent.trim() && !root.querySelector("li"));
    form.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const editor = new Editor({
    root, toolbar: find("toolbar"), dialog: find("link-dialog"), label: root.dataset.label, onChange: keep, onSend: () => form.requestSubmit(), onFiles: () => {},
  });
  root.dataset.placeholder = box.dataset.placeholder;
  editor.html = html.value || paragraphs(text.value);
  root.classList.toggle("is-blank", !root.textContent.trim());
  new Mentions(box, editor);
  form.addEventListener("submit", () => { html.value = editor.html; }, true);
  if (!hadFocus && !text.hasAttribute("aria-invalid")) return;
  editor.focus();
  editor.squire.moveCursorToEnd(); // one goes on where one was writing before the editor was there
}

const paragraphs = (text) => text && text.split("\n").map((line) => `<div>${line.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`) || "<br>"}</div>`).join("");

// “@” and the beginning of a name open a list; arrows, Enter, Tab and Escape as in every list of suggestions.
class Mentions {
  constructor(box, editor) {
    Object.assign(this, { box, editor, active: -1 });
    this.list = Object.assign(document.createElement("div"), { className: "options mention-options", hidden: true, id: `mentions-${Math.random().toString(36).slice(2, 8)}` });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", box.dataset.mentionLabel);
    box.append(this.list);
    editor.root.setAttribute("aria-controls", this.list.id);
    editor.root.addEventListener("input", () => this.look());
    editor.root.addEventListener("blur", () => this.close());
    box.addEventListener("keydown", (event) => this.onKey(event), true); // before Squire
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.pick(option);
    });
  }

  // What stands between the last “@” and the caret, with the range that it fills.
  typed() {
    const range = window.getSelection().rangeCount ? window.getSelection().getRangeAt(0) : null;
    if (!range?.collapsed || range.startContainer.nodeType !== Node.TEXT_NODE || !this.editor.root.contains(range.startContainer)) return null;
    if (range.startContainer.parentElement.closest("[data-mention]")) return null;
    const before = range.startContainer.data.slice(0, range.startOffset);
    const found = before.match(/(?:^|[\s(\u200b])@([^@\n]{0,40})$/);
    if (!found || /\s{2}|\s\S+\s\S+\s/.test(found[1])) return null;
    const place = document.createRange();
    place.setStart(range.startContainer, before.length - found[1].length - 1);
    place.setEnd(range.startContainer, range.startOffset);
    return { text: found[1], place };
  }

  look() {
    clearTimeout(this.timer);
    const typed = this.typed();
    if (!typed) return this.close();
    this.timer = setTimeout(() => this.ask(typed.text), 110);
  }

  async ask(text) {
    this.request?.abort();
    this.request = new AbortController();
    const answer = await fetch(`${this.box.dataset.mentions}&q=${encodeURIComponent(text)}`, { signal: this.request.signal, headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok || this.typed()?.text !== text) return;
    this.list.innerHTML = await answer.text();
    this.options.forEach((option, at) => { option.id = `${this.list.id}-${at}`; });
    this.list.hidden = !this.options.length;
    this.mark(0);
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  mark(index) {
    const all = this.options;
    this.active = all.length ? (index + all.length) % all.length : -1;
    all.forEach((option, at) => option.setAttribute("aria-selected", String(at === this.active)));
    if (this.active >= 0) this.editor.root.setAttribute("aria-activedescendant", all[this.active].id);
  }

  close() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.list.hidden = true;
    this.editor.root.removeAttribute("aria-activedescendant");
  }

  onKey(event) {
    if (this.list.hidden || !this.editor.root.contains(event.target)) return;
    const actions = {
      ArrowDown: () => this.mark(this.active + 1), ArrowUp: () => this.mark(this.active - 1),
      Enter: () => this.pick(this.options[this.active]), Tab: () => this.pick(this.options[this.active]), Escape: () => this.close(),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    actions[event.key]();
  }

  pick(option) {
    const typed = this.typed();
    this.close();
    if (!typed || !option) return;
    const mark = Object.assign(document.createElement("span"), { textContent: `@${option.dataset.name}` });
    mark.dataset.mention = option.dataset.pk;
    const { squire } = this.editor, after = document.createTextNode("\u00a0"), caret = document.createRange();
    squire.saveUndoState();
    typed.place.deleteContents(); // by hand: Squire would begin a new line
    typed.place.insertNode(after);
    typed.place.insertNode(mark);
    caret.setStart(after, 1);
    squire.setSelection(caret).focus();
    this.editor.onInput();
  }
}
