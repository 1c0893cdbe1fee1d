// The worker that reads a PDF, begun before all else of the viewer: while PDF.js itself and the document are on their way.
export const SHIPPED = new URL("pdfjs-5.6.205/", import.meta.url).href;

// The bytes are read in a worker, which has no more rights than this frame and can be ended when it does not end.
// A frame without an origin may start one from no address, and none that is a module: so one line fetches the module.
function startWorker() {
  const line = `import(${JSON.stringify(`${SHIPPED}pdf.worker.min.mjs`)}).catch(() => postMessage("failed"));`;
  const begun = new Worker(URL.createObjectURL(new Blob([line], { type: "text/javascript" })));
  return new Promise((resolve, reject) => {
    const fail = () => { begun.terminate(); reject(new Error("other")); };
    begun.addEventListener("error", fail, { once: true });
    begun.addEventListener("message", ({ data }) => (data === "failed" ? fail() : resolve(begun)), { once: true });
  });
}

export const starting = startWorker();
starting.catch(() => {}); // it is told when a document comes
