/* A fact is edited where it stands: Enter saves, Escape leaves it as it was, and the focus comes back to it. */
(() => {
  const isComposing = (event) => event.isComposing || event.keyCode === 229;
  const focusFact = (fact) => fact?.querySelector("[data-edit-fact]")?.focus();

  function close(form) {
    const fact = form.closest(".fact");
    form.remove();
    focusFact(fact);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-close-fact]");
    if (button) close(button.closest("[data-fact-form]"));
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.("[data-fact-form]");
    if (!form || isComposing(event)) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close(form);
    }
    /* Inputs send their form by themselves; in a text of several lines Enter begins the next one. */
    const saves = event.target.matches("select") || (event.target.matches("textarea") && (event.ctrlKey || event.metaKey));
    if (event.key === "Enter" && saves) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.requestConfig?.verb === "get") {
      event.detail.elt.querySelector?.("[data-fact-form] [autofocus]:is(input:not([type=date]), textarea)")?.select();
    }
    if (event.detail.requestConfig?.elt?.matches?.("[data-fact-form]") && event.detail.elt.matches?.(".fact")) {
      focusFact(event.detail.elt);
    }
  });
})();
