// Loaded on every page; each module hooks itself to data-… attributes.
import "./live.js";
import "./shortcuts.js";
import "./toasts.js";
