// Says so two minutes before a session ends, and lets it go on. The words are on the page; without this file a line at
// its foot says when the session ends.
"use strict";

(() => {
  const WARNED_BEFORE_S = 120;
  const STEP_S = 30; // how often the words change: every second would talk over everything else
  const dialog = document.querySelector("#session-warning");
  if (!dialog) return;
  const part = (name) => dialog.querySelector(`#session-${name}`);
  let endsAt = 0;
  let timer = 0;

  const later = (seconds, then) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(then, Math.max(0, seconds) * 1000);
  };
  const left = () => Math.max(0, Math.round((endsAt - Date.now()) / 1000));
  const inWords = (seconds) => (seconds > 60 ? "2 minutes" : seconds > STEP_S ? "1 minute" : `${STEP_S} seconds`);

  function arm(seconds) {
    endsAt = Date.now() + seconds * 1000;
    if (dialog.open) dialog.close();
    later(seconds - WARNED_BEFORE_S, look);
  }

  // Another window may have gone on with the session since.
  async function look() {
    try {
      heard(await fetch("/session/left.json", { headers: { Accept: "application/json" } }));
    } catch {
      later(STEP_S, look); // no network: the server decides when there is one
    }
  }

  async function heard(answer) {
    if (answer.status === 401) return over();
    if (!answer.ok) return later(STEP_S, look);
    const { seconds, can_stay: canStay } = await answer.json();
    if (seconds > WARNED_BEFORE_S) return arm(seconds);
    endsAt = Date.now() + seconds * 1000;
    part("stay").hidden = !canStay;
    if (!dialog.open) dialog.showModal();
    count();
  }

  function count() {
    const seconds = left();
    if (seconds === 0) return later(1, look); // the end as this page counts it: a moment later the server knows it too
    const more = part("stay").hidden ? " Sign out and in again to go on." : "";
    part("words").textContent = `It ends in less than ${inWords(seconds)}.${more}`;
    later(Math.min(STEP_S, seconds), count);
  }

  function over() {
    part("heading").textContent = "Your session has ended";
    part("words").textContent = "Nothing more is sent from this page until you sign in again.";
    part("stay").hidden = part("out").hidden = true;
    part("again").hidden = false;
    if (!dialog.open) dialog.showModal();
  }

  part("stay").addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    try {
      const form = { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams({ back: "/" }) };
      heard(await fetch("/session/stay", form));
    } catch {
      part("words").textContent = "The server does not answer. Try again.";
    }
  });

  // A machine that slept has counted nothing.
  document.addEventListener("visibilitychange", () => { if (!document.hidden && left() <= WARNED_BEFORE_S) look(); });
  arm(Number(document.body.dataset.sessionLeft));
})();
