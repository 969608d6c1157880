// Templates and signatures being written in the settings: the rich text box, its fields, and the preview.
import { Editor, loadEditor } from "./editor.js";
import { hookPicks } from "./pick.js";

const FIELD = /\{\{[^{}]*\}\}|\{%[^{}]*%\}/g;

export function hook(forms) {
  for (const form of forms) {
    if (form.isHooked) continue;
    form.isHooked = true;
    hookPicks(form);
    const box = form.querySelector("[data-writing-box]");
    if (box) hookBox(form, box);
    form.querySelector("[data-preview]")?.click(); // shows at once how it reads
  }
}

async function hookBox(form, box) {
  const source = form.elements[box.dataset.writingBox], find = (name) => box.querySelector(`[data-${name}]`) ?? form.querySelector(`[data-${name}]`);
  await loadEditor(box.dataset);
  box.hidden = false;
  source.hidden = true;
  const known = new Set([...box.querySelectorAll("[data-field]")].map((item) => item.dataset.field));
  const editor = new Editor({
    root: find("editor"), toolbar: find("toolbar"), dialog: find("link-dialog"), label: find("editor").dataset.label,
    onChange: () => { source.value = editor.html; showFields(editor.root, known); }, onSend: () => form.requestSubmit(), onFiles: () => {},
  });
  editor.html = source.value;
  showFields(editor.root, known);
  const menu = box.querySelector("[data-insert-field]");
  if (menu) hookFields(form, editor, menu);
  find("insert-ask")?.addEventListener("click", () => insertQuestion(editor, find("ask-block").content.textContent.trim()));
}

// The question whether recipients may be tracked; one a mail is enough.
function insertQuestion(editor, html) {
  const block = editor.root.querySelector(".candor_ask");
  if (block) block.scrollIntoView({ block: "nearest" });
  else editor.squire.insertHTML(html);
  editor.focus();
  editor.onInput();
}

// A field goes where one wrote last: into the subject or into the text.
function hookFields(form, editor, menu) {
  let last = document.activeElement === form.elements.subject ? form.elements.subject : editor.root;
  for (const place of [form.elements.subject, editor.root]) place?.addEventListener("focus", () => { last = place; });
  menu.addEventListener("click", (event) => {
    const item = event.target.closest("[data-field]");
    if (!item) return;
    const text = `{{ ${item.dataset.field} }}`;
    if (last === editor.root) {
      editor.squire.insertPlainText(text).focus();
      editor.onInput();
    } else {
      last.focus();
      last.setRangeText(text, last.selectionStart, last.selectionEnd, "end");
    }
  });
}

// Fields look like chips while they stay plain text: drawn by the browser, nothing of it is in the template.
function showFields(root, known) {
  if (!window.Highlight) return;
  const right = new window.Highlight(), wrong = new window.Highlight();
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (const found of node.data.matchAll(FIELD)) {
      const isRight = !found[0].startsWith("{{") || known.has(found[0].match(/^\{\{-?\s*([^\s|}-]*)/)[1]);
      const range = new StaticRange({ startContainer: node, startOffset: found.index, endContainer: node, endOffset: found.index + found[0].length });
      (isRight ? right : wrong).add(range);
    }
  }
  CSS.highlights.set("merge-field", right);
  CSS.highlights.set("merge-field-wrong", wrong);
}
