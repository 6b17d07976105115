/* « Quitter vite » : the page is wiped, then replaced, so that going back does not show it. Escape, three times in a
   second and a half, does the same. Without this script the link still leaves. <a data-bv-leave href="…"> */
(() => {
  "use strict";

  const link = document.querySelector("a[data-bv-leave]");
  if (!link || link.dataset.bvReady) return;
  link.dataset.bvReady = "yes";
  let pressed = [];

  function leave() {
    document.title = "";
    document.body.replaceChildren();
    location.replace(link.href);
  }

  for (const one of document.querySelectorAll("a[data-bv-leave]")) {
    one.addEventListener("click", (event) => {
      event.preventDefault();
      leave();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const now = Date.now();
    pressed = [...pressed.filter((moment) => now - moment < 1500), now];
    if (pressed.length >= 3) leave();
  });
  // Shown again by the back button, from the memory of the browser: nothing is left of it.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && !document.body.hasChildNodes()) location.replace(link.href);
  });
})();
