// Show what needs passkeys where the browser has them; say so when somebody let the dialog go.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  if (!window.PublicKeyCredential) return;
  for (const form of document.querySelectorAll("[data-needs-passkeys]")) form.hidden = false;
});

// allauth would write every dialog that was let go to the console as an error.
document.addEventListener("allauth.error", (event) => event.preventDefault());
