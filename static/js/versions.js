// One draft in two windows: whoever would save over words that were not seen here is asked, and nothing is lost either way.
import * as keeping from "./keeping.js";
import { toast } from "./toasts.js";

export class Versions {
  constructor(composer) {
    this.composer = composer;
    this.place = composer.find("[data-conflict]");
    this.place.querySelector("[data-keep-mine]").addEventListener("click", () => this.keepMine());
    this.place.querySelector("[data-take-theirs]").addEventListener("click", () => this.takeTheirs());
    document.addEventListener("live:draft", ({ detail }) => this.heard(detail), { signal: composer.ended });
    document.addEventListener("live:mail", ({ detail }) => this.heardOfMail(detail), { signal: composer.ended });
  }

  get draft() {
    return Number(this.composer.form.elements.draft.value);
  }

  // Told by the server, whichever window or machine it was.
  heard({ draft, version, window: name }) {
    const { elements } = this.composer.form;
    if (draft !== this.draft || name === elements.window.value || version === elements.seen.value) return;
    this.ask(this.composer.words.changedElsewhere);
  }

  heardOfMail({ message, folder }) {
    if (message !== this.draft || folder === "drafts" || this.composer.isSending) return;
    this.composer.gone({ errors: { "": this.composer.words.goneElsewhere } });
  }

  ask(sentence) {
    const { composer } = this, isWritten = composer.version !== composer.saved || this.isHeld;
    this.isHeld = isWritten; // until the person has chosen, nothing of this window is saved over the other's
    if (isWritten) composer.keep();
    this.place.querySelector("p").textContent = sentence;
    this.place.querySelector("[data-keep-mine]").hidden = !isWritten;
    this.place.querySelector("[data-take-theirs]").textContent = isWritten ? composer.words.takeTheirs : composer.words.showOther;
    this.place.hidden = false;
  }

  // Sending has to wait for the choice.
  show() {
    this.place.querySelector("[data-keep-mine]").focus();
  }

  async keepMine() {
    const { elements } = this.composer.form;
    if (elements.draft.value) elements.copy_of.value = elements.draft.value;
    elements.draft.value = elements.seen.value = "";
    this.isHeld = false;
    this.place.hidden = true;
    if (await this.composer.save({ force: true })) toast(this.composer.words.keptMine);
  }

  takeTheirs() {
    const { composer } = this, { draft } = this, { saveUrl, selfUrl, place } = composer.form.dataset;
    const mine = composer.data, wasWritten = composer.version !== composer.saved || this.isHeld;
    const address = `${selfUrl.split("?")[0]}?draft=${draft}`;
    composer.over();
    if (wasWritten) toast(composer.words.tookTheirs, { seconds: 20, action: composer.words.keepMine, onAction: () => keepAside(saveUrl, mine, draft, composer.words) });
    if (place === "dock") window.htmx.ajax("GET", address, { target: "#composer-dock", swap: "innerHTML" });
    else window.htmx.ajax("GET", address, { target: composer.form, swap: "outerHTML" });
  }

  // After a save or a sending that found the draft in time: whatever was asked is settled.
  settle() {
    this.isHeld = false;
    this.place.hidden = true;
  }
}

async function keepAside(url, data, draft, words) {
  data.set("draft", "");
  data.set("copy_of", draft);
  const response = await keeping.post(url, data).catch(() => null);
  if (response?.ok) toast(words.keptMine);
  document.dispatchEvent(new CustomEvent("mail:changed"));
}
