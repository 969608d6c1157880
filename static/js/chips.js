// Turns a text box into chips, one an address, with suggestions of people. The form goes on posting one text.
const ADDRESS = /^[^\s@<>()[\],;:"\\]+@[^\s@<>()[\],;:"\\.]+(\.[^\s@<>()[\],;:"\\.]+)+$/u;
const WAIT = 120; // milliseconds after the last key before people are asked for

// The pieces of an address list; commas inside of quotes and brackets belong to the name.
export function split(text) {
  const pieces = [];
  let piece = "", quoted = false, bracketed = false;
  for (const char of text) {
    if (char === '"' && (quoted || !piece.trim())) quoted = !quoted;
    else if (!quoted && char === "<") bracketed = true;
    else if (!quoted && char === ">") bracketed = false;
    if (/[\r\n]/.test(char) || (/[,;]/.test(char) && !quoted && !bracketed)) {
      pieces.push(piece);
      piece = "";
      quoted = bracketed = false;
    } else piece += char;
  }
  return [...pieces, piece].map((one) => one.trim()).filter(Boolean).flatMap(unspaced);
}

// "anna@a.test boris@b.test", as copied from a column, is two addresses.
function unspaced(piece) {
  const words = piece.split(/\s+/);
  return words.length > 1 && words.every((word) => ADDRESS.test(word)) ? words : [piece];
}

export function read(text) {
  const found = text.match(/^(.*?)<([^<>]*)>$/s);
  const email = (found ? found[2] : text).trim();
  const name = found ? found[1].trim().replace(/^"(.*)"$/s, "$1").replace(/\\(.)/gs, "$1") : "";
  return { text, email, name, isRight: ADDRESS.test(email) || /^[^\s@]+@localhost$/.test(email) };
}

export class Chips {
  constructor(row, { peopleUrl, words, icon, onChange }) {
    Object.assign(this, { row, peopleUrl, words, icon, onChange, chips: [], people: [], active: -1 });
    this.kind = row.dataset.chips;
    this.input = row.querySelector("[data-chips-input]");
    this.list = row.querySelector("[data-chips-list]");
    this.menu = row.querySelector("[data-chips-people]");
    this.error = row.querySelector("[data-error-for]");
    this.field = Object.assign(document.createElement("input"), { type: "hidden", name: this.input.name });
    this.input.removeAttribute("name");
    this.input.after(this.field);
    if (document.activeElement !== this.input) this.commit(); // else somebody types already
    this.listen();
    this.keepField();
  }

  listen() {
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("input", () => this.onType());
    this.input.addEventListener("paste", (event) => this.onPaste(event));
    this.input.addEventListener("click", () => { if (!this.input.value && this.menu.hidden) this.suggest(""); });
    this.input.addEventListener("blur", () => { this.close(); this.commit(); });
    this.row.querySelector("[data-chips-box]").addEventListener("mousedown", (event) => {
      if (event.target.closest("button, input")) return;
      event.preventDefault();
      this.input.focus();
    });
    this.menu.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the text box keeps the focus
      const option = event.target.closest("[role=option]");
      if (option) this.choose(Number(option.dataset.index));
    });
    this.list.addEventListener("keydown", (event) => this.onChipKey(event));
    this.list.addEventListener("click", (event) => {
      const chip = event.target.closest("[data-chip]");
      if (chip) event.target.closest("button") ? this.remove(this.indexOf(chip)) : this.edit(this.indexOf(chip));
    });
  }

  get text() {
    return [...this.chips.map((chip) => chip.text), this.input.value.trim()].filter(Boolean).join(", ");
  }

  get wrong() {
    return this.chips.filter((chip) => !chip.isRight);
  }

  // Everything typed becomes chips; nothing is thrown away because it is wrong.
  commit() {
    const typed = split(this.input.value);
    if (!typed.length) return;
    this.input.value = "";
    for (const piece of typed) this.append(piece);
    this.changed();
  }

  append(piece) {
    const chip = read(piece);
    if (this.chips.some((known) => known.isRight && known.email.toLowerCase() === chip.email.toLowerCase())) return;
    this.chips.push(chip);
    this.list.append(this.draw(chip));
    this.tellWrong();
  }

  draw(chip) {
    const item = document.createElement("li");
    item.className = chip.isRight ? "chip" : "chip is-wrong";
    item.dataset.chip = "";
    item.title = chip.isRight ? chip.email : this.words.wrong.replace("%s", chip.text);
    const label = Object.assign(document.createElement("span"), { className: "chip-text", textContent: chip.name || chip.email });
    const remove = Object.assign(document.createElement("button"), { type: "button", className: "chip-remove", tabIndex: -1 });
    remove.setAttribute("aria-label", this.words.remove.replace("%s", chip.name || chip.email));
    remove.append(this.icon.content.cloneNode(true));
    item.append(label);
    if (!chip.isRight) item.append(Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: item.title }));
    item.append(remove);
    return item;
  }

  indexOf(item) {
    return [...this.list.children].indexOf(item);
  }

  remove(index) {
    this.chips.splice(index, 1);
    this.list.children[index].remove();
    this.input.focus();
    this.tellWrong();
    this.changed();
  }

  edit(index) {
    const { text } = this.chips[index];
    this.commit();
    this.remove(index);
    this.input.value = text;
    this.keepField();
  }

  tellWrong() {
    const [first, ...more] = this.wrong;
    const sentence = first ? (more.length ? this.words.wrongMany : this.words.wrong).replace("%s", [first, ...more].map((one) => one.text).join(", ")) : "";
    this.tell(sentence);
  }

  tell(sentence) {
    this.error.textContent = sentence;
    this.error.hidden = !sentence;
    this.input.toggleAttribute("aria-invalid", Boolean(sentence));
  }

  keepField() {
    this.field.value = this.text;
    this.row.classList.toggle("has-chips", this.chips.length > 0);
  }

  changed() {
    this.keepField();
    this.onChange();
  }

  onKey(event) {
    const isOpen = !this.menu.hidden;
    if (isOpen && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.activate((this.active + step + this.people.length) % this.people.length);
    } else if (event.key === "ArrowDown" && !isOpen) {
      event.preventDefault();
      this.suggest(this.input.value.trim());
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || (event.key === "Tab" && !event.shiftKey)) {
      if (isOpen && this.active >= 0) {
        event.preventDefault();
        this.choose(this.active);
      } else if (event.key === "Enter") {
        event.preventDefault(); // a form would send itself
        this.commit();
      }
    } else if ((event.key === "," || event.key === ";") && this.isWhole()) {
      event.preventDefault();
      this.close();
      this.commit();
    } else if (event.key === "Backspace" && !this.input.value && this.chips.length) {
      event.preventDefault();
      this.remove(this.chips.length - 1);
    } else if (event.key === "ArrowLeft" && !this.input.selectionEnd && this.chips.length) {
      this.list.lastElementChild.querySelector("button").focus();
    }
  }

  // Whether a comma ends an address here, and does not stand in a quoted name.
  isWhole() {
    const typed = this.input.value;
    return typed.trim() && (typed.match(/"/g) ?? []).length % 2 === 0;
  }

  onChipKey(event) {
    const chip = event.target.closest("[data-chip]");
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) {
      const next = this.list.children[this.indexOf(chip) + step];
      (next ? next.querySelector("button") : step > 0 ? this.input : event.target).focus();
    } else if (event.key === "Backspace" || event.key === "Delete") {
      event.preventDefault();
      this.remove(this.indexOf(chip));
    } else return;
    event.preventDefault();
  }

  onPaste(event) {
    const pasted = event.clipboardData.getData("text/plain");
    const pieces = split(pasted);
    if (this.input.value.trim() || !(pieces.length > 1 || (pieces.length && read(pieces[0]).isRight))) return;
    event.preventDefault();
    this.close();
    for (const piece of pieces) this.append(piece);
    this.changed();
  }

  onType() {
    this.keepField();
    this.onChange();
    clearTimeout(this.timer);
    const typed = this.input.value.trim();
    if (!typed) this.close();
    this.timer = setTimeout(() => this.suggest(typed), WAIT);
  }

  async suggest(typed) {
    this.asked?.abort();
    this.asked = new AbortController();
    try {
      const response = await fetch(this.peopleUrl + encodeURIComponent(typed), { signal: this.asked.signal, redirect: "manual" });
      if (!response.ok) return;
      const { people } = await response.json();
      if (this.input.value.trim() === typed && document.activeElement === this.input) this.show(people, typed);
    } catch {
      // no suggestions: the address can be typed in full
    }
  }

  show(people, typed) {
    const known = new Set(this.chips.map((chip) => chip.email.toLowerCase()));
    this.people = people.filter((person) => !known.has(person.email.toLowerCase()));
    this.menu.replaceChildren(...this.people.map((person, index) => this.option(person, index)));
    this.menu.hidden = !this.people.length;
    this.activate(!typed || read(typed).isRight || !this.people.length ? -1 : 0);
  }

  option(person, index) {
    const option = document.createElement("div");
    Object.assign(option, { className: "chips-person", id: `${this.menu.id}-${index}` });
    option.setAttribute("role", "option");
    option.dataset.index = index;
    const text = (className, textContent) => Object.assign(document.createElement("span"), { className, textContent });
    option.append(text("chips-person-name", person.name), text("chips-person-email", person.email));
    if (person.organisation) option.append(text("chips-person-organisation", person.organisation));
    return option;
  }

  activate(index) {
    this.active = index;
    for (const [at, option] of [...this.menu.children].entries()) option.setAttribute("aria-selected", at === index);
    const option = this.menu.children[index];
    if (option) {
      this.input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }

  choose(index) {
    const person = this.people[index];
    this.close();
    this.input.value = "";
    this.append(person.text);
    this.changed();
  }

  close() {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.menu.hidden = true;
    this.activate(-1);
  }
}
