/* A list keeps its place: going back finds the row that was opened, and a record leads back to the list as it was left. */
(() => {
  const MOST_PAGES = 20;
  const keyOf = (path) => `crm.list ${path}`;
  const rows = () => [...document.querySelectorAll("#list [data-row]")];
  const linkOf = (row) => (row.matches("a") ? row : row.querySelector("a[href]"));
  const read = (path) => JSON.parse(sessionStorage.getItem(keyOf(path)) ?? "null");

  /* Of a list its address, how many rows there were, and which of them was opened. */
  function leave() {
    if (!document.getElementById("list")) return;
    const all = rows();
    const opened = all.findIndex((row) => row.contains(document.activeElement) || row.classList.contains("is-chosen"));
    const place = { search: window.location.search, count: all.length, opened, scroll: window.scrollY };
    sessionStorage.setItem(keyOf(window.location.pathname), JSON.stringify(place));
  }

  async function more(count) {
    for (let page = 0; page < MOST_PAGES && rows().length < count; page += 1) {
      const before = rows().length;
      const link = document.querySelector("#list [data-more]");
      if (!link) return;
      await window.htmx.ajax("GET", link.href, {
        source: link,
        target: link.closest("tr"),
        swap: "outerHTML",
        select: "#list tbody > tr",
      });
      if (rows().length === before) return;
    }
  }

  async function comeBack() {
    const place = read(window.location.pathname);
    const isBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
    if (!isBack || !place || place.search !== window.location.search) return;
    await more(place.count);
    window.scrollTo(0, place.scroll);
    const row = rows()[place.opened];
    if (!row) return;
    row.classList.add("is-chosen");
    linkOf(row)?.focus({ preventScroll: true });
  }

  function leadBack() {
    for (const link of document.querySelectorAll(".back-link")) {
      const place = link.search ? null : read(link.pathname);
      if (place) link.setAttribute("href", link.pathname + place.search);
    }
  }

  window.addEventListener("pagehide", leave);
  document.addEventListener("DOMContentLoaded", () => {
    leadBack();
    if (document.getElementById("list")) comeBack();
  });
})();
