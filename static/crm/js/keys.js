/* Keyboard: the help sheet is the table of what every key does; here stands how it is done.
   Keys rest while something is typed, while an input method is composing, in a dialog, and when switched off; those with Ctrl or ⌘ work in fields, too. */
(() => {
  const WAIT_FOR_SECOND_MS = 1200;
  let first = "";
  let until = 0;

  const isOff = () => document.body.dataset.keys === "off";
  const isComposing = (event) => event.isComposing || event.keyCode === 229;
  const isTyping = (event) => Boolean(event.target.closest?.("input, textarea, select, [contenteditable], .ts-wrapper"));
  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
  const isChosen = (row) => row.contains(document.activeElement) || row.classList.contains("is-chosen");
  const linkOf = (row) => (row?.matches("a") ? row : row?.querySelector("a[href]"));

  function choose(step) {
    return chooseAt(rows().findIndex(isChosen) + step);
  }

  function chooseAt(place) {
    const all = rows();
    if (!all.length) return false;
    const next = all[Math.min(Math.max(place, 0), all.length - 1)];
    for (const row of all) row.classList.toggle("is-chosen", row === next);
    linkOf(next)?.focus({ preventScroll: true });
    window.crm.followPreview(next, linkOf(next));
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  function preview() {
    const row = rows().find(isChosen);
    /* On a button a blank presses it. */
    return !document.activeElement?.closest("button, summary") && window.crm.openPreview(row, linkOf(row));
  }

  function click(element) {
    element?.click();
    return Boolean(element);
  }

  function focus(element) {
    element?.focus();
    element?.select?.();
    return Boolean(element);
  }

  function openHelp() {
    document.getElementById("keys-help")?.showModal();
    return true;
  }

  /* The palette knows what may be done to the record of the chosen row, and where. */
  function actOnRow(name) {
    const link = linkOf(rows().find(isChosen));
    if (link) goToAct(name, new URL(link.href).pathname);
    return Boolean(link);
  }

  async function goToAct(name, path) {
    const url = `${document.getElementById("palette").dataset.url}?path=${encodeURIComponent(path)}`;
    const answer = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (answer?.headers.get("X-Signed-Out")) window.crm.signedOut();
    const offered = new DOMParser().parseFromString((await answer?.text()) ?? "", "text/html");
    const act = offered.querySelector(`[data-record-act="${CSS.escape(name)}"]`);
    if (act) window.location.assign(act.getAttribute("href"));
  }

  /* The step stands in the chosen row, else in the first one that has steps, else on the page of a record. */
  function step(name) {
    const main = document.getElementById("main");
    return click((rows().find(isChosen) ?? main).querySelector(`[data-step="${name}"]`) ?? null);
  }

  /* After a step the list stands anew: the choice stays where it was. */
  let place = -1;
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.target.id === "day") place = rows().findIndex(isChosen);
  });
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.elt.id !== "day" || place < 0) return;
    chooseAt(place);
    place = -1;
  });

  function tellNothingToUndo() {
    window.crm.notice(document.getElementById("notices")?.dataset.nothingToUndo, { level: "brief" });
    return true;
  }

  /* Each tells whether it did something; a key that did nothing stays the browser's. */
  const acts = {
    search: () => focus(document.querySelector("[data-search]")),
    palette: () => window.crm.openPalette(),
    next: () => choose(1),
    previous: () => choose(-1),
    preview,
    tick: () => click(rows().find(isChosen)?.querySelector("[name=row]")),
    edit: () => click(document.activeElement?.closest(".fact")?.querySelector("[data-edit-fact]"))
      || actOnRow("edit") || click(document.querySelector("[data-edit]")),
    /* With none chosen the first: in a view that the list opens with, that is the one it was made for. */
    open: () => click(linkOf(rows().find(isChosen) ?? rows()[0])),
    note: () => focus(document.querySelector("[data-note]")) || actOnRow("note"),
    follow_up: () => step("follow_up") || click(document.querySelector("[data-new-follow-up]")),
    take: () => step("take"),
    done: () => step("done"),
    snooze: () => step("snooze"),
    reschedule: () => step("reschedule"),
    hand_over: () => step("hand_over"),
    cancel: () => step("cancel"),
    undo: () => click([...document.querySelectorAll("[data-undo] button")].at(-1)) || tellNothingToUndo(),
    send: () => click(document.activeElement?.form?.querySelector("button[type=submit]")),
    help: openHelp,
    area: (press) => click(document.querySelector(`[data-area-key="${CSS.escape(press.split(" ")[1])}"]`)),
  };

  const table = () => [...document.querySelectorAll("#keys-help [data-act]")].map((line) => line.dataset);

  function pressed(event) {
    const isMod = event.ctrlKey || event.metaKey;
    if (event.altKey || (!isMod && isTyping(event))) return "";
    const key = isMod ? `Mod+${event.key.toLowerCase()}` : event.key;
    return Date.now() < until ? `${first} ${key}` : key;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isOff() || isComposing(event) || document.querySelector("dialog:modal")) return;
    const press = pressed(event);
    if (!press) return;
    until = 0;
    const found = table().find((line) => [line.press, line.also].includes(press));
    if (found && acts[found.act](press)) event.preventDefault();
    else if (!found && table().some((line) => line.press.startsWith(`${press} `))) {
      first = press;
      until = Date.now() + WAIT_FOR_SECOND_MS;
    }
  });

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-open-keys]")) {
      button.hidden = false;
      button.addEventListener("click", openHelp);
    }
    if (!/Mac|iP(hone|ad)/.test(navigator.platform)) return;
    for (const key of document.querySelectorAll("[data-mod]")) key.textContent = "⌘";
  });
})();
