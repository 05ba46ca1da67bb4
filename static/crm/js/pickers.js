/* Long select boxes marked data-picker become searchable. */
(() => {
  const upgrade = (root) => {
    for (const select of root.querySelectorAll("select[data-picker]:not(.tomselected)")) {
      new window.TomSelect(select, { maxOptions: 200, plugins: ["dropdown_input"] });
      /* Its label names the box that stands in its place. */
      select.setAttribute("aria-hidden", "true");
    }
  };
  document.addEventListener("DOMContentLoaded", () => upgrade(document));
  document.addEventListener("htmx:load", (event) => upgrade(event.detail.elt));
})();
