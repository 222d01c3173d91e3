// Where one types: grows with the words, keeps a draft over a reload, and never loses it before it is answered.
import { randomKey } from "./dom.js";
import { recall, remember } from "./storage.js";

const DRAFT = "ccrs.draft";
const MOST = 4000;
const TELL_FROM = 3500;

/** The form at the foot; `ready()` resolves when there is a conversation, `send(text, once)` to true when answered. */
export class Composer {
  #ready;
  #send;
  #words = document.getElementById("words");
  #button = document.getElementById("send");
  #count = document.getElementById("count");
  #busy = false;
  #draft = { text: "", once: "" };

  constructor({ ready, send }) {
    this.#ready = ready;
    this.#send = send;
    this.#button.addEventListener("click", () => this.submit());
    this.#words.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    this.#words.addEventListener("input", () => this.#typed());
    this.#recall();
  }

  focus() {
    this.#words.focus();
  }

  /** Puts words in, e.g. an example. */
  fill(text) {
    this.#words.value = text;
    this.#typed();
    this.focus();
  }

  /** Sends what is typed; it comes back when it is taken back. */
  async submit() {
    if (!this.#words.value.trim() || this.#busy) return;
    this.#lock(true);
    await this.#ready();
    const text = this.#words.value.trim();
    // The same words under the same key: a retry, even after a reload, is answered once.
    const once = this.#draft.text === text && this.#draft.once ? this.#draft.once : randomKey();
    this.#draft = { text, once };
    remember("sessionStorage", DRAFT, JSON.stringify(this.#draft));
    this.#words.value = "";
    this.#grow();
    const answered = await this.#send(text, once).finally(() => this.#lock(false));
    const typedMeanwhile = this.#words.value;
    if (!answered && !typedMeanwhile) {
      this.#words.value = text;
      this.#grow();
      return;
    }
    this.#draft = { text: "", once: "" };
    remember("sessionStorage", DRAFT, typedMeanwhile ? JSON.stringify({ text: typedMeanwhile, once: "" }) : null);
  }

  /** After a reload: the draft goes if it was answered after all. */
  answered(lastSaid) {
    if (this.#draft.once && lastSaid === this.#draft.text) {
      this.fill("");
      this.#draft = { text: "", once: "" };
    }
  }

  #recall() {
    try {
      this.#draft = { text: "", once: "", ...JSON.parse(recall("sessionStorage", DRAFT) ?? "{}") };
    } catch {
      this.#draft = { text: "", once: "" }; // somebody else's value
    }
    this.#words.value = this.#draft.text;
    this.#grow();
  }

  #typed() {
    this.#grow();
    if (this.#busy) return; // the draft in store is the one under way
    const text = this.#words.value;
    if (this.#draft.once && text.trim() === this.#draft.text) return;
    this.#draft = { text, once: "" };
    remember("sessionStorage", DRAFT, text ? JSON.stringify(this.#draft) : null);
  }

  #grow() {
    this.#words.style.setProperty("height", "auto");
    this.#words.style.setProperty("height", `${Math.min(this.#words.scrollHeight, 200)}px`);
    const letters = this.#words.value.length;
    this.#count.textContent = letters >= TELL_FROM ? `${letters} of ${MOST} letters` : "";
  }

  #lock(busy) {
    this.#busy = busy;
    this.#button.setAttribute("aria-disabled", String(busy));
  }
}
