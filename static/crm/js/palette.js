/* The command palette: its lines come from the server when it is first opened, and are filtered as somebody types. */
(() => {
  const dialog = () => document.getElementById("palette");
  const box = () => dialog().querySelector("input");
  const all = () => [...dialog().querySelectorAll("[role=option]")];
  const shown = () => all().filter((option) => !option.hidden);
  const folded = (text) => text.normalize("NFKC").toLowerCase();
  let loadedFor = null;
  let loading = Promise.resolve();

  function openPalette() {
    if (dialog().open) return false;
    const path = window.crm.openPath();
    dialog().showModal();
    box().value = "";
    if (loadedFor !== path) {
      loadedFor = path;
      loading = load(path);
    }
    filter();
    return true;
  }

  async function load(path) {
    const commands = dialog().querySelector("[data-commands]");
    await window.htmx.ajax("GET", dialog().dataset.url, { source: commands, target: commands, values: { path } });
    filter();
  }

  function filter() {
    const typed = box().value.trim();
    const terms = folded(typed).split(/\s+/).filter(Boolean);
    for (const option of all()) {
      if (option.dataset.words) option.hidden = !terms.every((term) => option.dataset.words.includes(term));
    }
    for (const group of dialog().querySelectorAll("[role=group]")) {
      group.hidden = !group.querySelector("[role=option]:not([hidden])");
    }
    const search = dialog().querySelector("[data-search-for]");
    search.hidden = !typed;
    search.querySelector("[data-typed]").textContent = typed;
    mark(shown()[0]);
  }

  function mark(chosen) {
    for (const option of all()) option.setAttribute("aria-selected", String(option === chosen));
    box().setAttribute("aria-activedescendant", chosen?.id ?? "");
    chosen?.scrollIntoView({ block: "nearest" });
  }

  const marked = () => dialog().querySelector("[aria-selected=true]");

  function step(by) {
    const options = shown();
    const at = options.indexOf(marked());
    if (options.length) mark(options[(at + by + options.length) % options.length]);
  }

  function searchFor() {
    const search = document.querySelector("[data-search]");
    search.value = box().value.trim();
    search.form.requestSubmit();
  }

  document.addEventListener("input", (event) => {
    if (dialog()?.contains(event.target) && !event.isComposing) filter();
  });
  document.addEventListener("compositionend", (event) => {
    if (dialog()?.contains(event.target)) filter();
  });
  document.addEventListener("keydown", async (event) => {
    if (!dialog()?.contains(event.target) || event.isComposing || event.keyCode === 229) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && event.target === box()) {
      event.preventDefault();
      await loading;
      marked()?.click();
    }
  });
  document.addEventListener("pointermove", (event) => {
    const option = event.target.closest?.("#palette [role=option]");
    if (option && option !== marked()) mark(option);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-palette]")) openPalette();
    if (event.target === dialog()) dialog().close();
    const option = event.target.closest("#palette [role=option]");
    if (!option || event.ctrlKey || event.metaKey || event.shiftKey) return;
    dialog().close();
    if (option.matches("[data-search-for]")) {
      event.preventDefault();
      searchFor();
    } else if (option.hash && option.pathname === window.location.pathname) {
      event.preventDefault();
      setTimeout(() => window.crm.openAt(option.hash), 0);
    }
  });
  /* Where the commands cannot be had, the notice that says why must be seen. */
  for (const failure of ["htmx:responseError", "htmx:sendError"]) {
    document.addEventListener(failure, (event) => {
      if (!dialog()?.contains(event.target)) return;
      loadedFor = null;
      dialog().close();
    });
  }
  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-open-palette]")) button.hidden = false;
  });

  window.crm = { ...window.crm, openPalette };
})();
