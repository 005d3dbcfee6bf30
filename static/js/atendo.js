// What the pages do beyond HTML and htmx.  Every page also works without it.
"use strict";

(() => {
  const TOAST_MS = 8000;
  const live = document.getElementById("at-live");
  const toasts = document.getElementById("at-toasts");

  // Whatever only a script can do is hidden until there is one.
  const reveal = (root) => {
    for (const element of root.querySelectorAll("[data-script]")) element.hidden = false;
  };

  const announce = (text) => {
    if (live) live.textContent = text;
  };

  // ---- Toasts: { text, kind }, kind one of good, warn, bad ----

  const toast = ({ text, kind = "good" }) => {
    if (!toasts || [...toasts.children].some((shown) => shown.dataset.text === text)) return;
    const template = document.getElementById(`at-toast-${kind}`);
    const note = template.content.firstElementChild.cloneNode(true);
    note.dataset.text = text;
    note.querySelector("[data-toast-text]").textContent = text;
    toasts.append(note);
    if (kind !== "bad") setTimeout(() => dismiss(note), TOAST_MS);
  };

  const dismiss = (note) => {
    if (note.matches(":hover, :focus-within")) setTimeout(() => dismiss(note), TOAST_MS);
    else note.remove();
  };

  document.addEventListener("toast", (event) => toast(event.detail));

  // ---- Buttons: each named by its data attribute ----

  const showPassword = (button) => {
    const input = document.getElementById(button.dataset.showPassword);
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  };

  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copy);
    const text = source.value ?? source.textContent.trim();
    try {
      await navigator.clipboard.writeText(text);
      toast({ text: button.dataset.copied });
    } catch {
      if (source.select) source.select(); // without https there is no clipboard
      else getSelection().selectAllChildren(source);
    }
  };

  // At the cursor, as if it had been typed.
  const insert = (button) => {
    const field = document.getElementById(button.dataset.into);
    field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  };

  const BUTTONS = {
    "[data-show-password]": showPassword,
    "[data-copy]": copy,
    "[data-insert]": insert,
    "[data-dismiss]": (button) => button.closest("[data-text]").remove(),
  };

  document.addEventListener("click", (event) => {
    for (const [selector, action] of Object.entries(BUTTONS)) {
      const button = event.target.closest(selector);
      if (button) action(button);
    }
    if (event.target instanceof HTMLDialogElement) event.target.close(); // its backdrop
    closeMenus((menu) => event.target === menu || !menu.contains(event.target)); // or its veil
  });

  // ---- Menus that open upwards ----

  const closeMenus = (which) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (which(menu)) menu.open = false;
    }
  };

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    closeMenus((menu) => {
      if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
      return true;
    });
  });

  // ---- Ctrl+Enter sends what is written in a box of several lines ----

  document.addEventListener("keydown", (event) => {
    const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    if (!sends || !event.target.matches?.("[data-ctrl-enter]")) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  // ---- A form or button with data-confirm asks first; htmx hears of the submit afterwards ----

  const question = document.getElementById("at-confirm");
  let answered = null;

  const ask = ({ confirm, confirmDetail = "", confirmYes }, form, submitter) => {
    const words = { title: confirm, detail: confirmDetail, yes: confirmYes };
    for (const [name, text] of Object.entries(words)) {
      question.querySelector(`[data-${name}]`).textContent = text;
    }
    question.returnValue = "";
    question.addEventListener(
      "close",
      () => {
        if (question.returnValue !== "yes") return;
        answered = form;
        form.requestSubmit(submitter);
      },
      { once: true },
    );
    question.showModal();
  };

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      const asks = [event.submitter, form].find((element) => element?.dataset.confirm);
      if (!question || !asks || answered === form) {
        answered = null;
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      ask(asks.dataset, form, event.submitter);
    },
    { capture: true },
  );

  // ---- htmx: the session that ended, the server that is away, the focus that was lost ----

  const byPerson = (detail) => Boolean(detail.requestConfig?.triggeringEvent);

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    const arrived = xhr.responseURL && new URL(xhr.responseURL).pathname;
    if (arrived !== document.body.dataset.login) return;
    event.detail.shouldSwap = false;
    if (byPerson(event.detail)) location.assign(xhr.responseURL);
    else toast({ text: toasts.dataset.ended, kind: "bad" });
  });

  const REFUSALS = { 403: "forbidden", 404: "missing" };

  for (const [name, text] of [
    ["htmx:sendError", "offline"],
    ["htmx:timeout", "offline"],
    ["htmx:responseError", "failed"],
  ]) {
    document.addEventListener(name, ({ detail }) => {
      const words = REFUSALS[detail.xhr?.status] ?? text;
      if (byPerson(detail)) toast({ text: toasts.dataset[words], kind: "bad" });
    });
  }

  // What came for the head of the page is said where the person is looking.
  const sayAsToasts = (target) => {
    const notes = target.querySelector("#at-messages");
    if (!notes) return;
    for (const note of notes.children) {
      const kind = ["bad", "warn"].find((name) => note.matches(`.at-note-${name}`));
      toast({ text: note.textContent.trim(), kind });
    }
    notes.remove();
  };

  document.addEventListener("htmx:afterSettle", (event) => {
    if (!byPerson(event.detail)) return;
    const target = event.detail.target;
    sayAsToasts(target);
    const wanted = target.querySelector("[data-focus]");
    if (wanted) wanted.focus();
    else if (document.activeElement === document.body && target.isConnected) {
      if (!target.hasAttribute("tabindex")) target.tabIndex = -1;
      target.focus({ preventScroll: true });
    }
  });

  document.addEventListener("htmx:load", (event) => reveal(event.target));

  // ---- Without a connection a page says so: see sw.js ----

  const { worker } = document.body.dataset;
  if (worker) navigator.serviceWorker?.register(worker).catch(() => {}); // as good as none

  // ---- The page as it arrived ----

  reveal(document);
  if (!document.querySelector("main [autofocus]")) document.querySelector("[data-focus]")?.focus();
  const messages = document.getElementById("at-messages");
  if (messages) setTimeout(() => announce(messages.textContent.replace(/\s+/g, " ").trim()), 200);
})();
