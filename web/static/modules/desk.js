// The desk by keyboard: J and K walk the queue, R goes to the answer, Ctrl Enter takes the
// primary way on. A single letter counts only while nothing is being typed.
const typing = "input, textarea, select, [contenteditable]";

function walk(step) {
  const links = [...document.querySelectorAll("#queue-list a")];
  const at = links.findIndex((link) => link.getAttribute("aria-current"));
  links[at < 0 ? 0 : at + step]?.click();
}

document.addEventListener("keydown", (event) => {
  const composer = document.querySelector("[data-composer]");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && composer?.contains(event.target)) {
    event.preventDefault();
    composer.querySelector("button.primary")?.click();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(typing)) return;
  if (event.key === "j") walk(1);
  else if (event.key === "k") walk(-1);
  else if (event.key === "r") {
    const text = document.querySelector("[data-composer] textarea");
    if (text) {
      event.preventDefault();
      text.focus();
    }
  }
});

// The talk stays at its end while the answer below it grows.
const thread = document.getElementById("thread");
if (thread) {
  let height = thread.clientHeight;
  new ResizeObserver(() => {
    const wasAtEnd = thread.scrollHeight - thread.scrollTop - height < 48;
    height = thread.clientHeight;
    if (wasAtEnd) thread.scrollTop = thread.scrollHeight;
  }).observe(thread);
}

// What is being typed is not thrown away by a slip; sending it is no slip.
let sent = false;
document.addEventListener("submit", () => (sent = true));
addEventListener("beforeunload", (event) => {
  if (!sent && document.querySelector("[data-composer] textarea")?.value.trim()) event.preventDefault();
});
