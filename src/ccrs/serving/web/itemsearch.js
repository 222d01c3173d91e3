// Looking up an item by its title, to say what one thinks of it.
import { el, foreign } from "./dom.js";
import { opinionButtons } from "./opinions.js";

const SHOWN = 6;

/** A search form with results to like, dislike or call seen; `onChange` after each press is the watcher's matter. */
export function itemSearch(api, opinions) {
  const input = el("input", { type: "search", id: "look-up", autocomplete: "off", spellcheck: "false", dir: "auto" });
  const told = el("p", { class: "help", role: "status" });
  const results = el("ul", { class: "known-list" });
  const form = el(
    "form",
    { class: "search", role: "search" },
    el("label", { for: "look-up" }, "Tell me about another one"),
    el("div", { class: "name-row" }, input, el("button", { type: "submit", class: "plain-button" }, "Look up")),
    told,
    results,
  );
  const row = ({ id, title, year }) => {
    const name = year ? `${title} (${year})` : title;
    return el("li", { class: "known" }, el("span", { class: "known-name" }, foreign(name)), opinionButtons(opinions, id, title));
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    try {
      const { items, total } = await api.search(text);
      results.replaceChildren(...items.slice(0, SHOWN).map(row));
      told.textContent = total ? `${Math.min(total, SHOWN)} of ${total} found.` : "No title holds these words.";
    } catch (problem) {
      told.textContent = problem.message;
    }
  });
  return form;
}
