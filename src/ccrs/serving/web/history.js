// The list of past conversations: open one, delete one, begin a new one.
import { el, foreign, icon, spoken } from "./dom.js";

function many(number) {
  return number === 1 ? "1 turn" : `${number} turns`;
}

/** Beside the conversation where there is room, over it where there is not. */
export class History {
  #place;
  #button;
  #scrim;
  #on;
  #wide = window.matchMedia("(min-width: 1000px)");
  #dialogues = [];
  #current = null;

  /** `on` is `{open(id), forget(summary), begin()}`. */
  constructor({ place, button, scrim }, on) {
    this.#place = place;
    this.#button = button;
    this.#scrim = scrim;
    this.#on = on;
    button.addEventListener("click", () => this.#show(this.#place.hidden, true));
    scrim.addEventListener("click", () => this.#show(false));
    place.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.#show(false);
      this.#button.focus();
    });
    this.#wide.addEventListener("change", () => this.#show(this.#wide.matches && !this.#button.hidden));
    this.#show(this.#wide.matches);
  }

  /** Away with it while two people are side by side. */
  allow(allowed) {
    this.#button.hidden = !allowed;
    this.#show(allowed && this.#wide.matches);
  }

  /** The dialogues of a person, newest first. */
  list(dialogues, current) {
    this.#dialogues = [...dialogues].filter((d) => d.num_turns > 0).sort((a, b) => b.created - a.created);
    this.#current = current;
    this.#draw();
  }

  /** A turn was added to a dialogue, perhaps a new one. */
  grew(id, said, created) {
    const old = this.#dialogues.find((d) => d.id === id);
    if (old) old.num_turns += 1;
    else this.#dialogues.unshift({ id, title: said, created, num_turns: 1 });
    this.#current = id;
    this.#draw();
  }

  #show(open, byHand = false) {
    this.#place.hidden = !open;
    this.#scrim.hidden = !open || this.#wide.matches;
    this.#button.setAttribute("aria-expanded", String(open));
    if (open && byHand) this.#place.querySelector("button")?.focus();
  }

  #went(action) {
    if (!this.#wide.matches) this.#show(false);
    action();
  }

  #draw() {
    const begin = el(
      "button",
      { type: "button", class: "new-button", onclick: () => this.#went(() => this.#on.begin()) },
      icon("plus"),
      "New conversation",
    );
    const rows = this.#dialogues.map((dialogue) => this.#row(dialogue));
    this.#place.replaceChildren(
      el("h2", { id: "history-title" }, "Past conversations"),
      begin,
      rows.length ? el("ul", {}, rows) : el("p", { class: "quiet" }, "None yet. They are listed here."),
    );
  }

  #row(dialogue) {
    const title = dialogue.title || "Without words";
    const open = () => this.#went(() => this.#on.open(dialogue.id));
    const current = dialogue.id === this.#current ? "page" : null;
    return el(
      "li",
      {},
      el(
        "button",
        { type: "button", class: "past", "aria-current": current, onclick: open },
        el("span", { class: "past-title" }, foreign(title)),
        el("span", { class: "past-size" }, many(dialogue.num_turns)),
      ),
      el(
        "button",
        { type: "button", class: "icon-button small", onclick: () => this.#on.forget(dialogue) },
        icon("trash"),
        spoken(`Delete the conversation ${title}`),
      ),
    );
  }
}
