// What one user says of items: the buttons everywhere show the same, and every press can be undone.
import { el, icon, randomKey } from "./dom.js";
import { toast } from "./toast.js";

const WORDS = {
  like: { name: "Like", done: "You like" },
  dislike: { name: "Dislike", done: "You do not like" },
  seen: { name: "Seen", done: "You have seen" },
};
const OPPOSITE = { like: "dislike", dislike: "like" };

/** The opinions of one user, as the server last told them. */
export class Opinions {
  #api;
  #user;
  #said = new Map();
  #watchers = new Map();

  constructor(api, user) {
    this.#api = api;
    this.#user = user;
  }

  /** What is said of an item. */
  of(item) {
    return this.#said.get(item) ?? new Set();
  }

  /** Takes over what the server told of an item. */
  learn(item, opinions) {
    this.#said.set(item, new Set(opinions));
    for (const watcher of this.#watchers.get(item) ?? []) watcher();
  }

  /** Takes over a whole profile: what it does not name has no opinion. */
  learnAll(profile) {
    const said = new Map([...this.#said.keys()].map((item) => [item, []]));
    for (const known of profile.opinions) said.set(known.id, [...(said.get(known.id) ?? []), known.opinion]);
    for (const [item, opinions] of said) this.learn(item, opinions);
  }

  /** Takes over a new turn: what was heard, and what its cards tell. */
  learnTurn({ heard, items }) {
    for (const { id, opinions } of heard) {
      const kept = [...this.of(id)].filter((old) => !opinions.includes(OPPOSITE[old]));
      if (opinions.length) this.learn(id, [...kept, ...opinions]);
    }
    for (const { id, opinions } of items) this.learn(id, opinions);
  }

  /** Whether anything was learnt of an item. */
  knows(item) {
    return this.#said.has(item);
  }

  /** Sets or takes back one opinion, and says so with an Undo. */
  async toggle(item, title, opinion, dialogue) {
    const before = new Set(this.of(item));
    const undo = before.has(opinion);
    await this.#send(item, opinion, undo, dialogue);
    const words = undo ? `No longer: ${WORDS[opinion].name.toLowerCase()}` : WORDS[opinion].done;
    toast(`${words} ${title}.`, { name: "Undo", run: () => this.#restore(item, before, opinion, undo, dialogue) });
  }

  /** Takes back all that is said of an item. */
  async clear(item, title) {
    const before = [...this.of(item)];
    for (const opinion of before) await this.#send(item, opinion, true, null);
    const again = async () => {
      for (const opinion of before) await this.#send(item, opinion, false, null);
    };
    toast(`Forgotten: ${title}.`, { name: "Undo", run: () => settled(again()) });
  }

  watch(item, watcher) {
    if (!this.#watchers.has(item)) this.#watchers.set(item, new Set());
    this.#watchers.get(item).add(watcher);
  }

  #restore(item, before, opinion, undone, dialogue) {
    const steps = async () => {
      await this.#send(item, opinion, !undone, dialogue);
      // A like pushes a dislike out; taking it back brings the dislike back.
      const opposite = OPPOSITE[opinion];
      if (!undone && before.has(opposite)) await this.#send(item, opposite, false, dialogue);
    };
    return settled(steps());
  }

  async #send(item, opinion, undo, dialogue) {
    const body = { user: this.#user, item, opinion, undo, ...(dialogue ? { dialogue } : {}) };
    const answer = await this.#api.feedback(body, randomKey());
    this.learn(answer.item, answer.opinions);
    if (answer.item !== item) this.learn(item, answer.opinions);
  }
}

async function settled(work) {
  try {
    await work;
  } catch (problem) {
    toast(`That did not work. ${problem.message}`);
  }
}

/** Like, dislike and seen for one item, as toggle buttons; `dialogueOf` tells where it is said. */
export function opinionButtons(opinions, item, title, dialogueOf = () => null) {
  const buttons = Object.entries(WORDS).map(([opinion, { name }]) => {
    const press = async () => {
      if (button.getAttribute("aria-disabled") === "true") return;
      button.setAttribute("aria-disabled", "true");
      await settled(opinions.toggle(item, title, opinion, dialogueOf()));
      button.removeAttribute("aria-disabled");
    };
    const attributes = { type: "button", class: `opinion ${opinion}`, "aria-label": `${name}: ${title}`, onclick: press };
    const button = el("button", attributes, icon(opinion), name);
    button.dataset.opinion = opinion;
    return button;
  });
  const show = () => {
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(opinions.of(item).has(button.dataset.opinion)));
    }
  };
  opinions.watch(item, show);
  show();
  return el("div", { class: "opinions", role: "group", "aria-label": `What you think of ${title}` }, buttons);
}
