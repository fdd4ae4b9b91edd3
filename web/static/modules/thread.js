// A chat opens at its last message, and stays there while the reader is there.
const near = 48;

export function toEnd(thread) {
  thread.scrollTop = thread.scrollHeight;
}

function follow(thread) {
  toEnd(thread);
  let atEnd = true;
  thread.addEventListener("scroll", () => {
    atEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < near;
  });
  new MutationObserver(() => atEnd && toEnd(thread)).observe(thread, { childList: true, subtree: true });
}

for (const thread of document.querySelectorAll("[data-opens-at-end]")) follow(thread);
