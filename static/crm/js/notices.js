/* Notices: a live region that scripts and answers of the server add to. */
(() => {
  const region = () => document.getElementById("notices");

  function show(text, { level = "info", linkText = "", linkUrl = "" } = {}) {
    const home = region();
    if (!home || !text) return;
    const notice = document.createElement("div");
    notice.className = `alert notice notice-${level}`;
    if (level === "error") notice.setAttribute("role", "alert");
    const icon = document.createElement("i");
    icon.className = `ti notice-icon ti-${level === "error" ? "alert-triangle" : level === "success" ? "circle-check" : "info-circle"}`;
    icon.setAttribute("aria-hidden", "true");
    const words = document.createElement("div");
    words.className = "notice-text";
    words.textContent = text;
    if (linkUrl) {
      const link = document.createElement("a");
      link.href = linkUrl;
      link.target = "_blank";
      link.rel = "noopener";
      link.textContent = linkText;
      words.append(" ", link);
    }
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn-close";
    close.dataset.dismissNotice = "";
    close.setAttribute("aria-label", home.dataset.close);
    notice.append(icon, words, close);
    for (const same of home.querySelectorAll(".notice")) {
      if (same.querySelector(".notice-text")?.textContent === words.textContent) same.remove();
    }
    home.append(notice);
    prepare(notice);
  }

  /* Good news goes away by itself, later where it can be undone; what asks for an act stays until it is closed. */
  function prepare(notice) {
    const close = notice.querySelector("[data-dismiss-notice]");
    if (close) close.hidden = false;
    if (!notice.matches(".notice-success, .notice-brief") || notice.dataset.timed) return;
    notice.dataset.timed = "1";
    const shownMs = notice.querySelector("[data-undo]") ? 20000 : 6000;
    let timer = setTimeout(() => notice.remove(), shownMs);
    for (const pause of ["mouseenter", "focusin"]) notice.addEventListener(pause, () => clearTimeout(timer));
    for (const go of ["mouseleave", "focusout"]) {
      notice.addEventListener(go, () => {
        clearTimeout(timer);
        timer = setTimeout(() => notice.remove(), 3000);
      });
    }
  }

  document.addEventListener("click", (event) => {
    event.target.closest?.("[data-dismiss-notice]")?.closest(".notice")?.remove();
  });
  const prepareAll = () => region()?.querySelectorAll(".notice").forEach(prepare);
  document.addEventListener("DOMContentLoaded", prepareAll);
  document.addEventListener("htmx:oobAfterSwap", prepareAll);

  window.crm = { ...window.crm, notice: show };
})();
