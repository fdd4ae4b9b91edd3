// Loaded by every page. Each module does one thing and nothing depends on it: without
// script every page still works.
import "../vendor/htmx.esm.min.js";
import "./csrf.js";
import "./dialog.js";
import "./stopped.js";
import "./thread.js";
import "./timezone.js";
import "./toast.js";
