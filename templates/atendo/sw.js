// Keeps one page for when there is no connection, and the files it is drawn with.  No page of a
// company is ever kept, and whatever the network answers goes by untouched.
"use strict";

const STORE = "atendo-offline-{{ version }}";
const PAGE = {{ page|safe }};
const FILES = {{ files|safe }};

const keep = async () => {
  const store = await caches.open(STORE);
  await store.addAll(FILES.map((file) => new Request(file, { cache: "reload", credentials: "omit" })));
  await self.skipWaiting();
};

const forgetOld = async () => {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("atendo-offline-") && name !== STORE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
};

const kept = async (file) => (await caches.match(file)) ?? Response.error();

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(forgetOld()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => kept(PAGE)));
  } else if (origin === location.origin && pathname !== PAGE && FILES.includes(pathname)) {
    event.respondWith(fetch(request).catch(() => kept(pathname)));
  }
});
