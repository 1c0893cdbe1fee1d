// PDFs within the page, each in a frame of its own that has no rights: the frame gets the bytes and nothing else.
"use strict";

(() => {
  const MOST_OPEN = 3; // frames at once: each holds a whole PDF
  const PATIENCE_MS = 20000;
  const SETTLED_MS = 1000; // what is on its way into view is not closed
  const open = new Map(); // the place of a document, and its frame, the oldest first
  const NEAR = 200; // pixels beyond the window at which a document is made ready

  const kept = (place) => `pdf ${place.dataset.pdf}`;

  function note(place, words) {
    const line = document.createElement("p");
    line.className = "quiet";
    line.textContent = words;
    place.replaceChildren(line);
    open.delete(place);
  }

  function remembered(place) {
    const [page, zoom] = (sessionStorage.getItem(kept(place)) ?? "1 1").split(" ").map(Number);
    return { page, zoom };
  }

  async function show(place) {
    if (place.childElementCount > 0) return;
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts"); // no origin of ours: neither session nor page are in its reach
    frame.title = place.dataset.name;
    frame.src = "/viewer";
    frame.dataset.state = "waiting";
    open.set(place, frame);
    const ready = new Promise((resolve, reject) => {
      frame.addEventListener("ready", resolve, { once: true });
      setTimeout(() => reject(new Error("late")), PATIENCE_MS);
    });
    place.replaceChildren(frame);
    setTimeout(closeOthers, SETTLED_MS);
    try {
      const [answer] = await Promise.all([fetch(place.dataset.pdf), ready]);
      if (!answer.ok || answer.redirected) throw new Error("refused");
      const bytes = await answer.arrayBuffer();
      // The frame is at no origin that could be named; what it gets is what it shows.
      frame.contentWindow?.postMessage({ bytes, ...remembered(place) }, "*", [bytes]);
    } catch {
      if (open.get(place) === frame) note(place, "The document could not be shown here. Load the page again, or download it.");
    }
  }

  function isNear(place) {
    const { top, bottom } = place.getBoundingClientRect();
    return bottom > -NEAR && top < window.innerHeight + NEAR;
  }

  function closeOthers() {
    for (const place of [...open.keys()]) {
      if (open.size <= MOST_OPEN) return;
      if (isNear(place)) continue;
      open.delete(place);
      place.replaceChildren();
    }
  }

  const near = new IntersectionObserver((changed) => {
    for (const { target, isIntersecting } of changed) if (isIntersecting) show(target);
  }, { rootMargin: `${NEAR}px` });
  for (const place of document.querySelectorAll("[data-pdf]")) {
    if (isNear(place)) show(place); // at once: the observer tells when the page was painted
    near.observe(place);
  }

  // What a frame may say: that it is ready, that it can't show its document, where one is in it, and three keys that lead out of it.
  window.addEventListener("message", ({ source, data }) => {
    const frame = [...document.querySelectorAll("[data-pdf] > iframe")].find((one) => one.contentWindow === source);
    if (!frame) return;
    const place = frame.parentElement;
    if (data?.kind === "ready") {
      frame.dispatchEvent(new Event("ready"));
    } else if (data?.kind === "at" && Number.isInteger(data.page) && Number.isFinite(data.zoom)) {
      frame.dataset.state = "shown";
      sessionStorage.setItem(kept(place), `${data.page} ${data.zoom}`);
    } else if (data?.kind === "failed") {
      frame.dataset.state = "failed";
      open.delete(place); // it holds nothing but a sentence
    } else if (data?.kind === "key" && ["[", "]", "Escape"].includes(data.key)) {
      place.closest("[data-paper]")?.focus();
      if (data.key !== "Escape") document.dispatchEvent(new KeyboardEvent("keydown", { key: data.key, bubbles: true }));
    }
  });
})();
