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

// What a page asked for by itself or on a click and did not get is said: a draft that was not kept above all.
(() => {
  const SIGNED_OUT = 401;

  function failed({ detail }) {
    const words = detail.xhr?.status === SIGNED_OUT ? "you are signed out; sign in again in another window" : "the server did not answer";
    if (detail.target.id.startsWith("draft-")) {
      detail.target.textContent = `Not kept: ${words}.`;
    } else if (detail.requestConfig.triggeringEvent?.type === "click") {
      document.querySelector("#told").textContent = `Not shown: ${words}.`;
    }
  }

  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, failed);
})();

// How long ago an item was claimed, and how long the claim stands yet: the server's seconds, counted on from when they came.
(() => {
  const STEP_MS = 15000;
  const came = new WeakMap();

  // As `lasting` of web/claims.py writes it.
  function lasting(seconds) {
    const minutes = Math.floor(Math.max(0, seconds) / 60);
    const days = Math.floor(minutes / 1440), hours = Math.floor(minutes / 60) % 24;
    const counts = days ? [[days, "day"], [hours, "hour"]] : [[hours, "hour"], [minutes % 60, "minute"]];
    const told = counts.filter(([count]) => count).map(([count, name]) => `${count} ${name}${count === 1 ? "" : "s"}`);
    return told.join(" ") || "under a minute";
  }

  function count() {
    for (const one of document.querySelectorAll("[data-ago], [data-left]")) {
      if (!came.has(one)) came.set(one, Date.now());
      const passed = (Date.now() - came.get(one)) / 1000;
      const { ago, left } = one.dataset;
      one.textContent = ago ? `${lasting(Number(ago) + passed)} ago` : `in ${lasting(Number(left) - passed)}`;
    }
  }

  count();
  window.setInterval(count, STEP_MS);
  document.addEventListener("htmx:afterSettle", count);
})();

// How long a letter can be taken back yet: the server's seconds; then there is no button that would be refused.
(() => {
  const STEP_MS = 1000;
  const LEFT = "The time to take the letter back is over: it is on its way.";
  const waiting = [...document.querySelectorAll("[data-leaves-in]")];
  const came = Date.now();

  function count() {
    for (const one of waiting.filter((place) => place.isConnected)) {
      const left = Math.ceil(Number(one.dataset.leavesIn) - (Date.now() - came) / 1000);
      if (left > 0) {
        one.textContent = `The letter leaves in ${left} second${left === 1 ? "" : "s"}.`;
        continue;
      }
      const words = document.createElement("p");
      words.textContent = LEFT;
      const form = one.closest("form");
      const held = form.contains(document.activeElement);
      form.replaceWith(words);
      if (held) document.querySelector("#main").focus();
    }
  }

  if (waiting.length > 0) window.setInterval(count, STEP_MS);
})();

// What a cell stands for is shown by the style alone. Esc puts it away until the next is looked at; a finger has no pointer.
(() => {
  const body = document.body;
  let at = null;
  const again = () => { delete body.dataset.tips; };
  const isShown = (tip) => tip.getClientRects().length > 0;

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
    if (![...document.querySelectorAll(".tip")].some(isShown)) return;
    event.preventDefault(); // keys.js goes back with the next
    body.dataset.tips = "off";
  }, true);
  document.addEventListener("focusin", again);
  document.addEventListener("pointerover", (event) => {
    const now = event.target.closest?.(".explained") ?? null;
    if (now && now !== at) again();
    at = now;
  });
  document.addEventListener("pointerup", (event) => {
    if (event.pointerType === "mouse") return;
    document.querySelectorAll(".explained[data-open]").forEach((one) => { delete one.dataset.open; });
    const touched = event.target.closest?.(".explained");
    if (touched) touched.dataset.open = "";
  });
})();
