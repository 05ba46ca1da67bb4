/* Keyboard: `/` search, `g` and a letter for areas, `j` `k` `o` in lists, `e` edit the record or the fact that has the focus, `n` note, `?` the list of them all.
   Keys rest while something is typed, while an input method is composing, with a modifier, in a dialog, and when switched off. */
(() => {
  const WAIT_FOR_LETTER_MS = 1200;
  let goUntil = 0;

  const isOff = () => document.body.dataset.keys === "off";
  const isTyping = (event) =>
    event.isComposing || event.keyCode === 229 ||
    Boolean(event.target.closest?.("input, textarea, select, [contenteditable], .ts-wrapper"));
  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);

  function choose(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("is-chosen"));
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    for (const row of all) row.classList.toggle("is-chosen", row === next);
    (next.matches("a") ? next : next.querySelector("a[href]"))?.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }

  function open() {
    const row = rows().find((each) => each.classList.contains("is-chosen"));
    (row?.matches("a") ? row : row?.querySelector("a[href]"))?.click();
  }

  const openHelp = () => {
    const sheet = document.getElementById("keys-help");
    if (sheet && !sheet.open) sheet.showModal();
  };

  const acts = {
    "/": () => {
      const box = document.querySelector("[data-search]");
      box?.focus();
      box?.select();
    },
    "?": openHelp,
    j: () => choose(1),
    k: () => choose(-1),
    o: open,
    e: () => (document.activeElement?.closest(".fact")?.querySelector("[data-edit-fact]") ?? document.querySelector("[data-edit]"))?.click(),
    n: () => document.querySelector("[data-note]")?.focus(),
    g: () => { goUntil = Date.now() + WAIT_FOR_LETTER_MS; },
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isOff() || isTyping(event) || document.querySelector("dialog[open]")) return;
    if (Date.now() < goUntil && event.key !== "g") {
      goUntil = 0;
      const area = document.querySelector(`[data-area-key="${CSS.escape(event.key)}"]`);
      if (area) {
        event.preventDefault();
        area.click();
      }
      return;
    }
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-open-keys]")) {
      button.hidden = false;
      button.addEventListener("click", openHelp);
    }
  });
})();
