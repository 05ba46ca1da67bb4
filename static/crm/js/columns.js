/* Columns are moved in place; without a script each move is sent by itself. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-columns] button[name=move]");
  if (!button) return;
  event.preventDefault();
  const item = button.closest("li");
  const isUp = button.value.startsWith("up:");
  const other = isUp ? item.previousElementSibling : item.nextElementSibling;
  if (!other || other.querySelector("input:disabled")) return;
  if (isUp) other.before(item);
  else other.after(item);
  button.focus();
});
