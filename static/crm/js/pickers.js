/* Long select boxes marked data-picker become searchable. */
(() => {
  const upgrade = (root) => {
    for (const select of root.querySelectorAll("select[data-picker]:not(.tomselected)")) {
      new window.TomSelect(select, { maxOptions: 200, plugins: ["dropdown_input"] });
    }
  };
  document.addEventListener("DOMContentLoaded", () => upgrade(document));
  document.addEventListener("htmx:load", (event) => upgrade(event.detail.elt));
})();
