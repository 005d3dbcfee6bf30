// Keeps the parts marked data-live fresh. Without it the pages work by reloading.
"use strict";

const EVERY_MS = 1500;

function scrollToEnd() {
  const chat = document.getElementById("conversa");
  if (chat) chat.scrollTop = chat.scrollHeight;
}

// A part keeps the focus of whoever is using it: it is renewed when the focus has left.
function renew(part, fresh) {
  if (part.innerHTML === fresh.innerHTML || part.matches(":focus-within") && part.id !== "conversa") return;
  part.innerHTML = fresh.innerHTML;
  if (part.id === "conversa") scrollToEnd();
}

async function refresh() {
  if (document.hidden) return;
  const url = new URL(location.href);
  url.searchParams.delete("aviso");
  const response = await fetch(url);
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const structure = (root) => [...root.querySelectorAll("[data-live]")].map((part) => part.dataset.live).join();
  if (structure(page) !== structure(document)) {
    // The first chat of this phone has begun: the whole page has another form.
    if (!document.activeElement.matches("input")) location.replace(url);
    return;
  }
  for (const part of document.querySelectorAll("[data-live]")) {
    renew(part, page.querySelector(`[data-live="${part.dataset.live}"]`));
  }
}

scrollToEnd();
// A refused form was posted: its page is not to be fetched again.
if (!document.querySelector("[role=alert]")) {
  setInterval(() => refresh().catch(() => {}), EVERY_MS);
}
