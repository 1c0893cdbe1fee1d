// A PDF as pages to look at. This runs in a frame that has no origin: it holds no session, can ask for nothing but the
// files beside it, and is handed the bytes by the page around it. Nothing in a PDF acts: no script, no link, no form.
import * as pdfjs from "./pdfjs-5.6.205/pdf.min.mjs";
import { SHIPPED, starting } from "./worker.mjs";

const MOST_PAGES = 1000; // that are laid out; a PDF may claim any number
const MOST_PIXELS = 2 ** 24; // of one page
const MOST_SIDE = 20000; // of one page, in pixels of the style
const LARGEST_IMAGE = 2 ** 27; // pixels
const PATIENCE_MS = 30000;
const TICK_MS = 1000; // what one frame counts at most
const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4]; // of the width of the frame
const WORDS = {
  PasswordException: "This PDF is locked with a password. Ask the filer to send it without one.",
  InvalidPDFException: "This PDF is damaged and can't be shown here. Download it, or ask the filer to send it again.",
  patience: "This PDF takes too long to be shown here. Download it.",
  other: "This PDF can't be shown here. Download it.",
};

const one = (id) => document.getElementById(id);
const pages = one("pages");
let pdf = null;
let worker = null;
let handed = false;
let zoom = 1;
let base = { width: 612, height: 792 };
let at = 1;

const toPage = (message) => window.parent.postMessage(message, "*");
const sections = () => [...pages.children];

function tell(words) {
  one("told").textContent = words;
}

// Counts only while the frame is being painted: out of sight a browser lets drawing rest, which is no fault of the PDF.
async function patiently(promise) {
  let waiting = true;
  const late = new Promise((_, reject) => {
    let spent = 0;
    let last = performance.now();
    const tick = (now) => {
      spent += Math.min(now - last, TICK_MS);
      last = now;
      if (spent > PATIENCE_MS) reject(new Error("patience"));
      else if (waiting) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    waiting = false;
  }
}

function reading(bytes) {
  pdfjs.GlobalWorkerOptions.workerPort = worker;
  return pdfjs.getDocument({
    data: new Uint8Array(bytes),
    isEvalSupported: false,
    isImageDecoderSupported: true, // the browser's own decoder of JPEG, as PDF.js 6 has it; what it refuses PDF.js decodes itself
    enableXfa: false,
    stopAtErrors: false,
    useSystemFonts: false,
    useWorkerFetch: true,
    maxImageSize: LARGEST_IMAGE,
    canvasMaxAreaInBytes: 4 * MOST_PIXELS,
    cMapUrl: `${SHIPPED}cmaps/`,
    standardFontDataUrl: `${SHIPPED}standard_fonts/`,
    wasmUrl: `${SHIPPED}wasm/`,
    verbosity: 0,
  });
}

async function show({ bytes, page, zoom: wanted }) {
  try {
    worker = await patiently(starting);
    pdf = await patiently(reading(bytes).promise);
    base = (await patiently(pdf.getPage(1))).getViewport({ scale: 1 });
  } catch (error) {
    worker?.terminate();
    pdf = null;
    pages.hidden = true;
    toPage({ kind: "failed" });
    tell(WORDS[error.name] ?? WORDS[error.message] ?? WORDS.other);
    return;
  }
  zoom = ZOOMS.includes(wanted) ? wanted : 1;
  layOut();
  one("bar").hidden = false;
  go(page);
}

// How large a page is drawn: as wide as the frame at zoom 1, and never so large that it takes the machine.
function scaleOf(size) {
  const fit = (zoom * Math.max(100, document.documentElement.clientWidth - 24)) / size.width;
  return Math.min(fit, MOST_SIDE / Math.max(size.width, size.height));
}

function place(section, size) {
  const scale = scaleOf(size);
  section.style.width = `${Math.ceil(size.width * scale)}px`;
  section.style.height = `${Math.ceil(size.height * scale)}px`;
  section.style.setProperty("--total-scale-factor", scale);
  return scale;
}

function layOut() {
  const shown = Math.min(pdf.numPages, MOST_PAGES);
  pages.replaceChildren();
  wanted.clear();
  for (let number = 1; number <= shown; number += 1) {
    const section = document.createElement("section");
    section.className = "page";
    section.dataset.number = number;
    section.setAttribute("aria-label", `Page ${number} of ${pdf.numPages}`);
    place(section, base);
    pages.append(section);
    near.observe(section);
  }
  one("of").textContent = `of ${pdf.numPages}`;
  one("page").max = shown;
  tell(shown < pdf.numPages ? `Only the first ${shown} pages are shown. Download the document for all of it.` : "");
}

// Pages are drawn when they come near, one at a time and the one in view first, and let go of when they are far away.
const near = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) {
    if (isIntersecting) wanted.add(target);
    else letGo(target);
  }
  drawAll();
}, { root: document, rootMargin: "100% 0px" });
const wanted = new Set();
let ended = false; // the worker is; no more pages are drawn
let drawing = null; // what is being drawn: a section, and the task of its picture once that has begun

function letGo(section) {
  wanted.delete(section);
  if (drawing?.section === section) drawing.task?.cancel();
  section.replaceChildren();
  delete section.dataset.drawn;
  delete section.dataset.pictured;
}

function fromView(section) {
  const { top, bottom } = section.getBoundingClientRect();
  return Math.max(0, top - window.innerHeight, -bottom);
}

async function drawAll() {
  while (!drawing && wanted.size > 0) {
    const next = [...wanted].reduce((first, other) => (fromView(other) < fromView(first) ? other : first));
    wanted.delete(next);
    drawing = { section: next };
    await draw(next);
    drawing = null;
  }
}

async function draw(section) {
  if (section.childElementCount > 0) return;
  if (ended) return fail(section);
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true"); // the text over it says the same
  section.append(canvas);
  const isFarAway = () => canvas.parentNode !== section; // by now
  try {
    const page = await patiently(pdf.getPage(Number(section.dataset.number)));
    const size = page.getViewport({ scale: 1 });
    const viewport = page.getViewport({ scale: place(section, size) });
    if (isFarAway()) return;
    await drawPicture(page, viewport, canvas);
    if (isFarAway()) return;
    section.dataset.pictured = "";
    await drawText(page, viewport, section);
    if (!isFarAway()) section.dataset.drawn = "";
  } catch (error) {
    if (!isFarAway()) fail(section);
    if (error.message === "patience") giveUp(section);
  }
}

function fail(section) {
  const words = document.createElement("p");
  words.textContent = "This page can't be drawn.";
  delete section.dataset.pictured;
  section.replaceChildren(words);
}

function giveUp(section) {
  ended = true;
  worker.terminate(); // what it is at would never end
  tell(`Page ${section.dataset.number} takes too long to be drawn; no more pages are shown. Download the document.`);
}

async function drawPicture(page, viewport, canvas) {
  const wish = viewport.width * viewport.height * window.devicePixelRatio ** 2;
  const ratio = window.devicePixelRatio * Math.min(1, Math.sqrt(MOST_PIXELS / wish));
  canvas.width = Math.max(1, Math.floor(viewport.width * ratio));
  canvas.height = Math.max(1, Math.floor(viewport.height * ratio));
  const task = page.render({ canvas, viewport, transform: [ratio, 0, 0, ratio, 0, 0], annotationMode: pdfjs.AnnotationMode.ENABLE });
  drawing.task = task;
  try {
    await patiently(task.promise);
  } catch (error) {
    task.cancel();
    throw error;
  }
}

async function drawText(page, viewport, section) {
  const layer = document.createElement("div");
  layer.className = "text";
  section.append(layer);
  await patiently(new pdfjs.TextLayer({ textContentSource: page.streamTextContent(), container: layer, viewport }).render());
}

function go(number) {
  const section = sections()[Math.min(Math.max(number, 1), pages.childElementCount) - 1];
  // Not scrollIntoView, which would move the page around the frame too.
  if (section) window.scrollTo({ top: section.offsetTop - one("bar").offsetHeight });
  remember();
}

// Which page is at the top of the frame; the page around it keeps that for the next time.
function remember() {
  if (!pdf) return;
  const top = one("bar").getBoundingClientRect().bottom + 8;
  const here = sections().find((section) => section.getBoundingClientRect().bottom > top);
  at = Number(here?.dataset.number ?? 1);
  if (document.activeElement !== one("page")) one("page").value = at;
  toPage({ kind: "at", page: at, zoom });
}

function zoomBy(step) {
  const next = ZOOMS[ZOOMS.indexOf(zoom) + step];
  if (!pdf || !next) return;
  const here = at;
  zoom = next;
  layOut();
  go(here);
}

const BUTTONS = { previous: () => go(at - 1), next: () => go(at + 1), smaller: () => zoomBy(-1), larger: () => zoomBy(1) };
for (const [name, doing] of Object.entries(BUTTONS)) one(name).addEventListener("click", doing);
one("page").addEventListener("change", () => go(Number(one("page").value)));
document.addEventListener("scroll", remember, { passive: true });
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.target === one("page")) return;
  if (event.key === "+" || event.key === "-") zoomBy(event.key === "+" ? 1 : -1);
  if (["[", "]", "Escape"].includes(event.key)) toPage({ kind: "key", key: event.key });
});
window.addEventListener("message", (event) => {
  if (event.source === window.parent && event.data?.bytes instanceof ArrayBuffer && !handed) {
    handed = true;
    show(event.data);
  }
});
toPage({ kind: "ready" });
