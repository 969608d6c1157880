// Files of a mail: picked, dropped or pasted, weighed before they travel, sent to the draft one by one with their progress.
import { csrfToken } from "./keeping.js";
import { toast } from "./toasts.js";

const size = (bytes) => {
  const [value, unit] = bytes < 1e6 ? [bytes / 1024, "kilobyte"] : [bytes / 1048576, "megabyte"];
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
};

export function attachFiles(composer) {
  return new Files(composer);
}

class Files {
  constructor(composer) {
    this.composer = composer;
    this.form = composer.form;
    this.list = composer.find("[data-files]");
    this.error = composer.find('[data-error-for="attachments"]');
    this.running = new Set();
    this.hookPicking();
    this.hookDropping();
    this.list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-remove-file]");
      if (button) { event.preventDefault(); this.remove(button); }
    });
  }

  hookPicking() {
    for (const button of this.form.querySelectorAll("[data-pick]")) {
      const input = this.form.querySelector(`[data-file-input="${button.dataset.pick}"]`);
      button.addEventListener("click", () => input.click());
      input.addEventListener("change", () => {
        const files = [...input.files];
        input.value = "";
        if (button.dataset.pick === "image") this.composer.editor.insertImages(files);
        else this.add(files);
      });
    }
  }

  hookDropping() {
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    let depth = 0;
    const mark = (by) => { depth = Math.max(0, depth + by); this.form.classList.toggle("is-dropping", depth > 0); };
    this.form.addEventListener("dragenter", (event) => hasFiles(event) && mark(1));
    this.form.addEventListener("dragleave", (event) => hasFiles(event) && mark(-1));
    this.form.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
    this.form.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      mark(-depth);
      this.dropped(event, [...event.dataTransfer.files]);
    }, true);
  }

  // Pictures that are dropped onto the text are shown there; everything else goes along as a file.
  dropped(event, files) {
    const { editor } = this.composer;
    const isText = editor?.root.contains(event.target) && files.every((file) => file.type.startsWith("image/"));
    if (!isText) return this.add(files);
    editor.moveTo(event);
    return editor.insertImages(files);
  }

  get total() {
    return [...this.list.children].reduce((sum, item) => sum + Number(item.dataset.size), 0);
  }

  // What the chosen account's server takes.
  get limit() {
    const { account } = this.form.elements;
    return Number((account?.selectedOptions?.[0] ?? this.form).dataset.maxBytes);
  }

  tell(sentence) {
    this.error.textContent = sentence;
    this.error.hidden = !sentence;
  }

  add(files, { isPicture = false } = {}) {
    this.tell("");
    for (const file of files) {
      if (isPicture) toast(this.composer.words.asFile.replace("%s", file.name), { seconds: 8 });
      if (this.total + file.size > this.limit) {
        this.tell(this.composer.words.tooLarge.replace("%name", file.name).replace("%size", size(file.size)).replace("%limit", size(this.limit)));
        continue;
      }
      const upload = this.upload(file).catch((error) => error.name !== "AbortError" && this.tell(this.composer.words.notUploaded.replace("%name", file.name)));
      this.running.add(upload);
      upload.finally(() => this.running.delete(upload));
    }
  }

  async done() {
    await Promise.all(this.running);
  }

  async upload(file) {
    const item = this.waitingItem(file);
    this.list.append(item);
    const stop = new AbortController();
    item.querySelector("button").addEventListener("click", () => { stop.abort(); item.remove(); });
    const draft = this.form.elements.draft.value || (await this.composer.save({ force: true }));
    if (!draft) { item.remove(); throw new Error("the draft could not be saved"); }
    const answer = await this.transfer(file, draft, { item, stop: stop.signal }).finally(() => item.remove());
    if (answer.html && stop.signal.aborted) await this.removeAt(answer.html);
    else if (answer.html) {
      const holder = document.createElement("template");
      holder.innerHTML = answer.html;
      this.list.append(holder.content);
    } else this.tell(Object.values(answer.errors)[0]);
  }

  // The draft's files as the server has them.
  show(html) {
    for (const item of this.list.querySelectorAll("[data-file]")) item.remove();
    this.list.insertAdjacentHTML("afterbegin", html);
  }

  waitingItem(file) {
    const item = Object.assign(document.createElement("li"), { className: "composer-file is-waiting" });
    item.dataset.size = file.size;
    const name = Object.assign(document.createElement("span"), { className: "composer-file-name", textContent: file.name });
    const weight = Object.assign(document.createElement("span"), { className: "composer-file-size", textContent: size(file.size) });
    const progress = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
    progress.setAttribute("aria-label", file.name);
    const cancel = Object.assign(document.createElement("button"), { type: "button", className: "composer-file-remove" });
    cancel.setAttribute("aria-label", this.composer.words.cancelUpload.replace("%s", file.name));
    cancel.append(this.form.querySelector("[data-remove-icon]").content.cloneNode(true));
    item.append(name, weight, cancel, progress);
    return item;
  }

  transfer(file, draft, { item, stop }) {
    const data = new FormData();
    data.append("draft", draft);
    data.append("file", file);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", this.form.dataset.attachUrl);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("X-CSRFToken", csrfToken());
      request.upload.onprogress = (event) => { item.querySelector("progress").value = event.loaded / event.total; };
      request.onload = () => { try { resolve(JSON.parse(request.responseText)); } catch (error) { reject(error); } };
      request.onerror = () => reject(new Error("the connection broke"));
      request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
      let hasLeft = false; // then the server has it, and it is removed there
      request.upload.onload = () => { hasLeft = true; };
      stop.addEventListener("abort", () => hasLeft || request.abort());
      if (stop.aborted) request.onabort();
      else request.send(data);
    });
  }

  async remove(button) {
    const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
    const response = await fetch(button.getAttribute("formaction"), { method: "POST", headers, redirect: "manual" }).catch(() => null);
    if (response?.ok) button.closest("li").remove();
    else this.tell(this.composer.words.notRemoved);
  }

  // A file that was cancelled after it had arrived.
  removeAt(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    return this.remove(holder.content.querySelector("[data-remove-file]"));
  }
}
