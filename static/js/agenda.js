// The agenda's own keys and conveniences.  Its pages also work without them.
"use strict";

(() => {
  // ---- Enter goes on: from one step of the form to the next, and at last to the button ----

  const form = document.querySelector("form[data-steps]");
  const FIELD = "input:not([type=hidden], [type=date]), select";
  const search = form?.querySelector("input[type=search]");
  let waitingFor = null;
  let asked = search?.defaultValue; // what the listed clients are an answer to

  const steps = () => [...form.querySelectorAll("[data-step]")];

  const firstOf = (step) => {
    const radios = [...step.querySelectorAll("input[type=radio]")];
    return radios.find((radio) => radio.checked) ?? radios[0] ?? step.querySelector("select, input");
  };

  const goTo = (name) => {
    const step = form.querySelector(`[data-step="${name}"]`);
    const busy = form.querySelector(".htmx-request") || form.matches(".htmx-request");
    const field = step && firstOf(step);
    waitingFor = busy || !field || search?.value !== asked ? name : null;
    field?.focus();
  };

  const onward = (field) => {
    const here = field.closest("[data-step]");
    if (field === search) {
      const found = here.querySelector("input[type=radio]") && search.value === asked;
      if (found) firstOf(here).focus();
      else waitingFor = here.dataset.step; // the clients are on their way
      return;
    }
    if (field.type === "radio" && !field.checked) field.click();
    const next = steps()[steps().indexOf(here) + 1];
    if (next) goTo(next.dataset.step);
    else visible(document.querySelectorAll("[data-last-step], .at-dock [type=submit]"))?.focus();
  };

  const visible = (elements) => [...elements].find((element) => element.offsetParent !== null);

  if (form) {
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || !event.target.matches(FIELD)) return;
      if (!event.target.closest("[data-step]")) return;
      event.preventDefault();
      onward(event.target);
    });
    document.addEventListener("htmx:beforeRequest", (event) => {
      if (event.target === search) asked = search.value;
    });
    document.addEventListener("htmx:afterSettle", () => {
      if (waitingFor) goTo(waitingFor);
    });
    // A time that is typed is the other one; a chip that is picked leaves none typed.
    form.addEventListener("input", (event) => {
      const radio = document.getElementById(event.target.dataset.other);
      if (radio) radio.checked = Boolean(event.target.value);
      else if (event.target.name === "time" && event.target.value !== "outro") {
        form.elements.other_time.value = "";
      }
    });
  }

  // ---- What only helps without a script ----

  const hide = (root) => {
    for (const element of root.querySelectorAll("[data-noscript]")) element.hidden = true;
  };
  hide(document);
  document.addEventListener("htmx:load", (event) => hide(event.target));

  // ---- Printing, and now in the middle of the day ----

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) print();
  });
  if (document.querySelector("[data-print=now]")) window.addEventListener("load", () => print());

  const board = document.querySelector(".at-board");
  const now = board?.querySelector(".at-board-now");
  if (now) board.scrollTop = Math.max(0, now.offsetTop - board.clientHeight / 3);
})();
