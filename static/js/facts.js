// Fields that are changed in place: Escape closes the box and leaves the value as it was.
document.addEventListener("keydown", (event) => {
  const form = event.key === "Escape" && event.target.closest?.("[data-fact-form]");
  if (!form || event.defaultPrevented) return;
  event.preventDefault();
  form.querySelector("[data-fact-cancel]").click();
});
