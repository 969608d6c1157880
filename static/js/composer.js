// The composer: chips, editor, files, toggles; saves the draft as it is typed and sends it.
import { attachFiles } from "./attaching.js";
import { Chips } from "./chips.js";
import { Editor, loadEditor } from "./editor.js";
import * as keeping from "./keeping.js";
import { Signing } from "./signing.js";
import { Templating } from "./templating.js";
import { toast } from "./toasts.js";

const WAIT = 800; // milliseconds after the last key before a draft is saved
const RETRY = 5000;
const sent = new Map(); // messages sent from this tab → what to say when they have gone

export function hook(forms) {
  for (const form of forms) if (!form.composer) form.composer = new Composer(form);
}

const stay = (event) => event.preventDefault();

class Composer {
  constructor(form) {
    this.form = form;
    this.words = JSON.parse(form.dataset.words);
    this.key = keeping.newKey();
    this.version = this.saved = 0; // changes made, changes that the server has
    this.chips = {};
    this.find = (selector) => form.querySelector(selector);
    this.status = this.find("[data-status]");
    this.hookFields();
    this.hookButtons();
    this.files = attachFiles(this);
    this.ready = this.makeEditor();
    this.signing = new Signing(this);
    this.templating = new Templating(this);
    this.isHooked = true;
    this.focusFirst();
  }

  async makeEditor() {
    const { purify, squire } = this.form.dataset;
    const plain = this.find("[data-plain]"), source = this.find("[data-html]");
    try {
      await loadEditor({ purify, squire });
    } catch {
      return; // the plain text box goes on working
    }
    plain.remove();
    source.name = "body_html";
    this.editor = new Editor({
      root: this.find("[data-editor]"), toolbar: this.find("[data-toolbar]"), dialog: this.find("[data-link-dialog]"),
      label: this.find("[data-editor]").dataset.label, onChange: () => this.changed(), onSend: () => this.send(), onFiles: (files) => this.files.add(files),
    });
    this.editor.html = source.value;
    this.form.classList.add("is-ready");
    this.focusFirst();
  }

  // Where writing begins; whoever has begun elsewhere meanwhile is left there, and a detail page keeps its own focus.
  focusFirst() {
    if (this.form.contains(document.activeElement) || (this.form.dataset.place === "inline" && !this.form.elements.reply.value)) return;
    if (!this.chips.to.text) this.chips.to.input.focus();
    else if (!this.form.elements.subject.value) this.form.elements.subject.focus();
    else this.editor?.focus();
  }

  hookFields() {
    const { peopleUrl } = this.form.dataset;
    for (const row of this.form.querySelectorAll("[data-chips]")) {
      const settings = { peopleUrl, words: this.words, icon: this.find("[data-remove-icon]"), onChange: () => this.changed() };
      this.chips[row.dataset.chips] = new Chips(row, settings);
    }
    this.form.elements.subject.addEventListener("input", () => { this.changed(); this.showTitle(); });
    this.form.elements.subject.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) { event.preventDefault(); this.editor?.focus(); }
    });
    this.find("[data-plain]").addEventListener("input", () => this.changed());
  }

  hookButtons() {
    for (const button of this.form.querySelectorAll("[data-toggle]")) {
      const value = this.find(`[data-toggle-value="${button.dataset.toggle}"]`);
      value.name = button.dataset.toggle;
      button.addEventListener("click", () => {
        const isOn = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", isOn);
        value.value = isOn ? "on" : "";
        this.showShared();
      });
    }
    this.showShared();
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (event.submitter?.matches("[data-discard]")) this.discard();
      else if (!event.submitter || event.submitter.matches("[data-send]")) this.send();
    });
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.send(); }
      if (event.key === "Escape" && this.form.dataset.place === "dock" && !event.defaultPrevented && !this.find("dialog[open]")) this.close();
    });
    this.find("[data-close]")?.addEventListener("click", () => this.close());
    this.find("[data-minimise]")?.addEventListener("click", () => this.form.classList.toggle("is-small"));
    this.find("[data-enlarge]")?.addEventListener("click", (event) => {
      event.currentTarget.setAttribute("aria-pressed", this.form.classList.toggle("is-large"));
    });
    document.addEventListener("visibilitychange", this.onHide = () => document.hidden && this.save({ keepalive: true }));
  }

  showTitle() {
    const subject = this.form.elements.subject.value.trim();
    if (this.form.dataset.place === "dock") this.find(".composer-title").firstChild.textContent = `${subject || this.form.getAttribute("aria-label")} `;
  }

  get data() {
    for (const chips of Object.values(this.chips)) chips.keepField();
    if (this.editor) this.find("[data-html]").value = this.editor.html;
    const data = new FormData(this.form);
    data.delete("files");
    data.delete("csrfmiddlewaretoken");
    return data;
  }

  // Where several get one copy, whoever sends it is told beforehand what it will not say.
  showShared() {
    const isOn = (name) => this.find(`[data-toggle="${name}"]`)?.getAttribute("aria-pressed") === "true";
    const people = new Set(Object.values(this.chips).flatMap((chips) => chips.chips.map((chip) => chip.email.toLowerCase())));
    const isApart = isOn("tell_apart") && people.size <= Number(this.form.dataset.copiesLimit);
    const place = this.find("[data-shared]");
    place.hidden = people.size < 2 || isApart || !(isOn("track_opens") || isOn("track_links"));
    place.querySelector("span").textContent = place.hidden ? "" : this.words.shared.replace("%s", people.size);
  }

  changed() {
    if (!this.isHooked || this.isOver) return;
    this.showShared();
    this.form.dispatchEvent(new Event("composer:changed"));
    this.version += 1;
    clearTimeout(this.keepTimer);
    this.keepTimer = setTimeout(() => this.keep(), 150);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), WAIT);
  }

  keep(more = {}) {
    const { saveUrl, selfUrl } = this.form.dataset;
    return keeping.keep(this.key, { fields: [...this.data], saveUrl, composerUrl: selfUrl.split("?")[0], words: this.words, ...more });
  }

  // Resolves to the draft's number, or to nothing when it could not be saved now.
  save({ force = false, keepalive = false } = {}) {
    clearTimeout(this.timer);
    if (this.isOver || this.isSending || (this.version === this.saved && !force)) return Promise.resolve(this.form.elements.draft.value);
    this.saving = (this.saving ?? Promise.resolve()).then(() => this.saveNow(keepalive));
    return this.saving;
  }

  async saveNow(keepalive) {
    await this.ready; // before that the editor's words are not in the form
    if (this.isOver || this.isGone) return undefined;
    const version = this.version;
    this.form.elements.draft.value ||= keeping.adopted(this.key) ?? "";
    const response = await this.ask(this.form.dataset.saveUrl, { keepalive });
    if (!response) return undefined;
    const answer = await response.json().catch(() => ({}));
    if (response.status === 409) return this.gone(answer);
    if (!response.ok) return this.notSaved(answer.reason ?? this.words.notSaved);
    this.took(answer, version);
    this.status.textContent = answer.saved;
    this.status.classList.remove("is-wrong");
    this.showClipped(answer.clipped);
    if (answer.changed_elsewhere) this.warn(this.words.changedElsewhere);
    else this.unwarn();
    document.dispatchEvent(new CustomEvent("mail:changed"));
    return answer.draft;
  }

  took({ draft, seen }, version) {
    if (draft) this.form.elements.draft.value = draft;
    if (seen) this.form.elements.seen.value = seen;
    this.saved = version;
    if (this.version === version) {
      clearTimeout(this.keepTimer);
      keeping.forget(this.key);
    }
  }

  // The answer, or nothing when the server cannot be asked: then the words are kept here, and the person is told.
  async ask(url, more = {}) {
    let response;
    try {
      response = await keeping.post(url, this.data, more.keepalive ? more : {});
    } catch {
      this.notSaved(this.words.offline);
      return undefined;
    }
    if (keeping.isSignedOut(response)) {
      this.signedOut();
      return undefined;
    }
    return response;
  }

  notSaved(sentence) {
    this.keep();
    this.status.textContent = sentence;
    this.status.classList.add("is-wrong");
    this.timer = setTimeout(() => this.save({ force: true }), RETRY);
  }

  signedOut() {
    this.keep({ failed: true });
    const link = Object.assign(document.createElement("a"), { textContent: this.words.signIn });
    link.href = `${this.form.dataset.loginUrl}?next=${encodeURIComponent(location.pathname + location.search)}`;
    this.warn(this.words.signedOut, link);
    this.status.textContent = "";
  }

  gone(answer) {
    if (this.isOver) return undefined;
    this.isGone = true;
    this.keep();
    this.warn(Object.values(answer.errors ?? {})[0] ?? this.words.notSaved);
    return undefined;
  }

  warn(sentence, link) {
    const warning = this.find("[data-warning]");
    warning.replaceChildren(sentence, " ", ...(link ? [link] : []));
    warning.hidden = false;
    warning.setAttribute("role", "alert");
  }

  showClipped(sentence) {
    const place = this.find("[data-clipped]");
    if (place.textContent !== sentence) place.textContent = sentence;
    place.hidden = !sentence;
  }

  unwarn() {
    this.find("[data-warning]").hidden = true;
  }

  showErrors(errors) {
    for (const place of this.form.querySelectorAll("[data-error-for]")) {
      const sentence = errors[place.dataset.errorFor] ?? "";
      place.textContent = sentence;
      place.hidden = !sentence;
    }
    const [field] = Object.keys(errors);
    if (this.chips[field]) this.chips[field].input.focus();
    else if (field === "body") this.editor?.focus();
    else if (field) this.form.elements[field]?.focus?.();
  }

  async send() {
    if (this.isSending || this.isOver) return;
    for (const chips of Object.values(this.chips)) { chips.close(); chips.commit(); }
    const wrong = Object.values(this.chips).find((chips) => chips.wrong.length);
    if (wrong) { wrong.tellWrong(); wrong.input.focus(); return; }
    this.busy(true);
    await this.ready;
    await this.files.done();
    if (!(await this.templating.done())) return this.notFilled();
    await this.saving;
    clearTimeout(this.timer); // one that failed has set it again: a save behind the sending would find the draft gone
    const version = this.version;
    const response = this.isGone ? undefined : await this.ask(this.form.action, { keepalive: true });
    this.busy(false);
    if (!response) return;
    const answer = await response.json().catch(() => ({}));
    if (!response.ok && this.version !== version) this.changed(); // written meanwhile
    if (answer.draft) this.took(answer, version);
    if (response.ok) this.finish(answer);
    else if (response.status === 409) this.gone(answer);
    else if (answer.errors) this.showErrors(answer.errors);
    else this.notSent(answer);
  }

  notFilled() {
    this.busy(false);
    this.showErrors({ body: this.words.notFilled });
  }

  // The server could neither send nor keep it: that is said, and the draft is saved as soon as it can be.
  notSent(answer) {
    this.showErrors({ "": this.words.notSent });
    this.notSaved(answer.reason ?? this.words.notSaved);
  }

  // Whoever leaves the page in the moment between is asked to stay; a mail that is on its way to the server arrives there anyway.
  busy(isBusy) {
    this.isSending = isBusy;
    if (isBusy) window.addEventListener("beforeunload", stay);
    else window.removeEventListener("beforeunload", stay);
    this.form.classList.toggle("is-sending", isBusy);
    this.find("[data-send]").toggleAttribute("aria-disabled", isBusy);
  }

  finish(answer) {
    sent.set(answer.message, { words: this.words, unsay: toast(answer.toast, { seconds: 8 }) });
    this.over();
    document.dispatchEvent(new CustomEvent("mail:changed"));
    const { place } = this.form.dataset;
    if (place === "page") location.assign(answer.url);
    else if (place === "dock") this.form.remove();
    else this.startAgain();
  }

  // On a detail page an empty composer waits for the next mail; below a conversation the conversation shows what was sent.
  startAgain() {
    const page = document.getElementById("mail-page");
    if (page && this.form.elements.reply.value) window.htmx.ajax("GET", location.pathname, { target: page, swap: "innerHTML" });
    else window.htmx.ajax("GET", this.form.dataset.selfUrl, { target: this.form, swap: "outerHTML" });
  }

  async discard() {
    const isWritten = this.form.elements.draft.value || this.version;
    if (isWritten && !window.confirm(this.words.discard)) return;
    this.over();
    await this.saving;
    if (this.form.elements.draft.value) {
      const response = await this.ask(this.form.dataset.discardUrl);
      if (response?.ok) toast(this.words.discarded);
      document.dispatchEvent(new CustomEvent("mail:changed"));
    }
    this.leave();
  }

  async close() {
    if (this.version !== this.saved && !(await this.save())) return; // not saved: it stays open and says so
    this.over();
    if (this.saved) toast(this.words.inDrafts);
    this.leave();
  }

  leave() {
    const { place } = this.form.dataset;
    if (place === "dock") this.form.remove();
    else if (place === "page") location.assign(this.form.dataset.draftsUrl);
    else this.startAgain();
  }

  over() {
    this.isOver = true;
    clearTimeout(this.timer);
    clearTimeout(this.keepTimer);
    keeping.forget(this.key);
    document.removeEventListener("visibilitychange", this.onHide);
  }
}

// A composer that is swapped away (another draft is opened in the dock) saves first.
document.addEventListener("htmx:beforeCleanupElement", (event) => {
  const { composer } = event.detail.elt;
  if (composer && !composer.isOver && composer.version !== composer.saved) composer.save();
});

document.addEventListener("live:mail", (event) => {
  const { message, folder } = event.detail;
  const waiting = sent.get(message);
  if (!waiting || folder === "outbox") return;
  waiting.unsay();
  sent.delete(message);
  if (folder === "sent") toast(waiting.words.sent);
});
