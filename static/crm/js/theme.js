/* Runs before the page is drawn: theme of the system where none was chosen, folded navigation, and the sign that scripts run. */
(() => {
  const root = document.documentElement;
  root.classList.replace("no-js", "js");

  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    if (root.dataset.themeChoice === "auto") root.dataset.bsTheme = system.matches ? "dark" : "light";
    document.dispatchEvent(new CustomEvent("crm:theme"));
  };
  follow();
  system.addEventListener("change", follow);

  try {
    if (localStorage.getItem("crm-side") === "folded") root.classList.add("side-folded");
  } catch {
    /* Storage may be forbidden; the navigation then opens unfolded. */
  }
})();
