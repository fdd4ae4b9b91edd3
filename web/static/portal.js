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
  const last = () => document.querySelector("#conversation")?.lastElementChild;
  const isNear = () => document.documentElement.scrollHeight - scrollY - innerHeight < 240;
  let stays = true;
  addEventListener("scroll", () => (stays = isNear()), { passive: true });
  new MutationObserver(() => stays && last()?.scrollIntoView({ block: "end" })).observe(conversation.parentElement, {
    childList: true,
    subtree: true,
  });
}

document.querySelector("form[data-at-once]")?.requestSubmit();
