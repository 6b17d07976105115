/* What pages do beyond HTML: one submit at a time, drafts, offline, conditional questions, shortcuts.
   Every page works without this file. It declares itself by data-bv-* attributes, documented beside each part.
   A draft may hold words about a person: it lives in this tab only (sessionStorage), belongs to one user, and goes
   after success, at sign-out, when somebody else signs in, or after twelve hours. */
(() => {
  "use strict";

  const NBSP = "\u00a0";
  const PREFIX = "bv-draft:";
  const DRAFT_LIFE = 12 * 3600 * 1000;
  const BUSY_LIFE = 20 * 1000;
  const PROBE_LIFE = 4000;
  const body = document.body;

  const all = (selector, root = document) => [
    ...(root.matches?.(selector) ? [root] : []),
    ...root.querySelectorAll(selector),
  ];
  const clock = (date) => `${date.getHours()}${NBSP}h${NBSP}${String(date.getMinutes()).padStart(2, "0")}`;

  /* ---- Drafts: <form data-bv-draft="appel-018f…">; the status line is {% draft_status %} ------------------------
     Saved as one types; restored when the form comes back without the server having kept the input.
     A page that is not an error and does not show the form again means the server took it: the draft goes.
     <… data-bv-draft-done="key"> says so when success shows the same form again. */

  const store = {
    read(key) {
      try {
        return JSON.parse(sessionStorage.getItem(PREFIX + key));
      } catch {
        return null;
      }
    },
    write(key, draft) {
      try {
        sessionStorage.setItem(PREFIX + key, JSON.stringify(draft));
        return true;
      } catch {
        return false; // storage full or forbidden: typing goes on, nothing is claimed to be kept
      }
    },
    drop(key) {
      try {
        sessionStorage.removeItem(PREFIX + key);
      } catch {
        /* nothing was kept either */
      }
    },
    keys() {
      try {
        return Object.keys(sessionStorage)
          .filter((name) => name.startsWith(PREFIX))
          .map((name) => name.slice(PREFIX.length));
      } catch {
        return [];
      }
    },
  };

  const isSecret = (field) => field.type === "password" || field.type === "file" || field.name === "csrfmiddlewaretoken";
  const isKept = (field) => field.name && !isSecret(field) && !["submit", "button", "reset"].includes(field.type);

  function values(form) {
    const kept = {};
    for (const field of form.elements) {
      if (!isKept(field)) continue;
      if (field.type === "hidden" && field.name !== "idempotency_key") continue;
      const list = (kept[field.name] ??= []);
      if (field.type === "checkbox" || field.type === "radio") {
        if (field.checked) list.push(field.value);
      } else if (field.tagName === "SELECT") {
        list.push(...[...field.selectedOptions].map((option) => option.value));
      } else list.push(field.value);
    }
    return kept;
  }

  function restore(form, kept) {
    const places = {};
    for (const field of form.elements) {
      if (!isKept(field) || !(field.name in kept)) continue;
      const list = kept[field.name];
      if (field.type === "checkbox" || field.type === "radio") field.checked = list.includes(field.value);
      else if (field.tagName === "SELECT") {
        for (const option of field.options) option.selected = list.includes(option.value);
      } else {
        const place = (places[field.name] = (places[field.name] ?? -1) + 1);
        if (list[place] !== undefined) field.value = list[place];
      }
    }
    for (const more of all("details", form)) if (more.querySelector(":checked")) more.open = true;
  }

  function sayKept(form, at) {
    for (const place of document.querySelectorAll("[data-bv-draft-status]")) {
      place.querySelector("[data-bv-draft-words]").textContent = `Saisie gardée à ${clock(new Date(at))}`;
      place.hidden = false;
    }
  }

  function keep(form, sent = false) {
    const draft = { user: body.dataset.bvUser ?? "", at: Date.now(), sent, values: values(form) };
    if (store.write(form.dataset.bvDraft, draft)) sayKept(form, draft.at);
  }

  function clearDrafts() {
    for (const key of store.keys()) store.drop(key);
  }

  function sweepDrafts() {
    const user = body.dataset.bvUser;
    const shown = new Set(all("form[data-bv-draft]").map((form) => form.dataset.bvDraft));
    const done = new Set(all("[data-bv-draft-done]").flatMap((place) => place.dataset.bvDraftDone.split(/\s+/)));
    for (const key of store.keys()) {
      const draft = store.read(key);
      const stranger = user !== undefined && draft?.user !== user;
      const old = !draft || Date.now() - draft.at > DRAFT_LIFE;
      // Without a user the page is the sign-in (session over) or an error: the server may not have taken the draft.
      const taken = user !== undefined && draft?.sent && !shown.has(key) && !("bvError" in body.dataset);
      if (stranger || old || taken || done.has(key)) store.drop(key);
    }
  }

  const timers = new WeakMap();
  function openDraft(form) {
    const draft = store.read(form.dataset.bvDraft);
    const serverKept = form.querySelector("[aria-invalid=true]") || document.querySelector("[data-bv-errors]");
    if (draft && !serverKept) {
      restore(form, draft.values);
      sayKept(form, draft.at);
    }
    const later = () => {
      clearTimeout(timers.get(form));
      timers.set(form, setTimeout(() => keep(form), 400));
    };
    form.addEventListener("input", later);
    form.addEventListener("change", later);
  }

  addEventListener("pagehide", () => {
    for (const form of all("form[data-bv-draft]")) {
      if (!timers.has(form) || form.dataset.bvSent) continue;
      clearTimeout(timers.get(form));
      keep(form);
    }
  });

  /* ---- One submit at a time, and none into the void -------------------------------------------------------------
     <button data-bv-busy="Enregistrement…">. A form with a draft first asks the server for a small file: without an
     answer nothing is sent, everything is kept, and the page says so. Sending twice is harmless: the form carries
     its idempotency_key. */

  const busy = new Map();

  function setBusy(form, submitter) {
    const button = submitter ?? form.querySelector("button:not([type=button])");
    const words = button?.querySelector("span");
    form.setAttribute("aria-busy", "true");
    const before = words?.innerHTML;
    if (button) {
      button.setAttribute("aria-disabled", "true");
      if (words && button.dataset.bvBusy) words.textContent = button.dataset.bvBusy;
    }
    const free = () => {
      clearTimeout(timer);
      busy.delete(form);
      form.removeAttribute("aria-busy");
      delete form.dataset.bvSent;
      if (!button) return;
      button.removeAttribute("aria-disabled");
      if (words) words.innerHTML = before;
    };
    const timer = setTimeout(free, BUSY_LIFE);
    busy.set(form, free);
  }

  async function serverAnswers() {
    if (!navigator.onLine) return false;
    const script = document.querySelector("script[src*='ui/app.js']");
    try {
      await fetch(script.src, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(PROBE_LIFE) });
      return true;
    } catch {
      return false;
    }
  }

  function sayOffline(form, submitter) {
    const place = document.querySelector("[data-bv-offline]");
    if (!place) return;
    const words = document.createElement("p");
    words.textContent =
      `Connexion perdue, rien n’est perdu${NBSP}: votre saisie est gardée sur cet appareil, mais pas encore ` +
      "enregistrée. Ne fermez pas cet onglet.";
    const retry = document.createElement("button");
    retry.type = "button";
    retry.className = "btn btn-outline-primary";
    retry.textContent = "Essayer de nouveau";
    retry.addEventListener("click", () => {
      place.replaceChildren();
      form.requestSubmit(submitter ?? undefined);
    });
    place.replaceChildren(words, retry);
    place.scrollIntoView({ block: "nearest" });
  }

  addEventListener("online", () => {
    const words = document.querySelector("[data-bv-offline] p");
    if (words) words.textContent = `La connexion est revenue. Votre saisie est gardée${NBSP}: vous pouvez l’enregistrer.`;
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const submitter = event.submitter;
    if (form.method !== "post" || event.defaultPrevented) return; // htmx has its own guard: hx-disabled-elt
    if (form.matches("[data-bv-sign-out]")) clearDrafts();
    if (form.dataset.bvSent) return; // second passage, after the probe
    if (busy.has(form)) {
      event.preventDefault();
      return;
    }
    setBusy(form, submitter);
    if (!form.dataset.bvDraft) return;
    event.preventDefault();
    clearTimeout(timers.get(form));
    keep(form);
    if (await serverAnswers()) {
      keep(form, true);
      form.dataset.bvSent = "1";
      form.requestSubmit(submitter ?? undefined);
    } else {
      busy.get(form)?.();
      sayOffline(form, submitter);
    }
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) for (const free of [...busy.values()]) free();
  });

  /* ---- Questions that depend on an answer: data-bv-show-if="name=value|value2; other!=value or third=value"
     All parts must hold, any test of a part will do. Hidden ones are disabled, so they are not sent and open nothing;
     what was typed stays there if they come back. */

  function answer(form, name) {
    return [...(form?.elements ?? [])]
      .filter((field) => field.name === name && !field.disabled && (!["radio", "checkbox"].includes(field.type) || field.checked))
      .flatMap((field) => (field.selectedOptions ? [...field.selectedOptions].map((o) => o.value) : [field.value]));
  }

  function fits(place) {
    const form = place.closest("form");
    const holds = (test) => {
      const [, name, sign, wanted] = test.match(/^\s*([^!=\s]+)\s*(!?=)\s*(.*?)\s*$/) ?? [];
      if (!name) return true;
      const given = answer(form, name);
      const found = wanted.split("|").some((value) => given.includes(value));
      return sign === "=" ? found : !found;
    };
    return place.dataset.bvShowIf
      .split(";")
      .filter((part) => part.trim())
      .every((part) => part.split(" or ").some(holds));
  }

  function showConditional(root = document) {
    // Outer questions come first in document order, so a hidden parent hides the answers of its children too.
    for (const place of all("[data-bv-show-if]", root)) {
      const shown = fits(place);
      place.hidden = !shown;
      for (const field of all("input, select, textarea, button", place)) {
        if (!shown && !field.disabled) {
          field.disabled = true;
          field.dataset.bvAside = "1";
        } else if (shown && field.dataset.bvAside && !field.closest("[data-bv-show-if][hidden]")) {
          field.disabled = false;
          delete field.dataset.bvAside;
        }
      }
    }
  }

  /* ---- Shortcuts: data-bv-key="alt+s" or "ctrl+enter", always with a modifier; listed by {% shortcuts %} --------- */

  function pressed(event, shortcut) {
    const parts = shortcut.toLowerCase().split("+");
    const key = parts.pop();
    if (event.altKey !== parts.includes("alt") || event.ctrlKey !== parts.includes("ctrl")) return false;
    if (event.metaKey || (event.shiftKey && !parts.includes("shift") && !/^\d$/.test(key))) return false;
    // A digit is a place on the keyboard (French ones need Shift); a letter is what is printed on the key.
    return /^\d$/.test(key) ? event.code === `Digit${key}` || event.code === `Numpad${key}` : event.key.toLowerCase() === key;
  }

  document.addEventListener("keydown", (event) => {
    if (!event.altKey && !event.ctrlKey) return;
    for (const target of all("[data-bv-key]")) {
      if (!pressed(event, target.dataset.bvKey) || target.disabled || target.closest("[hidden]")) continue;
      event.preventDefault();
      const folded = target.closest("details");
      if (folded) folded.open = true;
      target.focus();
      if (target.matches("button, a, input[type=radio], input[type=checkbox], summary")) target.click();
      return;
    }
  });

  // The key / leads to the search of the bar, where it is not a sign that somebody types: [data-bv-slash].
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable], dialog")) return;
    const target = all("[data-bv-slash]").find((one) => one.offsetParent !== null);
    if (!target) return;
    event.preventDefault();
    target.focus();
    if (target.matches("a")) target.click();
  });

  const KEY_NAMES = { alt: "Alt", ctrl: "Ctrl", shift: "Maj", enter: "Entrée" };

  function listShortcuts() {
    for (const help of all("[data-bv-shortcuts]")) {
      const list = help.querySelector("dl");
      list.replaceChildren();
      for (const target of all("[data-bv-key]")) {
        const words = (target.labels?.[0] ?? target).cloneNode(true);
        for (const extra of words.querySelectorAll("kbd, .visually-hidden, small, .bv-optional")) extra.remove();
        const term = document.createElement("dt");
        const meaning = document.createElement("dd");
        const keys = document.createElement("kbd");
        keys.className = "bv-kbd";
        keys.textContent = target.dataset.bvKey.split("+").map((key) => KEY_NAMES[key] ?? key.toUpperCase()).join(" + ");
        term.append(keys);
        meaning.textContent = words.textContent.trim();
        list.append(term, meaning);
      }
      help.hidden = !list.children.length;
    }
  }

  /* ---- Light or dark: {% theme_switch %}; applied at once, kept by the server, so nothing typed is lost ------------ */

  document.addEventListener(
    "submit",
    async (event) => {
      const form = event.target;
      if (!form.matches("[data-bv-theme]")) return;
      event.preventDefault();
      const data = new FormData(form, event.submitter);
      const chosen = data.get("theme");
      if (chosen === "device") delete document.documentElement.dataset.bsTheme;
      else document.documentElement.dataset.bsTheme = chosen;
      for (const button of all("[data-bv-theme] button")) button.setAttribute("aria-pressed", String(button.value === chosen));
      document.dispatchEvent(new CustomEvent("bv:theme"));
      try {
        await fetch(form.action, { method: "POST", body: data, redirect: "manual" });
      } catch {
        /* without connection the choice lasts as long as the page */
      }
    },
    true,
  );

  /* ---- Lists: a link that has gone with the page it led to must not leave the focus nowhere ------------------------ */

  // Two lists of one page: a link written before the other list changed must not undo that change.
  document.addEventListener("htmx:configRequest", (event) => {
    const list = event.detail.elt.closest(".bv-listing");
    if (!list || !event.detail.path.startsWith("?")) return;
    const own = new Set(list.dataset.bvOwn.split(" "));
    const kept = [...new URLSearchParams(location.search)].filter(([name]) => !own.has(name));
    const asked = [...new URLSearchParams(event.detail.path)].filter(([name]) => own.has(name));
    event.detail.path = `?${new URLSearchParams([...kept, ...asked])}`;
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    const list = event.detail.target?.isConnected ? event.detail.target : document.getElementById(event.detail.target?.id);
    if (list?.matches(".bv-listing") && document.activeElement === body) list.focus({ preventScroll: true });
  });

  /* ---- {% print_button %} ------------------------------------------------------------------------------------------ */

  for (const button of all("[data-bv-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }

  /* ---- Start ------------------------------------------------------------------------------------------------------ */

  if ("bvSignedOut" in body.dataset) clearDrafts();
  sweepDrafts();
  for (const form of all("form[data-bv-draft]")) openDraft(form);
  showConditional();
  listShortcuts();
  document.addEventListener("change", () => showConditional());
  document.addEventListener("input", (event) => {
    if (event.target.matches("select, [type=radio], [type=checkbox]")) showConditional();
  });
  document.addEventListener("htmx:load", (event) => {
    for (const form of all("form[data-bv-draft]", event.detail.elt)) if (form.closest("body")) openDraft(form);
    showConditional();
    listShortcuts();
  });
  document.addEventListener("click", (event) => {
    for (const menu of all("details.bv-menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of all("details.bv-menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
})();
