// toast("Saved.", { action: "Undo", onAction }) shows a short line at the bottom, read out by screen readers.
export function toast(text, { action, onAction, seconds = 5 } = {}) {
  const place = document.getElementById("toasts");
  for (const line of place.children) if (line.dataset.text === text) line.remove(); // a repeat takes the place of the first
  const line = document.createElement("div");
  line.dataset.text = text;
  line.className = "toast-line";
  line.append(Object.assign(document.createElement("span"), { textContent: text }));
  const remove = () => line.remove();
  const timer = setTimeout(remove, seconds * 1000);
  if (action) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: action });
    button.addEventListener("click", () => { clearTimeout(timer); remove(); onAction(); });
    line.append(button);
  }
  place.append(line);
  return remove;
}

// A server answer may carry HX-Trigger: {"toast": "text"}, or with a way on: {"toast": {value, action, url, tab}}. Where the page has
// that tab of the composer switch, it is shown in place of going to the address.
document.addEventListener("toast", ({ detail }) => {
  const { value, action, url, tab, seconds } = detail;
  toast(value ?? detail, { seconds, ...(action && { action, onAction: () => goOn(url, tab) }) });
});

function goOn(url, tab) {
  const inPlace = tab && document.getElementById(`tab-${tab}`);
  if (inPlace) inPlace.click();
  else location.assign(url);
}

// A request of htmx that failed says so; the page, and what was typed into it, stays as it is.
function tellFailure(status) {
  const words = document.getElementById("toasts").dataset;
  if (status === 401) toast(words.signedOut, { action: words.signIn, onAction: () => window.open(words.signInUrl), seconds: 20 });
  else if (status === 404) toast(words.gone, { seconds: 8 });
  else toast(status ? words.failed : words.unreachable, { seconds: 8 });
}
document.addEventListener("htmx:responseError", (event) => tellFailure(event.detail.xhr.status));
document.addEventListener("htmx:sendError", () => tellFailure(0));
document.addEventListener("htmx:timeout", () => tellFailure(0));
