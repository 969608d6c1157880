// The composer's signature: chosen from the account's, swapped in place; another account brings its own.
const words = (node) => node.textContent.replace(/\s+/g, " ").trim();

export class Signing {
  constructor(composer) {
    this.composer = composer;
    this.box = composer.find("[data-inserts]");
    this.menu = composer.find("[data-signatures]");
    if (!this.menu) return;
    this.account = composer.form.elements.account;
    this.account.addEventListener("change", () => { this.sign(this.usual()); this.show(); });
    this.menu.addEventListener("click", (event) => {
      const item = event.target.closest("[data-sign]");
      if (item) this.sign(item.dataset.sign);
    });
    this.menu.addEventListener("show.bs.dropdown", () => this.show());
    this.show();
  }

  get items() {
    return [...this.menu.querySelectorAll("[data-sign]")];
  }

  // The one that stands by itself below such a mail of the chosen account, or "".
  usual() {
    const name = this.box.dataset.isReply === "true" ? "reply" : "new";
    return this.items.find((item) => item.dataset.account === this.account.value && name in item.dataset)?.dataset.sign ?? "";
  }

  html(number) {
    return this.menu.querySelector(`[data-signature="${number}"]`)?.content.textContent ?? "";
  }

  sign(number) {
    const { editor } = this.composer;
    if (!editor) return;
    editor.replaceSignature(this.html(number));
    editor.focus();
  }

  // Only what belongs to the chosen account; a tick at the one that the mail has.
  show() {
    for (const item of this.menu.querySelectorAll("[data-account]")) item.hidden = item.dataset.account !== this.account.value;
    const block = this.composer.editor?.signature;
    const written = block ? words(block) : "";
    let isFound = false;
    for (const item of this.items) {
      const isIt = !isFound && !item.hidden && this.wordsOf(item.dataset.sign) === written;
      item.setAttribute("aria-checked", isIt);
      isFound ||= isIt;
    }
  }

  wordsOf(number) {
    return words(new DOMParser().parseFromString(this.html(number), "text/html").body);
  }
}
