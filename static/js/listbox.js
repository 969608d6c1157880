// A text box with a list of options fetched while one types: combobox pattern, arrows, Enter, Escape.
// The server sends the options as HTML (role="option" elements); `address(text)` is where from, or "" for none.
// An eager list has its first option marked, for Enter alone.
let number = 0;

export function listbox(input, { address, onPick, label, minimum = 1, isEager = false }) {
  const list = Object.assign(document.createElement("div"), { id: `listbox-${++number}`, className: "options", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", label || input.getAttribute("aria-label") || input.labels?.[0]?.textContent.trim() || "");
  input.after(list);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) {
    input.setAttribute(name, value);
  }
  let timer, request, active = -1;
  const options = () => [...list.querySelectorAll("[role=option]")];

  const close = () => {
    clearTimeout(timer);
    request?.abort();
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    const all = options();
    active = all.length ? (index + all.length) % all.length : -1;
    all.forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
    if (active < 0) return;
    input.setAttribute("aria-activedescendant", all[active].id);
    all[active].scrollIntoView({ block: "nearest" });
  };
  const show = (html) => {
    list.innerHTML = html;
    options().forEach((option, at) => { option.id = `${list.id}-${at}`; });
    list.hidden = !list.childElementCount;
    active = -1;
    input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (isEager) mark(0);
  };
  const ask = async () => {
    const text = input.value.trim();
    const url = text.length >= minimum ? address(text) : "";
    request?.abort();
    if (!url) return close();
    request = new AbortController();
    try {
      const answer = await fetch(url, { signal: request.signal, headers: { "HX-Request": "true" } });
      if (answer.ok && !answer.redirected && document.activeElement === input) show(await answer.text());
    } catch (error) {
      if (error.name !== "AbortError") close(); // unreachable: the form still works by itself
    }
  };
  const pick = (option) => { close(); onPick(option); };

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 110); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) { event.preventDefault(); event.stopPropagation(); close(); }
    else if (event.key === "ArrowDown" && list.hidden) { event.preventDefault(); ask(); }
    else if (event.key === "ArrowDown") { event.preventDefault(); mark(active + 1); }
    else if (event.key === "ArrowUp" && !list.hidden) { event.preventDefault(); mark(active < 0 ? -1 : active - 1); }
    else if (event.key === "Enter" && !list.hidden && active >= 0) { event.preventDefault(); pick(options()[active]); }
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault(); // the box keeps its focus
    const option = event.target.closest("[role=option]");
    if (option && event.button === 0) pick(option);
  });
  return { close };
}
