/* Forms: sent once, emptied of what says nothing, and never losing what was typed when the server or the session is away. */
(() => {
  const words = () => document.getElementById("notices")?.dataset ?? {};

  /* A second press while the first is under way is dropped; a page that comes back from the cache is usable again. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-guard]") || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    for (const button of form.querySelectorAll("button[type=submit]")) button.setAttribute("aria-disabled", "true");
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
    }
  });

  /* Who goes on typing while a part of a form is asked for keeps what is typed: the answer comes too late. */
  const sent = new WeakMap();
  const typedIn = (part) => [...part.querySelectorAll("input, select, textarea")].map((each) => each.value).join("\n");
  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.elt.matches?.("[data-keeps-typed]")) sent.set(detail.xhr, typedIn(detail.elt));
  });
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (sent.has(detail.xhr) && sent.get(detail.xhr) !== typedIn(detail.target)) detail.shouldSwap = false;
  });

  /* What is suggested for a field is one press away, and can be typed over. */
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-fill]");
    const control = button?.form?.elements[button.dataset.fill];
    if (!control) return;
    control.value = button.value;
    control.dispatchEvent(new Event("input", { bubbles: true }));
    control.focus();
  });

  /* Filters that are not set stay out of the address. */
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-drop-empty]") || event.defaultPrevented) return;
    const form = event.target;
    for (const control of form.elements) {
      if (control.name && !control.value) {
        control.disabled = true;
        setTimeout(() => { control.disabled = false; }, 0);
      }
    }
  });
  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.target.matches?.("form[data-drop-empty]")) return;
    for (const name of [...event.detail.formData.keys()]) {
      if (!event.detail.formData.get(name)) event.detail.formData.delete(name);
    }
  });

  /* What a page asks by itself fails in silence. */
  const isPoll = (event) => event.target.matches?.("[data-here]");
  const offline = (event) => {
    if (!isPoll(event)) window.crm.notice(words().offline, { level: "error" });
  };
  document.addEventListener("htmx:sendError", offline);
  document.addEventListener("htmx:timeout", offline);
  /* Signing in again, in this tab or another, makes the tokens of open pages void: fetch the new one, keep the page. */
  let stale = false;
  async function renewToken() {
    const answer = await fetch(words().tokenUrl, { credentials: "same-origin" });
    if (!answer.ok) return;
    const { token } = await answer.json();
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token;
    stale = false;
  }
  window.addEventListener("focus", () => {
    if (stale) renewToken();
  });

  function signedOut() {
    stale = true;
    window.crm.notice(words().signedOut, {
      level: "error",
      linkText: words().signedOutLink,
      linkUrl: words().signInUrl,
    });
  }
  window.crm = { ...window.crm, signedOut, renewToken };

  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    if (xhr.getResponseHeader("X-Stale-Form")) renewToken();
    if (xhr.getResponseHeader("X-Signed-Out")) {
      signedOut();
      return;
    }
    if (isPoll(event)) return;
    const said = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("[data-notice]");
    window.crm.notice(said?.textContent.trim() || words().failed, { level: "error" });
  });

  /* After an answer with errors the first field in error gets the focus. */
  document.addEventListener("htmx:afterSettle", (event) => {
    event.detail.elt.querySelector?.("[aria-invalid=true]")?.focus();
  });
  /* Whoever was in the part that is replaced goes on in the new one, and not from the top of the page. */
  const held = new WeakSet();
  document.addEventListener("htmx:beforeRequest", ({ detail: { elt, target, xhr } }) => {
    const at = document.activeElement;
    if (at !== document.body && (elt.contains(at) || target.contains(at))) held.add(xhr);
  });
  document.addEventListener("htmx:afterSettle", ({ detail: { elt, xhr } }) => {
    if (document.activeElement !== document.body || !held.has(xhr)) return;
    const places = [...(elt.querySelectorAll?.("a[href], button, summary, input, select, textarea") ?? [])];
    const place = places.find((each) => !each.disabled && each.checkVisibility());
    place?.focus({ preventScroll: true });
    place?.scrollIntoView({ block: "nearest" });
  });
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("main [aria-invalid=true]")?.focus();
  });
})();
