/* Boxes that find as somebody types: arrows go through the hits, Enter takes the chosen one. The search box shows what was
   opened lately, too, and opens what is chosen, or all; a field for a customer (data-picks) gets the number of who is chosen. */
(() => {
  const PAUSE_MS = 180;
  const LEAST_LETTERS = 2;
  let timer;
  let asked = 0;

  const listOf = (box) => document.getElementById(box.getAttribute("aria-controls"));
  const boxOf = (list) => document.querySelector(`[aria-controls="${CSS.escape(list.id)}"]`);
  const options = (box) => [...listOf(box).querySelectorAll("[role=option]")];
  const marked = (box) => listOf(box).querySelector("[aria-selected=true]");
  const picks = (box) => box.hasAttribute("data-picks");

  function show(box, isOpen) {
    listOf(box).hidden = !isOpen;
    box.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) mark(box, null);
  }

  function mark(box, chosen) {
    for (const option of options(box)) option.setAttribute("aria-selected", String(option === chosen));
    box.setAttribute("aria-activedescendant", chosen?.id ?? "");
    chosen?.scrollIntoView({ block: "nearest" });
  }

  function step(box, by) {
    const all = options(box);
    if (!all.length) return;
    const at = all.indexOf(marked(box));
    mark(box, all[at < 0 && by < 0 ? all.length - 1 : (at + by + all.length) % all.length]);
  }

  async function ask(box) {
    const number = ++asked;
    const letters = box.value.trim().length;
    if (letters < LEAST_LETTERS && (letters > 0 || picks(box))) return show(box, false);
    const token = box.form.elements.csrfmiddlewaretoken.value;
    const body = new URLSearchParams({ q: box.value, path: location.pathname, csrfmiddlewaretoken: token });
    let answer;
    try {
      answer = await fetch(listOf(box).dataset.url, { method: "POST", body, headers: { "HX-Request": "true" } });
    } catch {
      return show(box, false);
    }
    if (answer.headers.get("X-Signed-Out")) return window.crm.signedOut();
    if (number !== asked || document.activeElement !== box) return;
    const list = listOf(box);
    if (answer.ok) list.innerHTML = await answer.text();
    show(box, answer.ok && list.childElementCount > 0);
  }

  function later(box) {
    clearTimeout(timer);
    timer = setTimeout(() => ask(box), PAUSE_MS);
  }

  /* Whose number it is stands below until something else is typed. */
  function tellPicked(box, name) {
    const place = box.parentElement.querySelector("[data-picked]");
    if (place) place.textContent = name;
  }

  const isBox = (event) => event.target.matches?.("[data-search], [data-picks]");

  document.addEventListener("input", (event) => {
    /* What a choice fills in is not asked for again. */
    if (!isBox(event) || !event.isTrusted) return;
    tellPicked(event.target, "");
    if (!event.isComposing) later(event.target);
  });
  document.addEventListener("compositionend", (event) => {
    if (isBox(event)) later(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (!isBox(event) || event.isComposing || event.keyCode === 229) return;
    const box = event.target;
    const list = listOf(box);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) ask(box);
      else step(box, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      clearTimeout(timer);
      asked += 1;
      const chosen = marked(box) ?? (picks(box) && !list.hidden ? options(box)[0] : null);
      if (!chosen) return;
      event.preventDefault();
      chosen.click();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (!list.hidden) show(box, false);
      else if (!picks(box)) box.blur();
    }
  });
  document.addEventListener("click", (event) => {
    const option = event.target.closest?.(".live-hits button[role=option]");
    if (!option) return;
    const box = boxOf(option.closest(".live-hits"));
    box.value = option.value;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    tellPicked(box, option.dataset.name);
    show(box, false);
  });
  document.addEventListener("pointermove", (event) => {
    const option = event.target.closest?.(".live-hits [role=option]");
    const box = option && boxOf(option.closest(".live-hits"));
    if (box && option !== marked(box)) mark(box, option);
  });
  /* A press on a hit opens it before the box has lost the focus. */
  document.addEventListener("pointerdown", (event) => {
    if (event.target.closest?.(".live-hits")) event.preventDefault();
  });
  document.addEventListener("focusin", (event) => {
    if (isBox(event) && !event.target.value && !picks(event.target)) ask(event.target);
  });
  document.addEventListener("focusout", (event) => {
    if (isBox(event)) show(event.target, false);
  });
})();
