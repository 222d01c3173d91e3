// What an empty conversation shows: how to begin, and in the demo what to look at.
import { el, foreign } from "./dom.js";

/** Where the server does not tell what fits its catalogue. */
const EXAMPLES = ["Hi! What can you recommend?"];

/** Some things to say; `onPick` takes the one chosen. `compare` (demo only) opens two people side by side. */
export function welcome({ words, examples: told, onPick, compare }) {
  const usual = told.length ? told : EXAMPLES;
  const examples = words ? [words, ...usual.slice(1)] : usual;
  return el(
    "div",
    { class: "welcome" },
    el("p", { class: "greeting" }, "What are you looking for?"),
    el("p", { class: "quiet" }, "Say what you liked, what you know already, what you do not want. Every answer shows why."),
    el(
      "ul",
      { class: "examples", "aria-label": "Examples" },
      examples.map((text) => {
        const pick = () => onPick(text);
        return el("li", {}, el("button", { type: "button", class: "example", onclick: pick }, foreign(text)));
      }),
    ),
    compare
      ? el(
          "p",
          { class: "compare" },
          "The same words mean different things to different people. ",
          el("button", { type: "button", class: "link-button", onclick: compare }, "See two people side by side"),
        )
      : null,
  );
}
