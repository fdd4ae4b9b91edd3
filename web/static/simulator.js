// The simulator's own help: a choice shows itself at once, and the field is empty again once
// its words have left.
document.addEventListener("change", ({ target }) => target.closest("form[data-submits-itself]")?.requestSubmit());

const field = document.querySelector("#write input[name=text]:not([type=hidden])");

document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement?.id !== "write" || ctx.response?.status !== 200) return;
  field.value = "";
  field.focus();
});
