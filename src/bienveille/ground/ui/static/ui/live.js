/* A page that renews itself stops while nobody looks at it, and catches up when somebody does again.
   What it asks by itself carries X-Background; the elements that ask again at once listen to `bv-seen from:body`. */
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.requestConfig.headers["X-Background"]) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) document.body.dispatchEvent(new CustomEvent("bv-seen"));
});
