// Files for a record: dropped or chosen, weighed before they travel, sent at once with their progress.
function hook(form) {
  form.dataset.hooked = "true";
  const input = form.querySelector("input[type=file]"), place = form.querySelector("[data-drop]");
  form.querySelector(".form-actions").hidden = true; // what is chosen is sent at once
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  for (const name of ["dragenter", "dragover"]) {
    form.addEventListener(name, (event) => { if (hasFiles(event)) { event.preventDefault(); place.classList.add("is-dropping"); } });
  }
  form.addEventListener("dragleave", (event) => { if (!form.contains(event.relatedTarget)) place.classList.remove("is-dropping"); });
  form.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    place.classList.remove("is-dropping");
    send([...event.dataTransfer.files]);
  });
  input.addEventListener("change", () => send([...input.files]));

  function send(files) {
    const fitting = files.filter((file) => file.size <= Number(form.dataset.maxBytes));
    const refused = files.filter((file) => !fitting.includes(file));
    tell(refused.map((file) => form.dataset.tooLarge.replace("%name", file.name)));
    const chosen = new DataTransfer();
    for (const file of fitting) chosen.items.add(file);
    input.files = chosen.files;
    if (fitting.length) form.requestSubmit();
  }

  function tell(sentences) {
    const lines = sentences.map((textContent) => Object.assign(document.createElement("p"), { className: "field-error", textContent }));
    form.querySelector("[data-file-faults]").replaceChildren(...lines);
  }

  const progress = form.querySelector("[data-file-progress]");
  form.addEventListener("htmx:xhr:loadstart", () => { progress.hidden = false; });
  form.addEventListener("htmx:xhr:progress", ({ detail }) => { if (detail.lengthComputable) progress.value = detail.loaded / detail.total; });
  form.addEventListener("htmx:xhr:loadend", () => { progress.hidden = true; });
}

export function hookFiles(root) {
  const forms = [...(root.matches?.("[data-file-form]") ? [root] : []), ...root.querySelectorAll("[data-file-form]")];
  forms.filter((form) => !form.dataset.hooked).forEach(hook);
}
