/**
 * The service worker: the page from the browser's own store where the network is gone. Its scope is the folder that it
 * lies in. A version is stored whole or not at all; the one before is kept, for windows that are still open with it.
 */

/** The page's files with their hashes in their names, and a hash over all of them, from build.mjs. */
declare const FILES: readonly string[];
declare const VERSION: string;

interface ExtendableEvent extends Event {
  waitUntil(promise: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
declare const self: EventTarget & { skipWaiting(): Promise<void>; readonly clients: { claim(): Promise<void> }; readonly registration: { readonly scope: string } };

const PREFIX = "countersign-trial-";
const CURRENT = `${PREFIX}${VERSION}`;
const PATIENCE_MS = 4_000;

self.addEventListener("install", (event) => (event as ExtendableEvent).waitUntil(install()));
self.addEventListener("activate", (event) => (event as ExtendableEvent).waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request } = event as FetchEvent;
  if (request.method !== "GET" || !isOfPage(request.url)) return;
  (event as FetchEvent).respondWith(isOfVersion(request.url) ? storedFirst(request) : networkFirst(request));
});

async function install(): Promise<void> {
  const cache = await caches.open(CURRENT);
  await cache.addAll(FILES.map((name) => new Request(name, { cache: isOfVersion(new URL(name, self.registration.scope).href) ? "default" : "no-cache" })));
  // The vendor's own files change without a new version: what is there now will do until the next time online.
  await networkFirst(new Request("config.json", { cache: "no-cache" })).catch(() => undefined);
  await self.skipWaiting();
}

/** A window says which files it has loaded: those of the version that not every browser needs are stored as well. */
self.addEventListener("message", (event) => {
  const { data } = event as MessageEvent<unknown>;
  const urls = Array.isArray(data) ? data.filter((url): url is string => typeof url === "string" && isOfPage(url) && isOfVersion(url)) : [];
  (event as unknown as ExtendableEvent).waitUntil(Promise.all(urls.map((url) => storedFirst(new Request(url)))));
});

async function activate(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CURRENT);
  await Promise.all(names.slice(0, -1).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** Whether it is a file of this page: one in this very folder. What a vendor has below it is none of ours. */
function isOfPage(url: string): boolean {
  const { scope } = self.registration;
  return url.startsWith(scope) && /^(?:|[A-Za-z0-9._-]+\.(?:html|js|json|svg|png|jpe?g|webp))(?:[?#]|$)/i.test(url.slice(scope.length));
}

/** Whether a file's name says its content: it never changes. */
function isOfVersion(url: string): boolean {
  return /-[A-Z0-9]{8}\.js$/.test(new URL(url).pathname);
}

async function storedFirst(request: Request): Promise<Response> {
  const stored = await caches.match(request.url);
  if (stored) return stored;
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(CURRENT)).put(request.url, answer.clone());
  return answer;
}

async function networkFirst(request: Request): Promise<Response> {
  const url = new URL(request.url);
  url.search = "";
  // The folder and its index.html are one.
  const name = request.mode === "navigate" || url.href.endsWith("/index.html") ? self.registration.scope : url.href;
  try {
    // Web servers let a page be kept for a while: when there is network, the visitor gets what is there now.
    const answer = await inTime(request.mode === "navigate" ? fetch(request.url, { cache: "no-cache" }) : fetch(request));
    if (answer.ok && request.mode !== "navigate") await store(name, answer.clone());
    return answer;
  } catch (error) {
    const stored = (await (await caches.open(CURRENT)).match(name)) ?? (await caches.match(name));
    if (stored) return stored;
    throw error;
  }
}

/** Without the web server's time: it would be taken for the time of now. */
async function store(name: string, answer: Response): Promise<void> {
  const headers = { "Content-Type": answer.headers.get("Content-Type") ?? "application/octet-stream" };
  await (await caches.open(CURRENT)).put(name, new Response(await answer.blob(), { headers }));
}

function inTime(answer: Promise<Response>): Promise<Response> {
  return new Promise((done, fail) => {
    setTimeout(() => fail(new Error("too slow")), PATIENCE_MS);
    answer.then(done, fail);
  });
}

export {};
