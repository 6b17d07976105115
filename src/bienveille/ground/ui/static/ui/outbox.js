/* Saving in spite of the network: <form data-bv-outbox="contact:token" data-bv-draft="…">.
   Pressing the button first puts the form in this device's storage, then sends it; an answer takes it out. Without an
   answer it stays and is sent again: when the network comes back, and at longer and longer intervals. The form carries
   its idempotency_key, so that the server saves it once, however often it arrives.
   What is kept may tell about a person: it belongs to one user, and goes once saved, at sign-out, when somebody else
   signs in, or after two hours, which is the longest that a household is kept for a call. Nothing is put there before
   the button is pressed. Without this file, or without storage, the form is sent as any other. */
(() => {
  "use strict";

  const NBSP = "\u00a0";
  const PREFIX = "bv-outbox:";
  const LIFE = 2 * 3600 * 1000;
  const ANSWER = 15 * 1000;
  const WAITS = [2, 5, 10, 20, 40, 60];
  const body = document.body;
  const user = body.dataset.bvUser;
  const clock = (date) => `${date.getHours()}${NBSP}h${NBSP}${String(date.getMinutes()).padStart(2, "0")}`;

  const store = {
    read(key) {
      try {
        return JSON.parse(localStorage.getItem(PREFIX + key));
      } catch {
        return null;
      }
    },
    write(key, entry) {
      try {
        localStorage.setItem(PREFIX + key, JSON.stringify(entry));
        return true;
      } catch {
        return false;
      }
    },
    drop(key) {
      try {
        localStorage.removeItem(PREFIX + key);
      } catch {
        /* nothing was kept either */
      }
    },
    keys() {
      try {
        return Object.keys(localStorage)
          .filter((name) => name.startsWith(PREFIX))
          .map((name) => name.slice(PREFIX.length));
      } catch {
        return [];
      }
    },
  };

  function sweep() {
    for (const key of store.keys()) {
      const entry = store.read(key);
      const stranger = user !== undefined && entry?.user !== user;
      if (!entry || stranger || entry.until < Date.now() || "bvSignedOut" in body.dataset) store.drop(key);
    }
  }

  /* ---- What the page says ------------------------------------------------------------------------------------- */

  function say(words, label, act) {
    const place = document.querySelector("[data-bv-offline]");
    if (!place) return;
    const text = document.createElement("p");
    text.textContent = words;
    place.replaceChildren(text);
    if (!label) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-outline-primary";
    button.textContent = label;
    button.addEventListener("click", act);
    place.append(button);
  }

  /* ---- Sending ------------------------------------------------------------------------------------------------ */

  const csrf = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

  /* What the server made of it: {next} once saved, {refused} when only its page can say, {} without an answer. */
  async function post(entry) {
    try {
      const answer = await fetch(entry.action, {
        method: "POST",
        body: new URLSearchParams(entry.fields),
        headers: { "X-CSRFToken": csrf(), "X-Bienveille-Outbox": "1" },
        signal: AbortSignal.timeout(ANSWER),
      });
      if ([429, 502, 503, 504].includes(answer.status)) return {};
      const json = answer.headers.get("content-type")?.startsWith("application/json");
      return answer.ok && json ? { next: (await answer.json()).next } : { refused: true };
    } catch {
      return {};
    }
  }

  /* The same fields in an ordinary form: the server answers with its page, what was typed and what is wrong. */
  function showRefusal(key, entry) {
    const form = document.createElement("form");
    form.method = "post";
    form.action = entry.action;
    for (const [name, value] of [...entry.fields, ["csrfmiddlewaretoken", csrf()]]) {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      field.value = value;
      form.append(field);
    }
    store.drop(key);
    body.append(form);
    form.submit();
  }

  function lock(form, button) {
    // Typing goes on only once it is known whether the first words were saved: a second saving would be ignored.
    form.inert = true;
    form.setAttribute("aria-busy", "true");
    const words = button?.querySelector("span");
    const before = words?.textContent;
    button?.setAttribute("aria-disabled", "true");
    if (words && button.dataset.bvBusy) words.textContent = button.dataset.bvBusy;
    return () => {
      form.inert = false;
      form.removeAttribute("aria-busy");
      button?.removeAttribute("aria-disabled");
      if (words) words.textContent = before;
    };
  }

  function leave(form, next) {
    // The draft of this tab goes with the form; app.js must not keep it again on the way out.
    const forget = () => {
      try {
        sessionStorage.removeItem(`bv-draft:${form.dataset.bvDraft}`);
      } catch {
        /* nothing was kept */
      }
    };
    form.dataset.bvSent = "1";
    forget();
    addEventListener("pagehide", forget);
    location.assign(next);
  }

  function deliver(key, form, unlock) {
    let tries = 0;
    let timer = 0;
    let sending = false;

    async function attempt() {
      if (sending) return;
      clearTimeout(timer);
      const entry = store.read(key);
      if (!entry) return gone();
      if (entry.until < Date.now()) return expired();
      sending = true;
      if (tries) say("Envoi…");
      // Nobody looks at the page: the call is saved, and nobody else is put in this caller's hands.
      const fields = form && !document.hidden ? entry.fields : [...entry.fields.filter(([name]) => name !== "then"), ["then", "pause"]];
      const result = await post({ ...entry, fields });
      sending = false;
      if (result.next) {
        store.drop(key);
        stop();
        say(`Enregistré à ${clock(new Date())}`);
        if (form) leave(form, result.next);
      } else if (result.refused) {
        stop();
        if (form) showRefusal(key, entry);
        else {
          say("Un appel gardé sur cet appareil n’a pas pu être enregistré.", "Voir ce qui manque", () => showRefusal(key, entry));
        }
      } else {
        const wait = WAITS[Math.min(tries, WAITS.length - 1)];
        tries += 1;
        timer = setTimeout(attempt, wait * 1000);
        const until = `Elle partira dès que la connexion revient, jusqu’à ${clock(new Date(entry.until))}.`;
        say(`Connexion perdue. Votre saisie est gardée sur cet appareil. ${until}`, "Essayer maintenant", attempt);
      }
    }

    function gone() {
      // Another tab sent it, or somebody signed out there: the server says where things stand.
      stop();
      if (form) leave(form, location.href);
    }

    function expired() {
      stop();
      store.drop(key);
      unlock?.();
      if (form) say("Votre saisie n’est plus gardée sur cet appareil. Elle est encore sur cette page.");
    }

    function stop() {
      clearTimeout(timer);
      removeEventListener("online", attempt);
      document.removeEventListener("visibilitychange", again);
    }
    const again = () => document.hidden || attempt();
    addEventListener("online", attempt);
    document.addEventListener("visibilitychange", again);
    attempt();
  }

  /* ---- Start -------------------------------------------------------------------------------------------------- */

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (form.matches("[data-bv-sign-out]")) for (const key of store.keys()) store.drop(key);
      const key = form.dataset.bvOutbox;
      if (!key || event.defaultPrevented) return;
      if (form.inert) {
        event.preventDefault();
        return;
      }
      const fields = [...new FormData(form)].filter(([name, value]) => name !== "csrfmiddlewaretoken" && typeof value === "string");
      const button = event.submitter;
      if (button?.name) fields.push([button.name, button.value]);
      const now = Date.now();
      if (!store.write(key, { user, at: now, until: now + LIFE, action: form.action, fields })) return;
      event.preventDefault(); // app.js leaves it alone
      deliver(key, form, lock(form, button));
    },
    true,
  );

  sweep();
  if (user !== undefined) {
    for (const key of store.keys()) {
      const form = [...document.querySelectorAll("form[data-bv-outbox]")].find((one) => one.dataset.bvOutbox === key);
      deliver(key, form, form && lock(form));
    }
  }
})();
