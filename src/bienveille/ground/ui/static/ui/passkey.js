/* Passkeys: a form that a key of the device answers for the person. Without this script, or where there is no such key,
   the form stays hidden: the password and the code remain. <form data-bv-passkey="get" or "create"
   data-bv-passkey-ask="address of the question" hidden> with a hidden field « answer » and a place for words. */
(() => {
  "use strict";

  const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const toText = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  // A key belongs to a name: there is none for an address made of figures.
  const named = !/^[\d.]+$|:/.test(location.hostname.replace(/[[\]]/g, ""));
  if (!window.PublicKeyCredential || !window.isSecureContext || !named) return;

  function question(options) {
    const asked = options.publicKey;
    asked.challenge = toBytes(asked.challenge);
    if (asked.user) asked.user.id = toBytes(asked.user.id);
    for (const list of [asked.excludeCredentials, asked.allowCredentials]) {
      for (const one of list || []) one.id = toBytes(one.id);
    }
    return { publicKey: asked };
  }

  function answer(key) {
    const response = { clientDataJSON: toText(key.response.clientDataJSON) };
    for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (key.response[part]) response[part] = toText(key.response[part]);
    }
    return JSON.stringify({ id: key.id, rawId: toText(key.rawId), type: key.type, response, clientExtensionResults: {} });
  }

  async function ask(form) {
    const reply = await fetch(form.dataset.bvPasskeyAsk, {
      method: "POST",
      headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
      credentials: "same-origin",
    });
    if (!reply.ok || reply.redirected) throw new Error(String(reply.status));
    const options = question(await reply.json());
    const key = await (form.dataset.bvPasskey === "create"
      ? navigator.credentials.create(options)
      : navigator.credentials.get(options));
    form.elements.answer.value = answer(key);
    form.submit();
  }

  for (const form of document.querySelectorAll("form[data-bv-passkey]")) {
    form.hidden = false;
    form.addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        event.stopImmediatePropagation();
        ask(form).catch(() => {
          form.querySelector("[data-bv-passkey-words]").textContent =
            "Aucune clé n’a répondu. Essayez encore, ou continuez sans elle.";
        });
      },
      true,
    );
  }
})();
