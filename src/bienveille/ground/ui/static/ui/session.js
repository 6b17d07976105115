/* Before a session ends, a dialog says so and lets one stay, without leaving the page nor losing what was typed.
   <dialog data-bv-session="address that tells the seconds left" data-bv-left="seconds when the page was made">.
   Asking with X-Background is nobody's sign of life; « Rester connecté » asks without it, and that is one. */
(() => {
  "use strict";

  const dialog = document.querySelector("dialog[data-bv-session]");
  if (!dialog?.showModal) return;
  const NBSP = "\u00a0";
  const WARN = 5 * 60; // seconds before the end
  const when = dialog.querySelector("[data-bv-session-when]");
  const ending = dialog.querySelector("[data-bv-session-ending]");
  const over = dialog.querySelector("[data-bv-session-over]");
  const stay = ending.querySelector("button[type=button]");
  let end = Date.now() + Number(dialog.dataset.bvLeft) * 1000;
  let timer;

  const left = () => Math.round((end - Date.now()) / 1000);

  // The seconds left; 0 when nobody is signed in any more; undefined when the server does not answer.
  async function ask(headers) {
    try {
      const answer = await fetch(dialog.dataset.bvSession, { headers, redirect: "manual", cache: "no-store" });
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return 0;
      if (!answer.ok) return undefined;
      const { left: seconds, user, csrf } = await answer.json();
      // Whoever came back in another tab has a new token: the forms of this page must know it. Not another person's.
      if (user === document.body.dataset.bvUser) {
        for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = csrf;
      }
      return seconds;
    } catch {
      return undefined;
    }
  }

  function later() {
    clearTimeout(timer);
    // Timers sleep with the machine: look again at least every ten minutes.
    timer = setTimeout(look, Math.min(Math.max(left() - WARN, 5), 600) * 1000);
  }

  async function look() {
    if (left() > WARN) return later();
    const seconds = await ask({ "X-Background": "1" }); // another tab may have given a sign of life
    if (seconds !== undefined) end = Date.now() + seconds * 1000;
    if (left() > WARN) {
      hide();
      return later();
    }
    show();
  }

  function words(seconds) {
    const minutes = Math.ceil(seconds / 60);
    return minutes > 1 ? `dans ${minutes}${NBSP}minutes` : `dans moins d’une${NBSP}minute`;
  }

  function show() {
    const isOver = left() <= 0;
    const changed = over.hidden === isOver;
    ending.hidden = isOver;
    over.hidden = !isOver;
    dialog.setAttribute("aria-labelledby", isOver ? "session-fin" : "session-titre");
    if (!isOver && when.textContent !== words(left())) when.textContent = words(left());
    if (!dialog.open) {
      dialog.showModal(); // keeps where the caret was, and gives it back
      (isOver ? over.querySelector("a") : stay).focus();
    } else if (changed && isOver) over.querySelector("h2").focus();
    clearTimeout(timer);
    if (!isOver) timer = setTimeout(look, Math.min(30, Math.max(left(), 1)) * 1000);
  }

  function hide() {
    if (dialog.open) dialog.close();
  }

  stay.addEventListener("click", async () => {
    const seconds = await ask({});
    if (seconds === undefined) {
      when.textContent = `dans peu de temps${NBSP}; la connexion est perdue, essayez de nouveau`;
      return;
    }
    end = Date.now() + seconds * 1000;
    if (seconds > WARN) {
      hide();
      later();
    } else show();
  });
  // Escape is an answer too: somebody is there.
  dialog.addEventListener("cancel", (event) => {
    if (over.hidden) {
      event.preventDefault();
      stay.click();
    }
  });
  dialog.querySelector("[data-bv-session-close]").addEventListener("click", hide);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && left() <= WARN) look();
  });
  later();
})();
