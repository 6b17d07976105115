/* Files dropped anywhere on <… data-bv-drop-zone> go to its own <input type=file data-bv-drop>, and are named below it
   with their sizes in [data-bv-drop-names]. Without this file the input alone does the work. */
(() => {
  "use strict";

  const NBSP = "\u00a0";
  const size = (bytes) =>
    bytes < 1 << 20
      ? `${Math.max(1, Math.round(bytes / 1024))}${NBSP}Ko`
      : `${(bytes / (1 << 20)).toFixed(1).replace(".", ",")}${NBSP}Mo`;

  for (const zone of document.querySelectorAll("[data-bv-drop-zone]")) {
    const input = zone.querySelector("[data-bv-drop]");
    const names = zone.querySelector("[data-bv-drop-names]");
    if (!input || !names) continue;

    const show = () => {
      names.replaceChildren(
        ...[...input.files].map((file) => {
          const line = document.createElement("li");
          line.textContent = `${file.name}, ${size(file.size)}`;
          return line;
        }),
      );
      names.hidden = !input.files.length;
    };

    const over = (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      zone.classList.add("bv-drop-over");
    };
    zone.addEventListener("dragenter", over);
    zone.addEventListener("dragover", over);
    zone.addEventListener("dragleave", (event) => {
      if (!zone.contains(event.relatedTarget)) zone.classList.remove("bv-drop-over");
    });
    zone.addEventListener("drop", (event) => {
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      zone.classList.remove("bv-drop-over");
      input.files = event.dataTransfer.files;
      show();
    });
    input.addEventListener("change", show);
  }
})();
