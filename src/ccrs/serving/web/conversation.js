// One column: a person, the dialogue, and sending words until they are answered, exactly once.
import { ApiError } from "./api.js";
import { cardList } from "./cards.js";
import { avatar, el, foreign } from "./dom.js";
import { TurnView } from "./turnview.js";

const WAIT_WHEN_BUSY = 2; // seconds; an event of a stream has no Retry-After

function streamError({ code, message }) {
  return new ApiError(code === "busy" || code === "overloaded" ? "busy" : "refused", message, WAIT_WHEN_BUSY);
}

/** A conversation of one user. `emptyState` makes what is shown before the first turn. */
export class Conversation {
  #api;
  #connection;
  #opinions;
  #emptyState;
  #onChange;
  #log = el("div", { class: "log", role: "log", "aria-live": "polite" });
  #scroller = el("div", { class: "scroller", tabindex: "0" });
  #chips = el("div", { class: "chips", hidden: true });
  #views = 0;
  id = null;

  constructor({ api, connection, opinions, user, about, emptyState, onChange, second = false, chooser = null }) {
    this.#api = api;
    this.#connection = connection;
    this.#opinions = opinions;
    this.#emptyState = emptyState;
    this.#onChange = onChange;
    this.user = user;
    const title = el("h2", { class: "column-title" }, "Conversation with ", foreign(user));
    this.#log.setAttribute("aria-label", `Messages with ${user}`);
    this.#scroller.setAttribute("aria-label", `Conversation with ${user}`);
    this.#scroller.setAttribute("role", "region");
    this.#scroller.append(this.#log);
    const text = about ? el("p", { class: "about" }, foreign(about)) : null;
    const bare = !about && !chooser; // the person's button says it all
    const head = el("div", { class: bare ? "hidden" : "column-head" }, avatar(user), el("div", {}, title, text), chooser);
    const attributes = { class: second ? "column second" : "column" };
    this.element = el("section", attributes, head, this.#scroller, this.#chips);
    this.#begin();
  }

  /** Shows a stored dialogue; rejects when there is none. */
  async restore(id) {
    const dialogue = await this.#api.dialogue(id);
    this.id = dialogue.id;
    this.#views = 0;
    this.#log.setAttribute("aria-live", "off"); // what is old is not read out
    const views = dialogue.turns.map((turn) => {
      const view = this.#view(turn.said);
      view.finish(turn);
      return view.element;
    });
    if (views.length) this.#log.replaceChildren(...views);
    this.#constrain(dialogue.turns.at(-1));
    this.#log.lastElementChild?.scrollIntoView({ block: "start" });
    requestAnimationFrame(() => this.#log.setAttribute("aria-live", "polite"));
    return dialogue;
  }

  /** Says it. Resolves to true when it is answered and stored, to false when it was taken back or refused. */
  async say(text, once) {
    if (!this.#views) this.#log.replaceChildren();
    const view = this.#view(text);
    this.#log.append(view.element);
    view.element.scrollIntoView({ block: "start" });
    for (;;) {
      try {
        await this.#exchange(view, text, once);
        return true;
      } catch (problem) {
        if (!problem.kind) throw problem;
        if (await this.#again(view, problem)) {
          view.restart();
          continue;
        }
        this.#remove(view);
        return false;
      }
    }
  }

  /** Shows some items where the conversation is still empty. */
  offer(cards) {
    if (this.#views || !cards.length) return;
    const title = el("h3", { class: "offer-title" }, "Picked for you, from what you told me before");
    this.#log.firstElementChild?.append(title, cardList(cards, this.#opinions, () => this.id));
  }

  async #exchange(view, text, once) {
    if (!this.id) {
      this.id = (await this.#api.begin(this.user, `${once}-begin`)).id;
      this.#onChange(this, null);
    }
    for await (const event of this.#api.turn(this.id, text, once)) {
      if (event.event === "error") throw streamError(event.error);
      view.take(event);
      if (event.event === "done") {
        this.#opinions.learnTurn(event.turn);
        this.#constrain(event.turn);
        this.#onChange(this, event.turn);
      }
    }
  }

  /** Waits as the problem asks; true to try again, false to take the words back. */
  #again(view, problem) {
    return new Promise((resolve) => {
      let timer = 0;
      const end = (again) => {
        clearInterval(timer);
        resolve(again);
      };
      const back = { name: "Take it back", run: () => end(false) };
      const now = { name: "Try now", run: () => end(true) };
      if (problem.kind === "busy") {
        let left = Math.ceil(problem.retryAfter);
        const words = () => `The server is busy. Your words are kept; trying again in ${left} s.`;
        view.notify(words(), [now, back]);
        timer = setInterval(() => {
          left -= 1;
          if (left <= 0) end(true);
          else view.recount(words());
        }, 1000);
      } else if (problem.kind === "gone") {
        view.notify("Not answered yet: the server cannot be reached. This is sent again when it is back.", [back]);
        this.#connection.lost().then(() => end(true));
      } else {
        view.notify(problem.message, [{ name: "Try again", run: () => end(true) }, back]);
      }
    });
  }

  #view(said) {
    this.#views += 1;
    return new TurnView(this.#views, said, {
      opinions: this.#opinions,
      dialogueOf: () => this.id,
      user: this.user,
    });
  }

  #remove(view) {
    view.element.remove();
    this.#views -= 1;
    if (!this.#views) this.#begin();
  }

  #begin() {
    this.#log.replaceChildren(this.#emptyState(this));
  }

  #constrain(turn) {
    const constraints = turn?.explanation.constraints ?? [];
    const chips = constraints.map((words) => el("li", {}, foreign(words)));
    const name = el("span", { class: "chips-name" }, "In force:");
    this.#chips.replaceChildren(name, el("ul", { "aria-label": "Constraints in force" }, chips));
    this.#chips.hidden = chips.length === 0;
  }
}
