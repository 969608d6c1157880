// Who will be tracked and who not, and why: told while one writes. And the block that asks recipients for their permission.
import { isSignedOut, post } from "./keeping.js";

const WAIT = 300; // milliseconds after the last change
const ASKED = ["account", "to", "cc", "bcc", "track_opens", "track_links", "tell_apart"];
const BLOCK = ".candor_ask";

export class Consenting {
  constructor(composer) {
    Object.assign(this, { composer, form: composer.form, line: composer.find("[data-consent]") });
    this.known = this.key(); // what the page was made with
    this.isUntracked = "nobody" in this.line.dataset;
    this.form.addEventListener("composer:changed", () => this.look());
    this.form.elements.account?.addEventListener("change", () => { composer.changed(); this.look(); });
    composer.find("[data-insert-ask]")?.addEventListener("click", () => this.insert());
  }

  get block() {
    const { editor } = this.composer;
    return editor && [...editor.root.querySelectorAll(BLOCK)].find((block) => !block.closest(".gmail_quote"));
  }

  fields() {
    for (const chips of Object.values(this.composer.chips)) chips.keepField();
    return [...ASKED.map((name) => [name, this.form.elements[name]?.value ?? ""]), ["body_html", this.block?.outerHTML ?? ""]];
  }

  key() {
    return JSON.stringify(this.fields());
  }

  look() {
    const key = this.key();
    if (key === this.known) return;
    this.known = key;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(key), WAIT);
  }

  async ask(key) {
    const data = new FormData();
    for (const [name, value] of this.fields()) data.append(name, value);
    const response = await post(this.line.dataset.consentUrl, data).catch(() => null);
    if (!response?.ok || isSignedOut(response)) { this.known = undefined; return; } // asked again with the next change
    const answer = await response.json();
    if (key === this.known) this.show(answer);
  }

  show({ sentence, is_warning: isWarning, is_nobody_tracked: isNobody }) {
    const words = this.line.querySelector("span");
    if (words.textContent !== sentence) words.textContent = sentence;
    this.line.classList.toggle("is-warning", isWarning);
    this.line.hidden = !sentence;
    this.isUntracked = isNobody;
    this.composer.showShared();
  }

  // One question a mail: whoever asks for it again is led to the one that is there.
  insert() {
    const { block } = this, { editor, templating } = this.composer;
    if (!editor) return;
    if (block) block.scrollIntoView({ block: "nearest" });
    else {
      templating.range = editor.squire.getSelection();
      templating.insertHtml(`<div><br></div>${this.composer.find("[data-ask-block]").content.textContent.trim()}`);
      this.composer.changed();
    }
    editor.focus();
  }
}
