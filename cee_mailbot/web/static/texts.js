// Approved texts at the caret: `::` at the beginning of a word lists them, and the one that is chosen takes its place.
// A field that has any carries them as `data-texts`. Without this file a button puts them in.
"use strict";

(() => {
  const BEGUN = /(?:^|\s)::([^\n:]{0,40})$/; // what stands before the caret; `note::` is ordinary prose
  const FIELD = /\[\[[^[\]\n]{1,60}\]\]/;
  const MOST = 8; // listed at once: what is typed on leaves fewer
  const TYPED = new Set(["insertText", "insertCompositionText", "deleteContentBackward"]); // nothing pasted, no undo
  let open = null; // { field, box, list, found, at, from }: at most one list
  let dismissed = null; // where a list was closed by Escape: it stays closed while one goes on there

  const told = document.createElement("div"); // what a reader of the screen is told
  told.className = "unseen";
  told.setAttribute("role", "status");
  document.body.append(told);

  function close() {
    if (!open) return;
    open.box.remove();
    for (const name of ["aria-controls", "aria-activedescendant", "aria-haspopup"]) open.field.removeAttribute(name);
    open = null;
    told.textContent = "";
  }

  function point(at) {
    open.at = (at + open.found.length) % open.found.length;
    [...open.list.children].forEach((one, number) => one.setAttribute("aria-selected", String(number === open.at)));
    const here = open.list.children[open.at];
    here.scrollIntoView({ block: "nearest" });
    open.field.setAttribute("aria-activedescendant", here.id);
    const { title, source, does } = open.found[open.at];
    told.textContent = `${title}, ${source}${does ? "; it can do more than be sent" : ""}. ${open.at + 1} of ${open.found.length} approved texts. Enter puts it in, Escape closes the list.`;
  }

  function option(text, number) {
    const line = document.createElement("li");
    line.id = `approved-text-${number}`;
    line.setAttribute("role", "option");
    const source = document.createElement("span");
    source.className = "quiet small";
    source.textContent = ` ${text.source}${text.does ? `; ${text.does}` : ""}`;
    line.append(text.title, source);
    line.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    line.addEventListener("click", () => { open.at = number; putIn(); });
    return line;
  }

  // The list for what was typed after `::`; none where no text has these words.
  function look(field) {
    const caret = field.selectionStart;
    const begun = caret === field.selectionEnd ? BEGUN.exec(field.value.slice(0, caret)) : null;
    const words = begun ? begun[1].toLowerCase().split(/\s+/).filter(Boolean) : [];
    const known = begun && !begun[1].startsWith(" ") ? JSON.parse(field.dataset.texts) : [];
    const found = known.filter((one) => words.every((word) => `${one.title} ${one.name}`.toLowerCase().includes(word)));
    const from = begun ? caret - begun[1].length - 2 : null;
    close();
    if (from !== dismissed) dismissed = null;
    if (found.length === 0 || dismissed !== null) return;
    const list = document.createElement("ul");
    list.id = "approved-texts";
    list.className = "approved-texts";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Approved texts");
    list.append(...found.slice(0, MOST).map(option));
    const box = document.createElement("div"), more = document.createElement("p");
    box.className = "approved-box";
    more.className = "quiet";
    more.textContent = found.length > MOST ? `${found.length - MOST} more: type a word of the title.` : "";
    box.append(list, more);
    field.after(box);
    field.setAttribute("aria-controls", list.id);
    field.setAttribute("aria-haspopup", "listbox");
    open = { field, box, list, found: found.slice(0, MOST), at: 0, from };
    point(0);
  }

  // By the browser's own command where there is one: the way back (Ctrl+Z) then knows of it.
  function replace(field, from, to, words) {
    field.focus();
    field.setSelectionRange(from, to);
    if (!document.execCommand("insertText", false, words)) {
      field.setRangeText(words, from, to, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  function putIn() {
    const { field, from, found, at } = open;
    const { name, words } = found[at];
    const to = field.selectionStart;
    close();
    if (field.maxLength > 0 && field.value.length - (to - from) + words.length > field.maxLength) {
      told.textContent = "The text does not fit in any more: shorten what is there.";
      return;
    }
    replace(field, from, to, words);
    const left = FIELD.exec(words);
    if (left) field.setSelectionRange(from + left.index, from + left.index + left[0].length);
    field.form.querySelectorAll("[data-macro]").forEach((one) => { if (one.dataset.macro === name) one.hidden = false; });
    told.textContent = left ? `Put in. Fill in: ${left[0].slice(2, -2)}.` : "Put in.";
  }

  const STEPS = { ArrowDown: 1, ArrowUp: -1 };

  function pressed(event) {
    if (!open || event.target !== open.field || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in STEPS) point(open.at + STEPS[event.key]);
    else if (event.key === "Enter" && !event.shiftKey) putIn();
    else if (event.key === "Escape") { dismissed = open.from; close(); }
    else if (event.key === "Tab") { close(); return; }
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  document.addEventListener("keydown", pressed, true); // before the keys of the page
  for (const field of document.querySelectorAll("textarea[data-texts]")) {
    field.setAttribute("aria-autocomplete", "list");
    field.addEventListener("input", (event) => { if (TYPED.has(event.inputType) && !event.isComposing) look(field); else close(); });
    field.addEventListener("compositionend", () => look(field));
    field.addEventListener("blur", close);
    field.addEventListener("click", close);
    field.addEventListener("keyup", (event) => { if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) close(); });
    field.form.querySelectorAll("[data-texts-hint]").forEach((one) => { one.hidden = false; });
  }
})();
