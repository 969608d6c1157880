// The builder of filters: rows of field, comparison and value in groups; it edits the JSON that the address carries.
import { hookPicks } from "./pick.js";

const DEEPEST = 3;
let words, offered, tree, bar, dialog, asked;

const match = (group) => ("any" in group ? "any" : "all");
const parts = (group) => group[match(group)];
const fieldOf = (part) => offered.fields.find((field) => field.key === part.field) ?? offered.fields[0];
const operatorOf = (part) => fieldOf(part).operators.find((one) => one.key === part.is) ?? fieldOf(part).operators[0];
const fresh = () => ({ field: offered.fields[0].key, is: offered.fields[0].operators[0].key });

function make(tag, properties = {}, ...children) {
  const { data = {}, label, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, data);
  if (label) element.setAttribute("aria-label", label);
  element.append(...children);
  return element;
}

const choice = (pairs, value, label, onChange) => {
  const select = make("select", { className: "form-select", label }, ...pairs.map(([key, name]) => make("option", { value: key, textContent: name })));
  select.value = value;
  select.addEventListener("change", () => onChange(select.value));
  return select;
};
const button = (text, label, onClick, className = "btn btn-quiet") => {
  const element = make("button", { type: "button", className, textContent: text, label });
  element.addEventListener("click", onClick);
  return element;
};

function draw(focus) {
  const body = dialog.querySelector("[data-filter-body]");
  body.replaceChildren(drawGroup(tree, 1));
  hookPicks(body);
  if (focus) body.querySelector(`[data-at="${focus}"] select`)?.focus();
  check();
}

function drawGroup(group, depth, at = "0", remove) {
  const head = make("div", { className: "filter-group-head" }, choice([["all", words.all], ["any", words.any]], match(group), words.match, (value) => {
    const inside = parts(group);
    delete group[match(group)];
    group[value] = inside;
    draw();
  }));
  if (remove) head.append(button("×", words.removeGroup, remove, "icon-button"));
  const rows = parts(group).map((part, index) => {
    const inside = `${at}-${index}`;
    const drop = () => { parts(group).splice(index, 1); draw(); };
    return "field" in part ? drawCondition(part, inside, drop) : drawGroup(part, depth + 1, inside, drop);
  });
  const foot = make("div", { className: "filter-adders" }, button(`+ ${words.add}`, "", () => {
    parts(group).push(fresh());
    draw(`${at}-${parts(group).length - 1}`);
  }));
  if (depth < DEEPEST) foot.append(button(`+ ${words.addGroup}`, "", () => { parts(group).push({ any: [fresh()] }); draw(); }));
  const element = make("div", { className: "filter-group", label: words.group }, head, ...rows, foot);
  element.setAttribute("role", "group");
  return element;
}

function drawCondition(part, at, remove) {
  const field = fieldOf(part), operator = operatorOf(part);
  const fields = choice(offered.fields.map((one) => [one.key, one.label]), field.key, words.field, (value) => {
    part.field = value;
    part.is = fieldOf(part).operators[0].key;
    delete part.value;
    draw(at);
  });
  const operators = choice(field.operators.map((one) => [one.key, one.label]), operator.key, words.operator, (value) => {
    const before = operatorOf(part).takes;
    part.is = value;
    if (operatorOf(part).takes !== before) delete part.value;
    draw();
    dialog.querySelector(`[data-at="${at}"] .filter-value :is(input, select, summary)`)?.focus();
  });
  const value = make("div", { className: "filter-value" }, ...(DRAWN[operator.takes]?.(part, field) ?? []));
  return make("div", { className: "filter-row", data: { at } }, fields, operators, value, button("×", words.remove, remove, "icon-button"));
}

const put = (part, value) => {
  if (value === "" || value?.length === 0) delete part.value;
  else part.value = value;
  check();
};
const box = (type, value, label, onInput) => {
  const input = make("input", { type, className: "form-control", label, value: value ?? "" });
  if (type === "text") input.maxLength = 200;
  if (type === "number") input.step = "any";
  input.addEventListener("input", () => onInput(input.value));
  return input;
};
const pair = (type) => (part) => {
  const two = [...(part.value ?? ["", ""])];
  const keep = (index) => (text) => { two[index] = text; put(part, two.every(Boolean) ? two : ""); };
  return [box(type, two[0], words.value, keep(0)), make("span", { className: "muted", textContent: words.until }), box(type, two[1], words.until, keep(1))];
};
const one = (type) => (part) => [box(type, part.value, words.value, (text) => put(part, text))];
const listed = (pairs, part) => {
  if (!pairs.some(([key]) => key === part.value)) part.value = pairs[0]?.[0];
  return [choice(pairs, part.value, words.value, (value) => put(part, value))];
};

// Several of a list: ticks in a menu that names what is ticked.
function several(part, field) {
  const summary = make("summary", { className: "form-select" });
  const say = () => {
    const names = field.choices.filter(([key]) => part.value?.includes(key)).map(([, name]) => name);
    summary.textContent = names.join(", ") || words.choose;
  };
  const list = make("div", { className: "filter-ticks" }, ...field.choices.map(([key, name]) => {
    const tick = make("input", { type: "checkbox", className: "form-check-input", value: key, checked: part.value?.includes(key) ?? false });
    tick.addEventListener("change", () => {
      put(part, [...list.querySelectorAll("input:checked")].map((input) => input.value));
      say();
    });
    return make("label", { className: "check-line" }, tick, ` ${name}`);
  }));
  say();
  return [make("details", { className: "filter-several" }, summary, list)];
}

// People and organisations: picked by typing, each with a cross.
function records(part, field) {
  const chips = make("span", { className: "filter-picked" });
  const drawChips = () => chips.replaceChildren(...(part.value ?? []).map((pk) => {
    const name = field.choices.find(([key]) => key === pk)?.[1] ?? pk;
    return make("span", { className: "tag" }, name, button("×", `${words.remove}: ${name}`, () => { put(part, part.value.filter((each) => each !== pk)); drawChips(); }, "tag-remove"));
  }));
  const text = make("input", { type: "text", className: "form-control", label: words.value, autocomplete: "off" });
  const picked = make("input", { type: "hidden", data: { picked: "" } });
  text.addEventListener("change", () => {
    if (!picked.value) return;
    field.choices.push([picked.value, text.value]);
    put(part, [...new Set([...(part.value ?? []), picked.value])]);
    text.value = picked.value = "";
    drawChips();
  });
  drawChips();
  return [chips, make("div", { className: "pick", data: { recordPick: field.pick } }, text, picked)];
}

const DRAWN = {
  text: one("text"),
  number: one("number"),
  numbers: pair("number"),
  date: one("date"),
  dates: pair("date"),
  days: one("number"),
  period: (part) => listed(offered.periods, part),
  one: (part, field) => listed(field.choices, part),
  keys: several,
  records,
};

const isWhole = (part) => ("field" in part ? operatorOf(part).takes === "nothing" || part.value !== undefined : parts(part).every(isWhole));

// How many fit, while the filter is being built.
function check() {
  clearTimeout(asked);
  const told = dialog.querySelector("[data-filter-told]");
  told.textContent = "";
  if (!isWhole(tree) || !parts(tree).length) return;
  asked = setTimeout(async () => {
    const url = new URL(bar.dataset.check, location.href);
    for (const [name, value] of new URLSearchParams(location.search)) if (["q", "status"].includes(name)) url.searchParams.set(name, value);
    url.searchParams.set("filter", JSON.stringify(tree));
    const answer = await fetch(url).then((response) => response.json()).catch(() => null);
    if (answer) told.textContent = answer.fault || words.fits.replace("{}", answer.count.toLocaleString(document.documentElement.lang));
  }, 250);
}

async function open() {
  bar = document.querySelector("[data-list-bar]");
  dialog = document.querySelector("[data-filter-dialog]");
  words = dialog.querySelector("[data-filter-words]").dataset;
  const url = new URL(bar.dataset.builder, location.href);
  url.searchParams.set("filter", bar.dataset.filter);
  offered = await fetch(url).then((response) => response.json());
  tree = bar.dataset.filter ? JSON.parse(bar.dataset.filter) : { all: [fresh()] };
  draw();
  dialog.showModal();
  dialog.querySelector(".filter-row select")?.focus();
}

function go(filter) {
  const url = new URL(location.href);
  url.searchParams.set("filter", filter);
  url.searchParams.delete("page");
  location.assign(url);
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-open-filter]")) open();
  if (event.target.closest("[data-filter-close]")) dialog.close();
  if (event.target.closest("[data-filter-clear]")) go('{"all":[]}');
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-filter-form]")) return;
  event.preventDefault();
  if (isWhole(tree)) return go(JSON.stringify(tree));
  dialog.querySelector("[data-filter-told]").textContent = words.incomplete;
});

function begin() {
  for (const opener of document.querySelectorAll("[data-open-filter]")) opener.hidden = false;
}
begin();
document.addEventListener("htmx:afterSwap", begin);
