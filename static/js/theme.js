// Sets light or dark before the first paint: the person's choice, else the system's.
(function () {
  const wanted = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const chosen = localStorage.getItem("theme");
    document.documentElement.dataset.bsTheme = chosen || (wanted.matches ? "dark" : "light");
  };
  apply();
  wanted.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    localStorage.setItem("theme", document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark");
    apply();
  });
  document.addEventListener("DOMContentLoaded", () => {
    for (const choice of document.querySelectorAll("[data-theme-choice] input")) choice.checked = choice.value === (localStorage.getItem("theme") || "");
  });
  document.addEventListener("change", (event) => {
    if (!event.target.closest("[data-theme-choice]")) return;
    if (event.target.value) localStorage.setItem("theme", event.target.value);
    else localStorage.removeItem("theme");
    apply();
  });
})();
