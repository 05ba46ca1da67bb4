/* Ticks of list rows: how many there are, the whole page at once, and none any more. */
(() => {
  const ticks = () => [...document.querySelectorAll("input[name=row][form=bulk]")];

  function tell() {
    const bar = document.querySelector("[data-bulk]");
    if (!bar) return;
    const all = ticks();
    const ticked = all.filter((tick) => tick.checked).length;
    const scope = bar.querySelector("[name=scope]");
    const count = bar.querySelector("[data-ticked]");
    count.textContent = ticked;
    bar.querySelector("[data-ticked-words]").hidden = scope.checked;
    bar.classList.toggle("is-used", ticked > 0 || scope.checked);
    for (const button of bar.querySelectorAll("[data-tick-page], [data-untick]")) button.hidden = false;
    const head = document.querySelector("[data-tick-all]");
    if (head) {
      head.hidden = false;
      head.checked = ticked > 0 && ticked === all.length;
      head.indeterminate = ticked > 0 && ticked < all.length;
    }
    for (const tick of all) tick.closest("tr").classList.toggle("is-ticked", tick.checked || scope.checked);
  }

  function tickAll(checked) {
    for (const tick of ticks()) tick.checked = checked;
    tell();
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) tickAll(event.target.checked);
    else if (event.target.matches("input[name=row], [data-bulk] [name=scope]")) tell();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-tick-page]")) tickAll(true);
  });
  /* A form's own fields are emptied after its event, those that name it from elsewhere along with them. */
  document.addEventListener("reset", (event) => {
    if (event.target.matches("[data-bulk]")) setTimeout(tell, 0);
  });
  document.addEventListener("DOMContentLoaded", tell);
  document.addEventListener("htmx:load", tell);
  window.addEventListener("pageshow", tell);
})();
