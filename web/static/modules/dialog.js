// Opens the dialogue that a button names: <button data-opens="id">; [data-closes] shuts its own.
document.addEventListener("click", ({ target }) => {
  const opener = target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  target.closest("[data-closes]")?.closest("dialog")?.close();
});
