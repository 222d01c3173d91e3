// One exchange on the page: what was said and heard, the reply as it comes, its cards, and why.
import { cardList } from "./cards.js";
import { el, foreign, spoken } from "./dom.js";
import { whyPanel } from "./why.js";

const THOUGHT = { like: "liked", dislike: "not liked", seen: "seen" };

function opinionWords(opinions) {
  return opinions.map((opinion) => THOUGHT[opinion]).join(", ");
}

/** What was said, with what was found in it marked. Places count characters, not UTF-16 units. */
function marked(said, heard) {
  const letters = Array.from(said);
  const parts = [];
  let end = 0;
  for (const mention of [...heard].sort((a, b) => a.start - b.start)) {
    if (mention.start < end || mention.end > letters.length) continue;
    parts.push(letters.slice(end, mention.start).join(""));
    const kind = mention.opinions.includes("dislike") ? "dislike" : mention.opinions.includes("like") ? "like" : "named";
    parts.push(el("mark", { class: `heard ${kind}` }, letters.slice(mention.start, mention.end).join("")));
    end = mention.end;
  }
  return [...parts, letters.slice(end).join("")].filter((part) => part !== "");
}

/** The view of one turn, filled step by step. */
export class TurnView {
  #opinions;
  #dialogueOf;
  #user;
  #said = el("p", { class: "said", dir: "auto" });
  #heard = el("p", { class: "understood", hidden: true });
  #words = el("span", { class: "words", dir: "auto" });
  #reply;
  #cards = el("div", { class: "card-place" });
  #after = el("div", { class: "after" });
  #notice = el("div", { class: "notice", hidden: true });

  constructor(number, said, { opinions, dialogueOf, user }) {
    this.#opinions = opinions;
    this.#dialogueOf = dialogueOf;
    this.#user = user;
    this.#said.append(said);
    this.#reply = el("p", { class: "reply" }, spoken("Reply: "), this.#words, this.#typing());
    this.element = el(
      "article",
      { class: "turn", "aria-busy": "true", "aria-label": `Turn ${number}` },
      el("h3", { class: "hidden" }, `Turn ${number}`),
      el("div", { class: "said-box" }, spoken("You said: "), this.#said, this.#heard),
      el("div", { class: "answer" }, this.#reply, this.#after, this.#cards),
      this.#notice,
    );
  }

  /** Takes one event of the stream. */
  take(event) {
    if (event.event === "heard") this.#hear(event.heard ?? []);
    else if (event.event === "items") this.#show(event.items ?? []);
    else if (event.event === "token") this.#words.append(event.token ?? "");
    else if (event.event === "done") this.finish(event.turn);
  }

  /** Before a new try: what an earlier one had begun goes away. */
  restart() {
    this.#words.replaceChildren();
    this.#cards.replaceChildren();
    this.#after.replaceChildren();
    this.#reply.querySelector(".typing")?.remove();
    this.#reply.append(this.#typing());
    this.#quiet();
  }

  /** The whole turn, as stored. */
  finish(turn) {
    this.#said.replaceChildren(...marked(turn.said, turn.heard));
    this.#hear(turn.heard);
    this.#words.textContent = turn.reply;
    this.#show(turn.items);
    const remarks = turn.remarks.map((remark) => el("li", {}, foreign(remark)));
    this.#after.replaceChildren(
      ...(remarks.length ? [el("ul", { class: "remarks", "aria-label": "Remarks" }, remarks)] : []),
      whyPanel(turn, this.#user),
    );
    this.#still();
    this.#quiet();
  }

  /** Says what is wrong, with buttons (`{name, run}`). */
  notify(text, actions) {
    const buttons = actions.map(({ name, run }) => {
      return el("button", { type: "button", class: "plain-button", onclick: run }, name);
    });
    this.#still();
    this.#notice.replaceChildren(el("p", {}, text), el("div", { class: "notice-foot" }, buttons));
    this.#notice.hidden = false;
  }

  /** Changes the words of the notice and leaves its buttons, so that the focus stays. */
  recount(text) {
    this.#notice.firstChild.textContent = text;
  }

  #quiet() {
    this.#notice.hidden = true;
    this.#notice.replaceChildren();
  }

  #still() {
    this.#reply.querySelector(".typing")?.remove();
    this.element.setAttribute("aria-busy", "false");
  }

  #typing() {
    this.element?.setAttribute("aria-busy", "true");
    const dots = [1, 2, 3].map((number) => el("span", { class: `dot dot-${number}` }));
    return el("span", { class: "typing" }, spoken("Thinking…"), ...dots);
  }

  #hear(heard) {
    if (heard.length) this.#said.replaceChildren(...marked(this.#said.textContent, heard));
    const told = heard.filter((mention) => mention.opinions.length);
    const words = told.flatMap((mention, index) => [
      index ? " · " : "",
      foreign(mention.name),
      ` (${opinionWords(mention.opinions)})`,
    ]);
    this.#heard.replaceChildren(...(told.length ? ["Understood: ", ...words] : []));
    this.#heard.hidden = told.length === 0;
  }

  #show(items) {
    const shown = items.map((card) => card.id).join("\n");
    if (this.#cards.dataset.shown === shown && this.#cards.firstChild) return; // no flicker when `done` repeats them
    this.#cards.dataset.shown = shown;
    this.#cards.replaceChildren(...(items.length ? [cardList(items, this.#opinions, this.#dialogueOf)] : []));
  }
}
