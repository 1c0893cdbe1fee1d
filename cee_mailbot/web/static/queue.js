// What makes the page quicker to use; without it every page works all the same.
"use strict";

document.addEventListener("submit", (event) => {
  // A form that was sent is not sent twice; the server would do it once in any case.
  const form = event.target;
  if (form.method === "post") {
    window.setTimeout(() => form.querySelectorAll("button").forEach((one) => { one.disabled = true; }), 0);
  }
});

// A page that comes back from the browser's memory must not keep its buttons shut.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form button[disabled]").forEach((one) => { one.disabled = false; });
});
