// Puts the parts together: who is there, which conversation, one column or two.
import { readAddress, writeAddress } from "./address.js";
import { Api } from "./api.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { Conversation } from "./conversation.js";
import { askForKey, confirmed } from "./dialogs.js";
import { randomKey } from "./dom.js";
import { History } from "./history.js";
import { Opinions } from "./opinions.js";
import { choosePerson, personChooser, showPerson } from "./people.js";
import { showProfile } from "./profile.js";
import { recall, remember } from "./storage.js";
import { themeButton } from "./theme.js";
import { toast } from "./toast.js";
import { welcome } from "./welcome.js";

const PICKS = 3;
const byId = (id) => document.getElementById(id);

class Page {
  #api = new Api();
  #connection = new Connection(this.#api, byId("banner"));
  #demo = { users: [], words: "" };
  #examples = [];
  #opinions = new Map(); // by user
  #columns = [];
  #showing = 0;
  #shown = null; // a promise: what was asked for is shown
  #composer = new Composer({ ready: () => this.#settled(), send: (text, once) => this.#say(text, once) });
  #history = new History(
    { place: byId("history"), button: byId("history-button"), scrim: byId("scrim") },
    {
      open: (id) => this.#go({ ...this.#place(), dialogue: id }),
      begin: () => this.#go({ user: this.#place().user }),
      forget: (summary) => this.#forget(summary),
    },
  );

  start() {
    this.#api.askKey = askForKey;
    themeButton(byId("theme-button"), byId("theme-name"));
    byId("people-button").addEventListener("click", () => this.#changePerson());
    byId("profile-button").addEventListener("click", () => this.#guard(() => this.#openProfile()));
    byId("beside-button").addEventListener("click", () => this.#besides());
    byId("skip").addEventListener("click", (event) => {
      event.preventDefault(); // the address after # is ours
      this.#composer.focus();
    });
    for (const event of ["hashchange", "popstate"]) window.addEventListener(event, () => this.#show(readAddress()));
    this.#shown = this.#askDemo().then(() => this.#draw(readAddress()));
  }

  /** When all is shown that was asked for, even meanwhile. */
  async #settled() {
    for (let last = null; last !== this.#shown; ) {
      last = this.#shown;
      await last;
    }
  }

  /** The demo's people are told by /readyz; without them everything else works. */
  async #askDemo() {
    for (;;) {
      try {
        const { body } = await this.#api.ready();
        this.#examples = body.examples ?? [];
        if (body.demo) this.#demo = { users: body.demo.users ?? [], words: body.demo.words ?? "" };
        byId("beside-button").hidden = this.#demo.users.length < 2;
        return;
      } catch {
        await this.#connection.lost();
      }
    }
  }

  #place() {
    const [first, second] = this.#columns;
    return { user: first?.user, dialogue: first?.id, beside: second?.user, other: second?.id };
  }

  #go(place) {
    writeAddress(place, { push: true });
    return this.#show(readAddress());
  }

  #show(place) {
    this.#shown = this.#draw(place);
    return this.#shown;
  }

  async #draw(wanted) {
    const showing = ++this.#showing;
    const place = { ...wanted, user: wanted.user ?? this.#lastUser() };
    remember("localStorage", "ccrs.user", place.user);
    showPerson(byId("people-button"), place.user);
    byId("beside-button").setAttribute("aria-pressed", String(Boolean(place.beside)));
    this.#history.allow(!place.beside);
    this.#history.list([], null);
    const users = [place.user, place.beside].filter(Boolean);
    this.#columns = users.map((user, index) => this.#column(user, index, users.length > 1));
    byId("columns").replaceChildren(...this.#columns.map((column) => column.element));
    byId("columns").classList.toggle("two", users.length > 1);
    const dialogues = [place.dialogue, place.other];
    await Promise.all(this.#columns.map((column, index) => this.#fill(column, dialogues[index], showing)));
    if (showing === this.#showing) writeAddress(this.#place());
  }

  #lastUser() {
    const last = recall("localStorage", "ccrs.user");
    return last ?? this.#demo.users[0]?.name ?? `guest-${randomKey().slice(0, 8)}`;
  }

  #column(user, index, two) {
    const about = this.#demo.users.find(({ name }) => name === user)?.about;
    const choose = (name) => {
      const { user: first, beside } = this.#place();
      this.#go(index ? { user: first, beside: name } : { user: name, beside });
    };
    return new Conversation({
      api: this.#api,
      connection: this.#connection,
      opinions: this.#opinionsOf(user),
      user,
      about,
      second: index > 0,
      chooser: two ? personChooser(user, this.#demo.users, index ? "Second person" : "First person", choose) : null,
      emptyState: () => this.#welcome(two),
      onChange: (column, turn) => this.#changed(column, turn),
    });
  }

  #welcome(two) {
    return welcome({
      words: this.#demo.words,
      examples: this.#examples,
      onPick: (text) => this.#composer.fill(text),
      compare: !two && this.#demo.users.length > 1 ? () => this.#besides() : null,
    });
  }

  #opinionsOf(user) {
    if (!this.#opinions.has(user)) this.#opinions.set(user, new Opinions(this.#api, user));
    return this.#opinions.get(user);
  }

  /** The dialogue of a column; what is known of its person comes beside it. */
  async #fill(column, dialogue, showing) {
    this.#guard(() => this.#learn(column, dialogue, showing));
    if (dialogue) await this.#guard(() => this.#restore(column, dialogue));
  }

  /** Opinions, the list of dialogues, and something to begin with where the conversation is empty. */
  async #learn(column, dialogue, showing) {
    const profile = await this.#patient(() => this.#api.profile(column.user));
    if (showing !== this.#showing) return;
    this.#opinionsOf(column.user).learnAll(profile);
    if (column === this.#columns[0]) this.#history.list(profile.dialogues, dialogue);
    if (!dialogue && profile.opinions.length) column.offer((await this.#api.recommend(column.user, PICKS)).items);
  }

  async #restore(column, id) {
    try {
      const { turns } = await this.#patient(() => column.restore(id));
      this.#composer.answered(turns.at(-1)?.said);
    } catch (problem) {
      if (problem.kind !== "missing") throw problem;
      toast("This conversation is no longer there. A new one begins.");
    }
  }

  /** Waits while the server is gone, then asks again. */
  async #patient(ask) {
    for (;;) {
      try {
        return await ask();
      } catch (problem) {
        if (problem.kind === "gone") await this.#connection.lost();
        else if (problem.kind === "busy") {
          toast(`The server is busy. Trying again in ${problem.retryAfter} s.`);
          await new Promise((go) => setTimeout(go, problem.retryAfter * 1000));
        } else throw problem;
      }
    }
  }

  async #say(text, once) {
    const said = await Promise.all(this.#columns.map((column, index) => column.say(text, `${once}-${index}`)));
    return said.some(Boolean);
  }

  #changed(column, turn) {
    if (!this.#columns.includes(column)) return; // somebody else is shown meanwhile
    writeAddress(this.#place());
    if (turn && column === this.#columns[0]) this.#history.grew(column.id, turn.said, turn.created);
  }

  async #changePerson() {
    const { user, beside } = this.#place();
    const chosen = await choosePerson(user, this.#demo.users);
    if (chosen) await this.#go({ user: chosen, beside: chosen === beside ? null : beside });
  }

  #besides() {
    const { user, beside } = this.#place();
    const other = this.#demo.users.find(({ name }) => name !== user)?.name;
    return this.#go(beside ? { user } : { user, beside: other });
  }

  async #openProfile() {
    const { user } = this.#place();
    const profile = await this.#api.profile(user);
    showProfile(this.#api, profile, this.#opinionsOf(user), {
      open: (id) => this.#go({ user, dialogue: id }),
      deleted: () => {
        this.#opinions.delete(user);
        toast(`Everything about ${user} is deleted.`);
        this.#go({ user });
      },
    });
  }

  async #forget({ id, title }) {
    const text = "The conversation is deleted, with what was learnt from it.";
    if (!(await confirmed(`Delete “${title}”?`, text, "Delete"))) return;
    await this.#guard(async () => {
      await this.#api.forgetDialogue(id);
      toast("The conversation is deleted.");
      const { user, dialogue } = this.#place();
      if (dialogue === id) await this.#go({ user });
      else this.#history.list((await this.#api.profile(user)).dialogues, dialogue);
    });
  }

  /** Does something and tells what went wrong with it, if something did. */
  async #guard(work) {
    try {
      await work();
    } catch (problem) {
      if (!problem.kind) throw problem;
      toast(problem.message);
    }
  }
}

new Page().start();
