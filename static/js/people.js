// The cards of professionals and services: quick values, a filter, and a word before edits are lost.
"use strict";

(() => {
  // A button with data-fill writes its value into the input that it names.
  const fill = (button) => {
    const input = document.querySelector(button.dataset.fill);
    input.value = button.value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus();
  };

  const showFilled = () => {
    for (const button of document.querySelectorAll("[data-fill]")) {
      const input = document.querySelector(button.dataset.fill);
      button.setAttribute("aria-pressed", String(input.value === button.value));
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill]");
    if (button) fill(button);
  });

  // An input with data-filter hides the rows of the list that it names; data-text is in lower case,
  // without accents.
  const plain = (text) => text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase().trim();

  const filter = (input) => {
    const wanted = plain(input.value);
    const list = document.querySelector(input.dataset.filter);
    for (const row of list.querySelectorAll("[data-text]")) {
      row.hidden = !row.dataset.text.includes(wanted);
    }
    for (const head of list.querySelectorAll("[data-group]")) head.hidden = Boolean(wanted);
  };

  document.addEventListener("input", (event) => {
    if (event.target.dataset?.filter) filter(event.target);
    else event.target.form?.toggleAttribute("data-changed", true);
    showFilled();
  });

  // A half-typed time is sent as none: the browser says so before a button shows the form again.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.target.closest("form[data-keep]");
    const keepsAll = /^(add|copy)/.test(event.target.value);
    if (form && keepsAll && !form.reportValidity()) event.preventDefault();
  });

  // Each part of a card is saved by itself: whoever saves one is asked about the others.
  let leaving = null;
  document.addEventListener("submit", (event) => (leaving = event.target));
  window.addEventListener("beforeunload", (event) => {
    const changed = [...document.querySelectorAll("form[data-keep][data-changed]")];
    if (changed.some((form) => form !== leaving)) event.preventDefault();
    leaving = null;
  });

  showFilled();
})();
