// Sends the form token with what htmx changes, and keeps the page's address to itself:
// the address of a portal link is a secret.
const token = document.querySelector('meta[name="csrf-token"]')?.content;

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  delete ctx.request.headers["HX-Current-URL"];
  if (!["GET", "HEAD"].includes(ctx.request.method.toUpperCase())) ctx.request.headers["X-CSRFToken"] = token;
});
