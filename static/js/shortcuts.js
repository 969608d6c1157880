// Keys that work everywhere: "/" goes to the search, in the Mail tab to that of mail.
const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  event.preventDefault();
  const box = document.querySelector("[data-mail-search]") ?? document.querySelector("[data-search]");
  box?.focus();
  box?.setSelectionRange(box.value.length, box.value.length);
});
