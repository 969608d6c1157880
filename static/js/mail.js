// Loads the modules of mail on the pages that need them, and keeps an eye on what this browser still holds of unsaved mails.
import { recover } from "./keeping.js";
import "./mailkeys.js";
import "./syncing.js";
import { goOn } from "./undo.js";
import * as maillist from "./maillist.js"; // at once, so that no live event and no key goes unheard

const NEEDS = {
  "[data-composer]": () => import("./composer.js"),
  "[data-mail-list], [data-mail-page]": () => maillist,
  "[data-reading]": () => import("./reading.js"),
  "[data-record-pick]": async () => { const { hookPicks } = await import("./pick.js"); return { hook: () => hookPicks(document) }; },
  "[data-account-form], [data-account-check], [data-account-find], [data-options]": () => import("./emailsync.js"),
  "[data-letter-form]": () => import("./letterform.js"),
};

async function look(root) {
  for (const [selector, load] of Object.entries(NEEDS)) {
    const found = [...(root.matches?.(selector) ? [root] : []), ...root.querySelectorAll(selector)];
    if (found.length) (await load()).hook(found);
  }
}

document.addEventListener("htmx:load", (event) => look(event.detail.elt));
if (document.readyState !== "loading") look(document.body);
else document.addEventListener("DOMContentLoaded", () => look(document.body));
recover();
goOn();

// Where a composer may be opened, its parts are fetched while nobody waits for them.
const idle = window.requestIdleCallback ?? ((action) => setTimeout(action, 500));
idle(() => { if (document.querySelector("[data-compose]")) import("./composer.js"); });
