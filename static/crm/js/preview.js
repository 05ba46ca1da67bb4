/* A linked record opens beside its list: the record's own page, asked for as a fragment, in a panel that covers a phone's screen. */
(() => {
  const FOLLOWING_AFTER_MS = 150;
  const panel = () => document.getElementById("preview");
  const body = () => document.getElementById("preview-body");
  const urlOf = (row) => row?.dataset.preview ?? row?.querySelector("[data-preview]")?.dataset.preview;
  let opener = null;
  let waiting = 0;

  function load(url, from) {
    opener = from;
    window.htmx.ajax("GET", url, { source: body(), target: body() });
  }

  /* Of several links in a row the one that has the focus is meant. */
  function openPreview(row, from) {
    const url = document.activeElement?.nextElementSibling?.dataset.preview ?? urlOf(row);
    if (url) load(url, from);
    return Boolean(url);
  }

  /* Where the panel is open, it shows whichever row is chosen; the focus stays in the list. */
  function followPreview(row, from) {
    clearTimeout(waiting);
    if (panel().open && urlOf(row)) waiting = setTimeout(() => load(urlOf(row), from), FOLLOWING_AFTER_MS);
  }

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== body()) return;
    panel().dataset.path = new URL(event.detail.xhr.responseURL).pathname;
    panel().scrollTop = 0;
    for (const back of body().querySelectorAll("[data-preview-back]")) {
      back.hidden = !panel().dataset.back;
      back.dataset.preview = panel().dataset.back ?? "";
    }
    if (panel().open) return;
    if (window.matchMedia("(max-width: 767.98px)").matches) panel().showModal();
    else panel().show();
    (body().querySelector("[autofocus]") ?? document.getElementById("preview-title"))?.focus();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-preview]");
    if (!button) return;
    for (const row of document.querySelectorAll("[data-row]")) row.classList.toggle("is-chosen", row.contains(button));
    load(button.dataset.preview, button);
  });
  /* What is masked is revealed beside the page, which stays as it is; from a preview there is a way back to it. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.reveal-link:not([target])");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    if (!panel().contains(link)) delete panel().dataset.back;
    else panel().dataset.back = panel().dataset.path;
    load(link.getAttribute("href"), link);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || !panel()?.open || document.querySelector("dialog:modal")) return;
    if (document.querySelector("details[data-menu][open]") || event.target.closest?.("input, textarea, select")) return;
    panel().close();
  });
  /* Wherever a record is linked, in rows, timelines, panels and facts, it can be previewed. */
  const PLACES = ["[data-row]", ".event", ".list-group-item", ".facts dd", ".page-subtitle"];
  const LINKS = PLACES.map((place) => `#main ${place} a[href]:not(.btn)`).join();
  let isRecord = () => false;

  function offerAll(root) {
    for (const link of root.querySelectorAll?.(LINKS) ?? []) {
      const isElsewhere = isRecord(link.pathname) && !link.search && link.pathname !== window.location.pathname;
      if (!isElsewhere || link.nextElementSibling?.matches("[data-preview]")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "preview-button";
      button.dataset.preview = link.pathname;
      button.title = panel().dataset.offer.replace("{}", link.textContent.trim());
      button.setAttribute("aria-label", button.title);
      button.innerHTML = '<i class="ti ti-layout-sidebar-right" aria-hidden="true"></i>';
      link.after(button);
    }
  }
  document.addEventListener("htmx:load", (event) => offerAll(event.detail.elt.parentElement ?? event.detail.elt));
  document.addEventListener("DOMContentLoaded", () => {
    const patterns = (panel()?.dataset.records ?? "").split(" ").filter(Boolean);
    isRecord = (path) => patterns.some((each) => new RegExp(`^${each.replace("*", "[0-9a-f-]{36}")}$`).test(path));
    offerAll(document);
  });
  document.addEventListener("DOMContentLoaded", () => {
    panel()?.addEventListener("close", () => {
      clearTimeout(waiting);
      body().replaceChildren();
      (opener?.isConnected ? opener : document.getElementById("main")).focus({ preventScroll: true });
    });
  });

  /* The address of the record that is open: the previewed one, else the page's own. */
  const openPath = () => (panel()?.open ? panel().dataset.path : window.location.pathname);
  window.crm = { ...window.crm, openPreview, followPreview, openPath };
})();
