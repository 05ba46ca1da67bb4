/* Small local state, for Alpine's build without eval: pages name these in x-data. */
document.addEventListener("alpine:init", () => {
  window.Alpine.data("toggle", () => ({
    open: false,
    flip() { this.open = !this.open; },
    close() { this.open = false; },
  }));
});
