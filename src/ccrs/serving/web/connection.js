// Whether the server is there. When it is not: one banner, knocking at /readyz, and everyone waits for `back`.
import { el } from "./dom.js";

const FIRST = 1000;
const LONGEST = 10000;

/** Watches the connection to the server, and tells in `banner`. */
export class Connection {
  #api;
  #banner;
  #back = null;
  #knockNow = () => {};

  constructor(api, banner) {
    this.#api = api;
    this.#banner = banner;
    window.addEventListener("offline", () => this.lost());
    window.addEventListener("online", () => this.#knockNow());
  }

  /** The server did not answer: resolves when it does again. Many may wait, one knocks. */
  lost() {
    this.#back ??= this.#wait().finally(() => (this.#back = null));
    return this.#back;
  }

  async #wait() {
    let pause = FIRST;
    let text = "The server cannot be reached. Nothing you typed is lost; trying again…";
    for (;;) {
      this.#tell(text);
      await this.#pause(pause);
      try {
        const { ok } = await this.#api.ready();
        if (ok) break;
        text = "The server is there but not ready yet. Trying again…";
      } catch {
        text = "The server still cannot be reached. Nothing you typed is lost; trying again…";
      }
      pause = Math.min(pause * 2, LONGEST);
    }
    this.#banner.hidden = true;
    this.#banner.replaceChildren();
  }

  #pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#knockNow = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #tell(text) {
    const now = el("button", { type: "button", class: "banner-button", onclick: () => this.#knockNow() }, "Try now");
    if (this.#banner.hidden || this.#banner.firstChild?.textContent !== text) {
      this.#banner.replaceChildren(el("span", {}, text), now);
      this.#banner.hidden = false;
    }
  }
}
