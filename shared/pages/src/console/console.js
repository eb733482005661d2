// Keys and copying. Whatever is here is a short cut: each page works without it.
"use strict";
(() => {
  const typing = (element) => element.closest("input, textarea, select, [contenteditable]");
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const focusOf = (row) => row.querySelector("a[href], button") || row;
  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
    focusOf(all[next]).focus();
  };
  const retry = () => {
    const row = document.activeElement && document.activeElement.closest("[data-row]");
    const button = (row || document).querySelector("[data-retry]");
    if (button) button.focus();
    if (button && button.form) button.form.requestSubmit(button);
  };
  const help = () => {
    const dialog = document.getElementById("keys");
    if (dialog && !dialog.open) dialog.showModal();
  };
  const act = {
    "/": () => { const field = document.querySelector("[data-search]"); if (field) { field.focus(); field.select(); } },
    j: () => step(1),
    k: () => step(-1),
    r: retry,
    "?": help,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const wanted = act[event.key];
    if (wanted) { event.preventDefault(); wanted(); }
  });
  const dress = (root) => {
    for (const button of root.querySelectorAll("button[data-copy][hidden]")) button.hidden = false;
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    const from = button && document.getElementById(button.dataset.copy);
    if (!from) return;
    try {
      await navigator.clipboard.writeText(from.textContent);
      button.textContent = button.dataset.done;
    } catch {
      getSelection().selectAllChildren(from);
    }
  });
  // What is polled waits while nobody looks.
  document.addEventListener("htmx:before:request", (event) => {
    const source = event.target;
    if (document.hidden && source && source.matches && source.matches("[data-hx-trigger^=every], [hx-trigger^=every]")) event.preventDefault();
  });
  document.addEventListener("htmx:after:swap", () => dress(document));
  dress(document);
})();
