// Who is talking: the button that shows it, and the dialog that changes it.
import { isName } from "./address.js";
import { openDialog } from "./dialogs.js";
import { avatar, el, foreign, icon } from "./dom.js";

/** Shows a person on the button. */
export function showPerson(button, user) {
  button.setAttribute("aria-label", `You are ${user}. Change`);
  button.replaceChildren(avatar(user), el("span", { class: "person-name" }, foreign(user)), icon("down"));
}

/** Asks who is there; null when nothing changes. `known` are the demo's people (`{name, about}`). */
export async function choosePerson(user, known) {
  const rows = known.map(({ name, about }) => {
    const chosen = name === user ? "true" : null;
    const take = () => dialog.close(name);
    return el(
      "li",
      {},
      el(
        "button",
        { type: "button", class: "person-row", "aria-current": chosen, onclick: take },
        avatar(name),
        el("span", {}, el("strong", {}, foreign(name)), el("span", { class: "about" }, foreign(about ?? ""))),
      ),
    );
  });
  const wrong = el("p", { class: "wrong", id: "name-wrong", role: "alert" });
  const input = el("input", {
    id: "name", maxlength: 64, autocomplete: "off", spellcheck: "false", "aria-describedby": "name-help name-wrong",
  });
  const form = el(
    "form",
    { class: "name-form" },
    el("label", { for: "name" }, known.length ? "Or another name" : "Your name"),
    el("div", { class: "name-row" }, input, el("button", { type: "submit", class: "main-button" }, "Go on")),
    el("p", { class: "help", id: "name-help" }, "Letters, digits and _ . @ -; what you say is remembered under it."),
    wrong,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = input.value.trim();
    if (isName(name)) dialog.close(name);
    else {
      wrong.textContent = "A name has 1 to 64 letters, digits or _ . @ - and begins with a letter, a digit or _.";
      input.setAttribute("aria-invalid", "true");
      input.focus();
    }
  });
  const list = known.length ? el("ul", { class: "person-list", "aria-label": "People of the demo" }, rows) : null;
  const { dialog, closed } = openDialog("Who is talking?", "people", ...[list, form].filter(Boolean));
  const chosen = await closed;
  return chosen && chosen !== user ? chosen : null;
}

/** A box to choose the person of one column. */
export function personChooser(user, known, label, onChoose) {
  const names = known.some(({ name }) => name === user) ? known : [...known, { name: user }];
  const box = el("select", { class: "chooser", "aria-label": label });
  for (const { name } of names) box.append(el("option", { value: name, selected: name === user }, name));
  box.addEventListener("change", () => onChoose(box.value));
  return box;
}
