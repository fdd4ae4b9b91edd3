// What was done is said, then makes room; it waits while the pointer or the focus is on it.
const seconds = 8;

for (const toast of document.querySelectorAll(".toast")) {
  const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 1000) : toast.remove());
  setTimeout(leave, seconds * 1000);
}
