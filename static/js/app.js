// Loaded on every page; each module hooks itself to data-… attributes.
import "./assistant.js";
import "./hits.js";
import "./live.js";
import "./mail.js";
import "./search.js";
import "./shortcuts.js";
import "./toasts.js";
import "./tracking.js";
