/* A fact is edited where it stands: Enter saves, Escape leaves it as it was, and the focus comes back to it. */
(() => {
  const isComposing = (event) => event.isComposing || event.keyCode === 229;
  const focusFact = (fact) => fact?.querySelector("[data-edit-fact]")?.focus();

  function close(form) {
    if ("typed" in form.dataset || form.parentElement.querySelector(".draft-note")) window.crm.dropDraft(form);
    const fact = form.closest(".fact");
    form.closest(".fact-form").remove();
    focusFact(fact);
    tell();
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
  /* What was half typed stands open again after the page was loaded anew: its words are the draft. */
  const place = () => `crm.facts ${window.location.pathname}`;
  window.addEventListener("pagehide", () => {
    const open = [...document.querySelectorAll("[data-fact-form][data-typed]")].map((form) => form.closest(".fact").id);
    if (open.length) sessionStorage.setItem(place(), JSON.stringify(open));
  });
  window.addEventListener("load", () => {
    const open = JSON.parse(sessionStorage.getItem(place()) ?? "[]");
    sessionStorage.removeItem(place());
    for (const id of open) document.getElementById(id)?.querySelector("[data-edit-fact]")?.click();
  });

  /* A page that nobody looks at does not say that somebody is there. */
  document.addEventListener("htmx:configRequest", (event) => {
    const here = event.target.closest?.("[data-here]");
    if (!here) return;
    if (document.hidden) event.preventDefault();
    const isEditing = "editing" in here.dataset || document.querySelector("[data-fact-form]");
    event.detail.parameters.editing = isEditing ? "1" : "0";
  });
  function tell() {
    const here = document.querySelector("[data-here]");
    if (here && !document.hidden) window.htmx.trigger(here, "tell");
  }
  document.addEventListener("visibilitychange", tell);

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.requestConfig?.elt?.matches?.("[data-edit-fact]")) {
      tell();
      event.detail.elt.querySelector?.("[data-fact-form] [autofocus]:is(input:not([type=date]), textarea)")?.select();
    }
    if (event.detail.requestConfig?.elt?.matches?.("[data-fact-form]") && event.detail.elt.matches?.(".fact")) {
      focusFact(event.detail.elt);
      tell();
    }
  });
})();
