// The keyboard. What a key does is written on the page: `data-key` names the key of a button, link or field, and
// everything else that has a key stands in OWN_KEYS. Without this file every page works all the same.
"use strict";

(() => {
  const SEQUENCE_MS = 900; // how long the second key of `g q` and the second dot may take
  const TOLD_MS = 8000; // how long a notice stays, over the foot of the page
  const FIELDS = "input, textarea, select, [contenteditable]";
  const PLACE = "last row"; // where the list was left, for this tab only
  const PAGE = "last page"; // and on which of its pages: its search as links say it, and the page's own address
  const single = document.body.dataset.singleKeys !== "off";
  let begun = { keys: "", at: 0 };
  let leaving = false;

  const one = (selector) => document.querySelector(selector);
  const rows = () => [...document.querySelectorAll("tr[data-row]")];
  const linkOf = (row) => row.querySelector("a.open");
  const currentRow = () => document.activeElement.closest?.("tr[data-row]") ?? one('tr[aria-selected="true"]');
  const shown = (element) => Boolean(element) && element.getClientRects().length > 0;

  function tell(words) {
    const region = one("#told");
    if (!region) return;
    region.textContent = words;
    window.setTimeout(() => { if (region.textContent === words) region.textContent = ""; }, TOLD_MS);
  }

  function select(row) {
    rows().forEach((other) => other.removeAttribute("aria-selected"));
    row.setAttribute("aria-selected", "true");
    linkOf(row).focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function move(step) {
    const all = rows();
    const at = all.indexOf(currentRow());
    const next = at < 0 ? 0 : Math.min(Math.max(at + step, 0), all.length - 1);
    select(all[next]);
  }

  const papers = () => [...document.querySelectorAll("[data-paper]")];

  function turnTo(step) {
    const all = papers();
    const at = all.indexOf(document.activeElement.closest?.("[data-paper]"));
    const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1);
    all[next].focus({ preventScroll: true });
    all[next].scrollIntoView({ block: "start" });
  }

  // One dot copies the number, two the subject too, three the link too.
  async function copy(dots) {
    const from = one("[data-copy]");
    const parts = [from.dataset.copy, from.dataset.copySubject, new URL(from.dataset.copyLink, location.href).href];
    return put(parts.slice(0, dots).join(" "));
  }

  async function put(text) {
    try {
      await navigator.clipboard.writeText(text);
      tell(`Copied: ${text}`);
    } catch {
      tell(`This browser did not let the page copy. The text is: ${text}`);
    }
  }

  document.querySelectorAll("[data-copy-text]").forEach((place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${place.dataset.copyText}`);
    button.addEventListener("click", () => put(place.dataset.copyText));
    place.append(" ", button);
  });

  // [keys, words, whether it means something on this page, what it does]
  const OWN_KEYS = [
    [["j", "ArrowDown"], "Next item of the list", () => rows().length > 0, () => move(1)],
    [["k", "ArrowUp"], "Previous item of the list", () => rows().length > 0, () => move(-1)],
    [["o"], "Open the item (Enter does too)", () => rows().length > 0, () => linkOf(currentRow() ?? rows()[0]).click()],
    [["x"], "Select the item of this row", () => Boolean(one("tr[data-row] input[type=checkbox]")),
      () => currentRow()?.querySelector("input[type=checkbox]")?.click()],
    [["]"], "Next document", () => papers().length > 0, () => turnTo(1)],
    [["["], "Previous document", () => papers().length > 0, () => turnTo(-1)],
    [["/"], "Search", () => Boolean(one("#search")), () => one("#search").select()],
    [["."], "Copy the tracking number (.. with the subject, ... with the link)",
      () => Boolean(one("[data-copy]")), () => copy(1)],
    [["?"], "Keys of this page", () => true, () => sheet(valid())],
  ];

  const marked = () => [...document.querySelectorAll("[data-key]")];
  const closedIn = (element) => element.closest("details:not([open])");
  const usable = (element) => !element.disabled && !element.closest("[hidden]") && (shown(element) || closedIn(element));

  function wordsOf(element) {
    const label = element.labels?.[0]?.cloneNode(true);
    label?.querySelectorAll(FIELDS).forEach((field) => field.remove());
    return (element.dataset.keyWords ?? label?.textContent ?? element.textContent).trim();
  }

  function act(element) {
    if (element.matches(FIELDS)) {
      for (let at = closedIn(element); at; at = closedIn(element)) at.open = true;
      element.focus();
      element.scrollIntoView({ block: "nearest" });
    } else if (closedIn(element)) {
      // A button out of sight is shown, never pressed: what it asks for has not been filled in.
      closedIn(element).open = true;
      (element.form?.querySelector("input:not([type=hidden]), textarea, select") ?? element).focus();
    } else {
      element.click();
    }
  }

  // Every key that does something here: [keys as they are shown, words, doing].
  function valid() {
    const own = OWN_KEYS.filter(([, , fits]) => fits()).map(([keys, words, , doing]) => [keys, words, doing]);
    const here = marked().filter(usable).map((element) => [[element.dataset.key], wordsOf(element), () => act(element)]);
    return [...here, ...own];
  }

  // Every act of this page, by its button, and where one can go: those that have a key, then all the others.
  const PLACES = "nav.places a, nav.pages a, main form button:not(.draft button, [type=button]), nav.views form button";

  function everything() {
    const keyed = valid();
    const told = new Set(keyed.map(([, words]) => words));
    const others = [...document.querySelectorAll(PLACES)].filter((element) => usable(element) && !element.dataset.key);
    for (const element of others) {
      const words = wordsOf(element);
      if (!told.has(words)) keyed.push([[], words, () => act(element)]);
      told.add(words);
    }
    return keyed;
  }

  function lineOf([keys, words, doing], dialog) {
    const line = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    if (keys.length) {
      const cap = document.createElement("kbd");
      cap.textContent = keys[0] === "Escape" ? "Esc" : keys[0];
      button.append(cap, " ");
    }
    button.append(words);
    button.addEventListener("click", () => { dialog.close(); doing(); });
    line.append(button);
    return line;
  }

  // Shows those of the lines whose words have what was typed; Enter does the first.
  function finder(list) {
    const label = document.createElement("label");
    const field = document.createElement("input");
    field.type = "search";
    field.autocomplete = "off";
    label.append("Find an action ", field);
    const lines = () => [...list.children];
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      lines().forEach((line) => { line.hidden = !line.textContent.toLowerCase().includes(wanted); });
    });
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      lines().find((line) => !line.hidden)?.querySelector("button").click();
    });
    return label;
  }

  function sheet(entries, find = false) {
    one("#keys")?.remove();
    const dialog = document.createElement("dialog");
    dialog.id = "keys";
    dialog.setAttribute("aria-labelledby", "keys-title");
    const title = document.createElement("h2");
    title.id = "keys-title";
    title.textContent = find ? "Actions of this page" : "Keys of this page";
    const note = document.createElement("p");
    note.className = "quiet";
    note.textContent = single ? "Each key also works together with Alt." : "Single keys are switched off: hold Alt with each key.";
    const list = document.createElement("ul");
    list.append(...entries.filter(([keys]) => keys[0] !== "?").map((entry) => lineOf(entry, dialog)));
    const settings = document.createElement("a");
    settings.href = "/keys";
    settings.textContent = "All keys, and switching single keys off";
    const close = document.createElement("button");
    close.type = "button";
    close.className = "primary";
    close.textContent = "Close";
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove()); // the browser has put the focus back before
    dialog.append(title, note, ...(find ? [finder(list)] : []), list, settings, close);
    document.body.append(dialog);
    dialog.showModal();
  }

  function back(event) {
    const within = event.target.closest?.(FIELDS);
    if (within) {
      within.blur();
      one("#main")?.focus({ preventScroll: true });
    } else {
      one("a[data-back]")?.click();
    }
  }

  // The key as it is shown; with Alt, some layouts write another letter, so the place of the key tells.
  function named(event) {
    if (!event.altKey) return event.key;
    const letter = /^Key([A-Z])$/.exec(event.code)?.[1] ?? /^Digit([0-9])$/.exec(event.code)?.[1] ?? event.key;
    return event.shiftKey ? letter : letter.toLowerCase();
  }

  function dots(event) {
    const soon = event.timeStamp - begun.at < SEQUENCE_MS && /^\.+$/.test(begun.keys);
    begun = { keys: soon && begun.keys.length < 3 ? `${begun.keys}.` : ".", at: event.timeStamp };
    return copy(begun.keys.length);
  }

  function pressed(event) {
    if (event.defaultPrevented || event.isComposing || one("dialog[open]")) return;
    if (event.key === "k" && event.ctrlKey && !event.altKey) {
      event.preventDefault();
      sheet(everything(), true);
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") {
      back(event);
      return;
    }
    const typing = event.target.closest?.(FIELDS) && event.target.type !== "checkbox";
    if ((typing || !single) && !event.altKey) return;
    const key = named(event);
    if (key === "." && one("[data-copy]")) {
      event.preventDefault();
      dots(event);
      return;
    }
    const soon = event.timeStamp - begun.at < SEQUENCE_MS && begun.keys;
    const wanted = soon ? `${begun.keys} ${key}` : key;
    const known = valid();
    begun = { keys: known.some(([keys]) => keys[0].startsWith(`${key} `)) ? key : "", at: event.timeStamp };
    const found = known.find(([keys]) => keys.includes(wanted));
    if (!found || (event.repeat && !["j", "k", "ArrowDown", "ArrowUp"].includes(key))) return;
    event.preventDefault();
    begun = { keys: "", at: 0 };
    if (!leaving) found[2]();
  }

  document.addEventListener("keydown", pressed);
  // A key that is pressed while the next page is on its way must not act on the one that is left.
  document.addEventListener("submit", () => { leaving = true; });
  window.addEventListener("pageshow", () => { leaving = false; });

  // The list comes back with the row in hand that was left.
  document.addEventListener("click", (event) => {
    const row = event.target.closest?.("a.open")?.closest("tr[data-row]");
    if (!row) return;
    sessionStorage.setItem(PLACE, row.dataset.row);
    const here = new URL(location.href);
    for (const told of ["done", "of", "none"]) here.searchParams.delete(told); // said once
    sessionStorage.setItem(PAGE, JSON.stringify([linkOf(row).search, here.pathname + here.search]));
  });
  window.addEventListener("pageshow", () => {
    const link = one("a[data-back]");
    const [search, page] = JSON.parse(sessionStorage.getItem(PAGE) ?? "[]");
    if (link && link.search === search) link.href = page;
  });
  window.addEventListener("pageshow", () => {
    const left = sessionStorage.getItem(PLACE);
    const row = rows().find((other) => other.dataset.row === left);
    if (row) select(row);
    if (rows().length > 0) sessionStorage.removeItem(PLACE);
  });

  // A part of the page that is drawn anew keeps the row that had the focus.
  let held = null;
  document.addEventListener("htmx:beforeSwap", () => { held = currentRow()?.dataset.row ?? null; });
  document.addEventListener("htmx:afterSwap", () => {
    const row = held && rows().find((other) => other.dataset.row === held);
    if (row && document.activeElement === document.body) select(row);
    held = null;
  });
})();
