/* The search box shows what was opened lately, and its first hits as somebody types: arrows go through them, Enter opens
   the chosen one, or all. */
(() => {
  const PAUSE_MS = 180;
  const LEAST_LETTERS = 2;
  let timer;
  let asked = 0;

  const box = () => document.querySelector("[data-search]");
  const list = () => document.getElementById("live-hits");
  const options = () => [...list().querySelectorAll("[role=option]")];
  const marked = () => list().querySelector("[aria-selected=true]");

  function show(isOpen) {
    list().hidden = !isOpen;
    box().setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) mark(null);
  }

  function mark(chosen) {
    for (const option of options()) option.setAttribute("aria-selected", String(option === chosen));
    box().setAttribute("aria-activedescendant", chosen?.id ?? "");
    chosen?.scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    const all = options();
    if (!all.length) return;
    const at = all.indexOf(marked());
    mark(all[at < 0 && by < 0 ? all.length - 1 : (at + by + all.length) % all.length]);
  }

  async function ask() {
    const number = ++asked;
    const letters = box().value.trim().length;
    if (letters > 0 && letters < LEAST_LETTERS) return show(false);
    let answer;
    try {
      const body = new URLSearchParams(new FormData(box().form));
      body.append("path", location.pathname);
      answer = await fetch(list().dataset.url, { method: "POST", body, headers: { "HX-Request": "true" } });
    } catch {
      return show(false);
    }
    if (answer.headers.get("X-Signed-Out")) return window.crm.signedOut();
    if (number !== asked || document.activeElement !== box()) return;
    if (answer.ok) list().innerHTML = await answer.text();
    show(answer.ok && list().childElementCount > 0);
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  }

  const isBox = (event) => event.target.matches?.("[data-search]");

  document.addEventListener("input", (event) => {
    if (isBox(event) && !event.isComposing) later();
  });
  document.addEventListener("compositionend", (event) => {
    if (isBox(event)) later();
  });
  document.addEventListener("keydown", (event) => {
    if (!isBox(event) || event.isComposing || event.keyCode === 229) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list().hidden) ask();
      else step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      clearTimeout(timer);
      asked += 1;
      if (!marked()) return;
      event.preventDefault();
      marked().click();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (list().hidden) event.target.blur();
      else show(false);
    }
  });
  document.addEventListener("pointermove", (event) => {
    const option = event.target.closest?.("#live-hits [role=option]");
    if (option && option !== marked()) mark(option);
  });
  /* A press on a hit opens it before the box has lost the focus. */
  document.addEventListener("pointerdown", (event) => {
    if (list()?.contains(event.target)) event.preventDefault();
  });
  document.addEventListener("focusin", (event) => {
    if (isBox(event) && !event.target.value) ask();
  });
  document.addEventListener("focusout", (event) => {
    if (isBox(event)) show(false);
  });
})();
