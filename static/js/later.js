// The menu beside Send: closes by Escape and by a click elsewhere; its buttons send the mail at their time.
export function hookLater(composer) {
  const menu = composer.find("[data-send-later]");
  const close = () => { menu.open = false; };
  document.addEventListener("pointerdown", (event) => { if (menu.open && !menu.contains(event.target)) close(); }, { signal: composer.ended });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.preventDefault();
    event.stopPropagation();
    close();
    menu.querySelector("summary").focus();
  });
  menu.querySelector("[data-send-at-typed]").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    menu.querySelector('[data-send-at][value="typed"]').click();
  });
  return { close, tell: () => { menu.open = true; menu.querySelector("[data-send-at-typed]").focus(); } };
}
