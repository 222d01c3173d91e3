// Questions in a <dialog>: confirm something, give a key. The browser keeps the focus inside and closes on Esc.
import { el, icon } from "./dom.js";

let opened = 0; // a key may be asked for while something else is

/** Opens a modal dialog with a title; resolves with its return value (`""` when it was closed by Esc). */
export function openDialog(title, kind, ...content) {
  opened += 1;
  const heading = el("h2", { id: `dialog-title-${opened}`, tabindex: "-1" }, title);
  const close = el(
    "button",
    { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => dialog.close("") },
    icon("close"),
  );
  const dialog = el(
    "dialog",
    { class: `dialog ${kind}`, "aria-labelledby": heading.id },
    el("div", { class: "dialog-head" }, heading, close),
    ...content,
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close(""));
  document.body.append(dialog);
  const closed = new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const toast = dialog.querySelector("#toast");
      if (toast) document.body.append(toast);
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
  dialog.showModal();
  return { dialog, heading, closed };
}

/** Asks whether something that cannot be undone is meant. */
export async function confirmed(title, text, yes) {
  const no = el("button", { type: "button", class: "plain-button" }, "Keep it");
  const sure = el("button", { type: "button", class: "danger-button" }, yes);
  const { dialog, closed } = openDialog(
    title,
    "question",
    el("p", {}, text),
    el("div", { class: "dialog-foot" }, no, sure),
  );
  no.addEventListener("click", () => dialog.close(""));
  sure.addEventListener("click", () => dialog.close("yes"));
  no.focus();
  return (await closed) === "yes";
}

/** Asks for an API key; null when none is given. */
export async function askForKey(message, wasWrong) {
  const input = el("input", { type: "password", id: "key", required: true, autocomplete: "off", spellcheck: "false" });
  const form = el(
    "form",
    { method: "dialog" },
    el("p", {}, wasWrong ? "The server does not take this key." : "This server wants a key.", " ", message),
    el("label", { for: "key" }, "Your key"),
    input,
    el("p", { class: "help" }, "It is kept in this tab only, until you close it."),
    el("div", { class: "dialog-foot" }, el("button", { type: "submit", class: "main-button" }, "Use this key")),
  );
  const { dialog, closed } = openDialog("A key, please", "question", form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    dialog.close(input.value.trim());
  });
  input.focus();
  return (await closed) || null;
}
