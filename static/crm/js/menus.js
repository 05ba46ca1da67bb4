/* Menus are <details>: they open without a script; with one they also close, one by one, on Escape and on a click outside. */
(() => {
  const FIELD = "input:not([type=hidden], :disabled), select:not(:disabled), textarea:not(:disabled)";
  const openMenus = () => document.querySelectorAll("details[data-menu][open]");

  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) {
      if (!menu.contains(event.target) || event.target.closest("[data-close-menu]")) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    for (const menu of openMenus()) {
      menu.open = false;
      if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    }
    if (document.documentElement.classList.contains("side-open")) openSide(false);
  });
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches?.("details[data-menu]") || !menu.open) return;
    for (const other of openMenus()) if (other !== menu && !other.contains(menu)) other.open = false;
    const panel = menu.querySelector(".menu-panel");
    panel?.classList.remove("menu-panel-flip");
    if (panel && panel.getBoundingClientRect().left < 0) panel.classList.add("menu-panel-flip");
    /* Who opens a form by the keyboard wants to type; a list of links is walked through by Tab. */
    if (menu.querySelector("summary").matches(":focus-visible")) panel?.querySelector(FIELD)?.focus();
  }, true);
  /* An address that ends in the name of a menu's button opens the menu; the next Tab leads into it. */
  function openAt(hash) {
    const there = document.getElementById(hash.slice(1));
    if (!there) return;
    if (there.matches("details[data-menu] > summary")) there.parentElement.open = true;
    there.focus();
  }
  window.crm = { ...window.crm, openAt };
  document.addEventListener("DOMContentLoaded", () => openAt(window.location.hash));
  window.addEventListener("hashchange", () => openAt(window.location.hash));

  const reveal = (root) => root.querySelectorAll("[data-close-menu]").forEach((button) => { button.hidden = false; });
  document.addEventListener("DOMContentLoaded", () => reveal(document));
  document.addEventListener("htmx:load", (event) => reveal(event.detail.elt));

  function openSide(open) {
    document.documentElement.classList.toggle("side-open", open);
    const button = document.querySelector("[data-open-side]");
    button?.setAttribute("aria-expanded", String(open));
    (open ? document.querySelector(".side-link") : button)?.focus();
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-side]")) {
      openSide(!document.documentElement.classList.contains("side-open"));
    } else if (document.documentElement.classList.contains("side-open") && !event.target.closest("#side")) {
      openSide(false);
    }
    if (event.target.closest("[data-fold-side]")) {
      const folded = document.documentElement.classList.toggle("side-folded");
      try {
        localStorage.setItem("crm-side", folded ? "folded" : "open");
      } catch {
        /* Then it is not remembered. */
      }
    }
  });
})();
