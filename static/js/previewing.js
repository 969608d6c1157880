// “What the recipient gets” in a dialog over the composer: the draft is saved first, then shown as the server would send it.
export function hookPreview(composer) {
  const dialog = composer.find("[data-preview-dialog]"), place = dialog.querySelector("[data-preview-place]");
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); }); // beside it
  dialog.querySelector("[data-preview-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => place.replaceChildren());
  return async () => {
    const draft = await composer.save({ force: true });
    if (!draft) return;
    await window.htmx.ajax("GET", dialog.dataset.url.replace("/0/", `/${draft}/`), { target: place, swap: "innerHTML" });
    dialog.showModal();
  };
}
