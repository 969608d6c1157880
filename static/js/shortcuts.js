// Keys that work everywhere: "/" goes to the search, in the Mail tab to that of mail.
const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  event.preventDefault();
  (document.querySelector("[data-mail-search]") ?? document.querySelector("[data-search]"))?.focus();
});
