// The composer: chips, editor, files, toggles; saves the draft as it is typed and sends it.
import { attachFiles } from "./attaching.js";
import { Chips } from "./chips.js";
import { Consenting } from "./consenting.js";
import { Editor, loadEditor } from "./editor.js";
import * as keeping from "./keeping.js";
import { hookLater } from "./later.js";
import { hookReminders } from "./reminding.js";
import { hookPreview } from "./previewing.js";
import { Signing } from "./signing.js";
import { Templating } from "./templating.js";
import { toast } from "./toasts.js";
import { offer } from "./undo.js";
import { Versions } from "./versions.js";

const WAIT = 800; // milliseconds after the last key before a draft is saved
const LONGEST_WAIT = 2000; // while somebody types on without a pause
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
    this.savePause = 0; // milliseconds
    this.end = new AbortController();
    this.ended = this.end.signal;
    form.elements.window.value = keeping.random("-"); // a duplicated or reloaded tab may come with the name of the first
    keeping.hold(this.key, this.ended);
    this.chips = {};
    this.find = (selector) => form.querySelector(selector);
    this.status = this.find("[data-status]");
    this.hookFields();
    this.hookButtons();
    this.files = attachFiles(this);
    this.later = hookLater(this);
    this.reminders = hookReminders(this);
    this.preview = hookPreview(this);
    this.versions = new Versions(this);
    this.ready = this.makeEditor();
    this.signing = new Signing(this);
    this.templating = new Templating(this);
    this.consenting = new Consenting(this);
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
      label: this.find("[data-editor]").dataset.label, onChange: () => this.changed(), onSend: () => this.send(), onFiles: (files, how) => this.files.add(files, how),
      onLost: () => toast(this.words.localImages, { seconds: 10 }),
    });
    this.editor.html = source.value;
    this.form.classList.add("is-ready");
    this.focusFirst();
  }

  // Where writing begins; whoever has begun elsewhere meanwhile is left there, and a detail page keeps its own focus.
  focusFirst() {
    if (this.form.contains(document.activeElement) || (this.form.dataset.place === "inline" && !this.form.elements.reply.value && !this.form.dataset.fresh)) return;
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
        this.consenting.look();
        if (this.form.elements.draft.value || this.version) this.changed();
      });
    }
    this.showShared();
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (event.submitter?.matches("[data-discard]")) this.discard();
      else if (event.submitter?.matches("[data-preview]")) this.preview();
      else if (!event.submitter || event.submitter.matches("[data-send], [data-send-at]")) this.send(event.submitter);
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
    document.addEventListener("click", (event) => this.addRecipient(event), { signal: this.ended });
    window.addEventListener("pagehide", (event) => !event.persisted && this.dropUntouched(), { signal: this.ended });
    document.addEventListener("visibilitychange", () => document.hidden && this.save({ keepalive: true }), { signal: this.ended });
  }

  // Who takes part in the deal is added by a click, here or beside the composer of the page.
  addRecipient(event) {
    const button = event.target.closest("[data-add-recipient]");
    if (!button || !(this.form.contains(button) || (this.form.dataset.place === "inline" && this.form.closest("#pane-mail")))) return;
    event.preventDefault();
    this.chips.to.append(button.dataset.addRecipient);
    this.chips.to.changed();
    if (this.form.contains(button)) button.hidden = true;
    this.chips.to.input.focus();
  }

  showTitle() {
    const subject = this.form.elements.subject.value.trim();
    if (this.form.dataset.place === "dock") this.find(".composer-title").firstChild.textContent = `${subject || this.form.getAttribute("aria-label")} `;
  }

  get data() {
    for (const chips of Object.values(this.chips)) chips.keepField();
    if (this.editor) this.find("[data-html]").value = this.editor.html;
    this.form.elements.count.value = this.version;
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
    place.hidden = people.size < 2 || isApart || this.consenting?.isUntracked || !(isOn("track_opens") || isOn("track_links"));
    place.querySelector("span").textContent = place.hidden ? "" : this.words.shared.replace("%s", people.size);
  }

  changed() {
    if (!this.isHooked || this.isOver) return;
    this.showShared();
    this.form.dispatchEvent(new Event("composer:changed"));
    this.version += 1;
    this.keepTimer ??= setTimeout(() => this.keep(), this.keepPause ?? 150);
    this.dueAt ??= Date.now() + Math.max(LONGEST_WAIT, this.savePause);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), Math.max(0, Math.min(Math.max(WAIT, this.savePause), this.dueAt - Date.now())));
  }

  // Large pictures take their time: it is done the less often, the longer it takes.
  keep(more = {}) {
    this.stopKeeping();
    const { saveUrl, selfUrl } = this.form.dataset, begun = performance.now();
    const isKept = keeping.keep(this.key, { fields: [...this.data], saveUrl, composerUrl: selfUrl.split("?")[0], words: this.words, ...more });
    this.keepPause = Math.max(150, 20 * (performance.now() - begun));
    return isKept;
  }

  stopKeeping() {
    clearTimeout(this.keepTimer);
    this.keepTimer = undefined;
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
    if (this.isOver || this.isGone || this.versions.isHeld) return undefined;
    const version = this.version;
    this.dueAt = undefined;
    this.form.elements.draft.value ||= keeping.adopted(this.key) ?? "";
    const begun = performance.now();
    const response = await this.ask(this.form.dataset.saveUrl, { keepalive });
    this.savePause = 2 * (performance.now() - begun); // a slow line is not kept busy with saving
    if (!response) return undefined;
    const answer = await response.json().catch(() => ({}));
    if (response.status === 409) return answer.conflict ? this.versions.ask(answer.conflict) : this.gone(answer);
    if (!response.ok) return this.notSaved(answer.reason ?? this.words.notSaved);
    this.took(answer, version);
    this.versions.settle();
    this.status.textContent = answer.saved;
    this.status.classList.remove("is-wrong");
    this.showClipped(answer.clipped);
    if (answer.files) this.files.show(answer.files);
    this.unwarn();
    document.dispatchEvent(new CustomEvent("mail:changed"));
    return answer.draft;
  }

  took({ draft, seen }, version) {
    if (draft) this.form.elements.draft.value = draft;
    if (seen) this.form.elements.seen.value = seen;
    this.form.elements.copy_of.value = "";
    this.saved = version;
    if (this.version === version) {
      this.stopKeeping();
      keeping.forget(this.key);
    }
  }

  // The answer, or nothing when the server cannot be asked: then the words are kept here, and the person is told.
  async ask(url, more = {}) {
    let response;
    try {
      const { data } = this;
      if (more.submitter?.name) data.append(more.submitter.name, more.submitter.value);
      response = await keeping.post(url, data, more.keepalive ? more : {});
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
    else if (field === "send_at") this.later.tell();
    else if (field === "body") this.editor?.focus();
    else if (field) this.form.elements[field]?.focus?.();
  }

  async send(submitter = this.find("[data-send]")) {
    if (this.isSending || this.isOver) return;
    if (this.versions.isHeld) { this.versions.show(); return; }
    this.later.close();
    this.reminders.hide();
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
    const response = this.isGone ? undefined : await this.ask(this.form.action, { keepalive: true, submitter });
    this.busy(false);
    if (!response) return;
    const answer = await response.json().catch(() => ({}));
    if (!response.ok && this.version !== version) this.changed(); // written meanwhile
    if (answer.draft) this.took(answer, version);
    if (response.ok) this.finish(answer);
    else if (answer.conflict) this.versions.ask(answer.conflict);
    else if (response.status === 409) this.gone(answer);
    else if (answer.reminders) this.reminders.ask(answer, submitter);
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
    const unsay = offer({ ...answer, reminded: this.form.elements.reminded.value });
    if (!answer.is_planned) sent.set(answer.message, { words: this.words, unsay });
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
    if (page && this.form.closest("#thread-reply")) window.htmx.ajax("GET", location.pathname, { target: page, swap: "innerHTML" });
    else window.htmx.ajax("GET", this.form.dataset.selfUrl, { target: this.form, swap: "outerHTML" });
  }

  async discard() {
    const isWritten = (this.form.elements.draft.value || this.version) && !this.isUntouched;
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

  // A forwarding that was begun and not written in leaves no draft behind.
  get isUntouched() {
    return Boolean(this.form.dataset.fresh) && !this.version;
  }

  dropUntouched() {
    const data = new FormData();
    data.append("draft", this.form.elements.draft.value);
    if (this.isUntouched && !this.isOver) keeping.post(this.form.dataset.discardUrl, data, { keepalive: true }).catch(() => {});
  }

  async close() {
    if (this.isUntouched) return this.discard();
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
    this.stopKeeping();
    keeping.forget(this.key);
    this.end.abort();
  }
}

// A composer that is swapped away (another draft is opened in the dock) saves first.
document.addEventListener("htmx:beforeCleanupElement", (event) => {
  const { composer } = event.detail.elt;
  composer?.dropUntouched();
  if (composer && !composer.isOver && composer.version !== composer.saved) composer.save();
  composer?.end.abort();
});

document.addEventListener("live:mail", (event) => {
  const { message, folder } = event.detail;
  const waiting = sent.get(message);
  if (!waiting || folder === "outbox") return;
  waiting.unsay();
  sent.delete(message);
  if (folder === "sent") toast(waiting.words.sent);
});
