/* What is typed into a form marked data-draft is kept on the server, a moment after the last key and when the page is left. */
(() => {
  const PAUSE_MS = 1500;
  const timers = new Map();
  const underWay = new WeakMap();

  function keep(form, isLeaving = false) {
    const sent = send(form, isLeaving).finally(() => underWay.delete(form));
    underWay.set(form, sent);
  }

  async function send(form, isLeaving) {
    clearTimeout(timers.get(form));
    timers.delete(form);
    const body = new URLSearchParams(new FormData(form));
    body.set("draft", "keep");
    let answer;
    try {
      answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" }, keepalive: isLeaving });
    } catch {
      /* Offline: the next key tries again. */
      return;
    }
    const state = form.querySelector("[data-draft-state]");
    if (state) state.hidden = !answer.ok || answer.headers.has("X-No-Draft");
    if (answer.headers.get("X-Signed-Out")) window.crm.signedOut();
    if (answer.headers.get("X-Stale-Form")) await window.crm.renewToken();
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-draft]");
    if (!form) return;
    form.dataset.typed = "";
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => keep(form), PAUSE_MS));
  });
  /* What is sent is saved by that. */
  document.addEventListener("submit", (event) => {
    clearTimeout(timers.get(event.target));
    timers.delete(event.target);
  }, true);
  /* A draft that came after the form was saved would stay; a fact opened before its draft went would show it. */
  document.addEventListener("htmx:confirm", (event) => {
    const sent = event.target.matches("[data-edit-fact]") ? dropped : underWay.get(event.target);
    if (!sent) return;
    event.preventDefault();
    sent.then(() => event.detail.issueRequest(true));
  });
  /* Whoever leaves a fact as it was wants no draft of it either. */
  let dropped = null;
  function dropDraft(form) {
    if (!form.matches("[data-draft]")) return;
    dropped = drop(form).finally(() => { dropped = null; });
  }

  async function drop(form) {
    clearTimeout(timers.get(form));
    timers.delete(form);
    const body = new URLSearchParams(new FormData(form));
    body.set("draft", "discard");
    await underWay.get(form);
    try {
      await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" }, keepalive: true });
    } catch {
      /* Offline: it stays, and says so when the fact is opened again. */
    }
  }
  window.crm = { ...window.crm, dropDraft };
  /* What was refused stands in the form again, and nowhere else yet. */
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.xhr?.status !== 422) return;
    const form = detail.elt.matches?.("form[data-draft]") ? detail.elt : detail.elt.querySelector?.("form[data-draft]");
    if (form) keep(form);
  });
  document.addEventListener("DOMContentLoaded", () => {
    for (const form of document.querySelectorAll("form[data-draft]:has(.is-invalid, [role=alert])")) keep(form);
  });
  const keepAll = () => {
    for (const form of [...timers.keys()]) if (form.isConnected) keep(form, true);
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keepAll();
  });
  window.addEventListener("pagehide", keepAll);
})();
