// What is asked before a mail goes, once each; one click passes it.
export function hookReminders(composer) {
  const place = composer.find("[data-reminders]"), anyway = place.querySelector("[data-send-anyway]");
  let sentBy = null;
  anyway.addEventListener("click", (event) => {
    event.preventDefault();
    place.hidden = true;
    composer.send(sentBy ?? anyway);
  });
  return {
    hide() { place.hidden = true; },
    ask({ reminders, reminded }, submitter) {
      sentBy = submitter ?? composer.find("[data-send]");
      composer.form.elements.reminded.value = reminded;
      place.querySelector("p").textContent = reminders.join(" ");
      place.hidden = false;
      anyway.focus();
    },
  };
}
