// The server's routes as functions. Every failure is an ApiError whose kind says what a person can do about it.
import { recall, remember } from "./storage.js";
import { serverSentEvents } from "./sse.js";

const KEY = "ccrs.key";

/** kind: `busy` (try again after `retryAfter` seconds), `gone` (no connection), `key`, `missing`, `refused`. */
export class ApiError extends Error {
  constructor(kind, message, retryAfter = 0) {
    super(message);
    this.kind = kind;
    this.retryAfter = retryAfter;
  }
}

/** Talks to the server this page came from. `askKey` (set by main) resolves to a key or null. */
export class Api {
  askKey = async () => null;
  #asking = null;

  /** `/readyz`, even when it says that the server is not ready. */
  async ready() {
    const response = await reach("readyz", { headers: { Accept: "application/json" } });
    return { ok: response.ok, body: await response.json().catch(() => ({})) };
  }

  begin(user, once) {
    return this.#json("POST", `v1/users/${encodeURIComponent(user)}/dialogues`, { once });
  }

  dialogue(id) {
    return this.#json("GET", `v1/dialogues/${encodeURIComponent(id)}`);
  }

  forgetDialogue(id) {
    return this.#json("DELETE", `v1/dialogues/${encodeURIComponent(id)}`);
  }

  recommend(user, k) {
    return this.#json("POST", "v1/recommendations", { body: { user, k, explain: false } });
  }

  feedback(body, once) {
    return this.#json("POST", "v1/feedback", { body, once });
  }

  search(text) {
    return this.#json("GET", `v1/items?q=${encodeURIComponent(text)}`);
  }

  exportUser(user) {
    return this.#json("GET", `v1/users/${encodeURIComponent(user)}`);
  }

  deleteUser(user) {
    return this.#json("DELETE", `v1/users/${encodeURIComponent(user)}`);
  }

  /** What is known of a user; of a new one, nothing. */
  async profile(user) {
    try {
      return await this.#json("GET", `v1/users/${encodeURIComponent(user)}/profile`);
    } catch (problem) {
      if (problem.kind !== "missing") throw problem;
      return { user, opinions: [], relations: [], dialogues: [] };
    }
  }

  /** The events of one turn as they come; `done` or `error` is the last. A cut stream is `gone`. */
  async *turn(dialogue, text, once) {
    const path = `v1/dialogues/${encodeURIComponent(dialogue)}/turns`;
    const response = await this.#send("POST", path, { body: { text }, once, accept: "text/event-stream" });
    if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
      yield { event: "done", turn: await response.json() };
      return;
    }
    let last = null;
    try {
      for await (const event of serverSentEvents(response.body)) {
        last = event.event;
        yield event;
      }
    } catch (problem) {
      if (problem instanceof ApiError) throw problem;
      throw new ApiError("gone", "The connection broke.");
    }
    if (last !== "done" && last !== "error") throw new ApiError("gone", "The reply was cut off.");
  }

  async #json(method, path, options) {
    const response = await this.#send(method, path, options);
    return response.status === 204 ? null : response.json();
  }

  async #send(method, path, { body, once, accept = "application/json" } = {}) {
    for (;;) {
      const used = recall("sessionStorage", KEY);
      const headers = { Accept: accept };
      if (body !== undefined) headers["Content-Type"] = "application/json";
      if (once) headers["Idempotency-Key"] = once;
      if (used) headers.Authorization = `Bearer ${used}`;
      const response = await reach(path, { method, headers, body: body && JSON.stringify(body) });
      if (response.ok) return response;
      const problem = await problemOf(response);
      if (problem.kind !== "key" || !(await this.#newKey(used, problem.message))) throw problem;
    }
  }

  /** One question at a time, however many requests were refused; true when there is a key to try. */
  async #newKey(used, message) {
    const now = recall("sessionStorage", KEY);
    if (now && now !== used) return true;
    this.#asking ??= this.askKey(message, Boolean(used)).finally(() => (this.#asking = null));
    const key = await this.#asking;
    if (key) remember("sessionStorage", KEY, key);
    return Boolean(key);
  }
}

async function reach(path, options) {
  try {
    return await fetch(new URL(path, document.baseURI), { cache: "no-store", credentials: "omit", ...options });
  } catch {
    throw new ApiError("gone", "The server cannot be reached.");
  }
}

async function problemOf(response) {
  const body = await response.json().catch(() => null);
  const message = body?.error?.message ?? `The server answered ${response.status}.`;
  const wait = Number.parseFloat(response.headers.get("Retry-After") ?? "");
  const kinds = { 401: "key", 404: "missing", 429: "busy", 502: "gone", 503: "busy", 504: "gone" };
  return new ApiError(kinds[response.status] ?? "refused", message, Number.isFinite(wait) ? Math.max(1, wait) : 3);
}
