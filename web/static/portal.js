// The portal's own help: a draft survives a sign-out, a new message comes into view, and who
// has just signed in need not press the button that opens the message.
const field = document.querySelector("[data-draft]");

if (field) {
  const place = `draft:${field.dataset.draft}`;
  field.value ||= sessionStorage.getItem(place) ?? "";
  field.addEventListener("input", () => sessionStorage.setItem(place, field.value));
  document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    if (ctx.request.method.toUpperCase() !== "POST" || ctx.response?.status !== 200) return;
    sessionStorage.removeItem(place);
    field.value = "";
  });
}

const conversation = document.querySelector("#conversation");
if (conversation) {
  const toEnd = () => document.querySelector("#conversation")?.lastElementChild?.scrollIntoView({ block: "end" });
  const isNear = () => document.documentElement.scrollHeight - scrollY - innerHeight < 240;
  // What is kept comes first for who has just arrived; else a chat opens at its last message.
  let stays = !document.querySelector(".kept");
  if (stays && conversation.querySelector(".thread")) toEnd();
  addEventListener("scroll", () => (stays = isNear()), { passive: true });
  document.addEventListener("submit", () => (stays = true));
  new MutationObserver(() => stays && toEnd()).observe(conversation.parentElement, { childList: true, subtree: true });
}

document.querySelector("form[data-at-once]")?.requestSubmit();
