// Email sync: ports follow the security that is chosen, the connection is tested in place, switches save themselves.
import { post, isSignedOut } from "./keeping.js";

export function hook(found) {
  for (const form of found) {
    if (form.isHooked) continue;
    form.isHooked = true;
    if (form.matches("[data-account-form]")) hookAccount(form);
    else if (form.matches("[data-account-check]")) hookCheck(form);
    else if (form.matches("[data-account-find]")) hookFind(form);
    else if (form.matches("[data-options]")) hookOptions(form);
  }
}

function hookAccount(form) {
  const ports = JSON.parse(form.dataset.ports);
  for (const protocol of form.elements.smtp_port ? ["smtp", "imap"] : []) {
    const port = form.elements[`${protocol}_port`], security = form.elements[`${protocol}_security`];
    security.addEventListener("change", () => {
      const usual = Object.values(ports[protocol]).map(String);
      if (!port.value || usual.includes(port.value)) port.value = ports[protocol][security.value];
    });
  }
  const result = form.querySelector("[data-test-result]"), button = form.querySelector("[data-test]");
  button?.addEventListener("click", (event) => {
    event.preventDefault();
    showOutcome({ button, result, words: button.dataset, address: button.getAttribute("formaction"), body: new FormData(form) });
  });
}

async function showOutcome({ button, result, words, address, body }) {
  button.disabled = true;
  result.textContent = words.busy;
  const response = await post(address, body).catch(() => null);
  button.disabled = false;
  if (!response || isSignedOut(response)) result.textContent = words.failed;
  else result.innerHTML = await response.text();
}

function hookCheck(form) {
  const result = form.closest("li").querySelector("[data-check-result]"), button = form.querySelector("button");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    showOutcome({ button, result, words: form.dataset, address: form.action, body: new FormData(form) });
  });
}

function hookFind(form) {
  const button = form.querySelector("[type=submit]"), label = button.textContent;
  form.addEventListener("submit", () => { button.textContent = button.dataset.busy; button.setAttribute("aria-busy", "true"); });
  addEventListener("pageshow", () => { button.textContent = label; button.removeAttribute("aria-busy"); });
}

function hookOptions(form) {
  form.querySelector("[type=submit]").hidden = true;
  form.addEventListener("change", async (event) => {
    const response = await post(form.action, new FormData(form)).catch(() => null);
    if (response?.ok) document.dispatchEvent(new CustomEvent("toast", { detail: (await response.json()).toast }));
    else event.target.checked = !event.target.checked;
  });
}
