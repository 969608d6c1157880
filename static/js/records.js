// Pages of records: pick fields, the composer switch, small menus, keys, and a guard over unsaved forms.
import "./facts.js";
import { hookFiles } from "./filing.js";
import { hookPicks } from "./pick.js";
import "./timeline.js";

function hook(root) {
  hookPicks(root);
  hookFiles(root);
  const boxes = root.querySelectorAll("[data-note-box]:not([data-hooked])");
  for (const box of boxes) box.dataset.hooked = "true"; // at once: the module comes later, and htmx tells of the same part meanwhile
  if (boxes.length) import("./notes.js").then(({ hookNotes }) => hookNotes(boxes));
}

hook(document);
document.addEventListener("htmx:load", (event) => hook(event.target));

// The composer switch: links that change the tab in place.
function showTab(tab, { focus = false } = {}) {
  const list = tab.closest("[role=tablist]");
  for (const each of list.querySelectorAll("[role=tab]")) {
    const isChosen = each === tab;
    each.setAttribute("aria-selected", String(isChosen));
    each.tabIndex = isChosen ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = !isChosen;
  }
  if (focus) document.getElementById(tab.getAttribute("aria-controls")).querySelector("textarea, input:not([type=hidden]), [contenteditable]")?.focus();
}

document.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-tabs] [role=tab]");
  const shortcut = event.target.closest("[data-show-tab]");
  const wanted = tab ?? (shortcut && document.getElementById(`tab-${shortcut.dataset.showTab}`));
  if (!wanted || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  showTab(wanted, { focus: true });
  if (shortcut) document.getElementById("compose").scrollIntoView({ block: "nearest" });
});

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[data-tabs] [role=tab]");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || !step) return;
  const tabs = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];
  const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
  event.preventDefault();
  showTab(next);
  next.focus();
});

// Menus made of <details>: a click elsewhere or Escape closes them; opening one puts the cursor into its first box.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("details[data-menu][open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details[data-menu][open]")) event.target.querySelector("input:not([type=hidden])")?.focus();
}, true);

// Ctrl+Enter sends a note.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches?.("[data-send-by-keys]")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

// A filter whose choice counts at once; without script it has a button.
document.addEventListener("change", (event) => event.target.closest("form[data-auto-submit]")?.requestSubmit());

// A form that was changed is not left by accident.
for (const form of document.querySelectorAll("form[data-guard]")) {
  let isDirty = false;
  form.addEventListener("input", () => { isDirty = true; });
  form.addEventListener("submit", () => { isDirty = false; });
  window.addEventListener("beforeunload", (event) => { if (isDirty) event.preventDefault(); });
}
