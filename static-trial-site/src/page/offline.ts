/** Keeps the page in the browser, so that it opens and works without network: `sw.ts` does the work. */

import { ownScript } from "./trusted";

/** Stores everything once the page has come to rest; `done` hears when it is stored. */
export function storeForOffline(done: () => void): void {
  // Not there outside a secure context: then the page needs its web server.
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!container) return;
  const store = (): void => {
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    container.register(ownScript("sw.js")).then(() => container.ready).then(({ active }) => {
      active?.postMessage(loaded);
      done();
    }, () => {
      // Without it the page works as before; some browsers refuse it in private windows.
    });
  };
  if (document.readyState === "complete") setTimeout(store);
  else window.addEventListener("load", () => { setTimeout(store); });
}
