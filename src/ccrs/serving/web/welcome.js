// What an empty conversation shows: how to begin, and in the demo what to look at.
import { el, foreign } from "./dom.js";

const EXAMPLES = [
  "I loved Heat (1995). What should I see next?",
  "A comedy with Tom Hanks, please.",
  "Something older than 1990, but no horror.",
];

/** Three things to say; `onPick` takes the one chosen. `compare` (demo only) opens two people side by side. */
export function welcome({ words, onPick, compare }) {
  const examples = words ? [words, ...EXAMPLES.slice(1)] : EXAMPLES;
  return el(
    "div",
    { class: "welcome" },
    el("p", { class: "greeting" }, "What would you like to see?"),
    el("p", { class: "quiet" }, "Say what you liked, what you have seen, what you do not want. Every answer shows why."),
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
          "The same words mean different films to different people. ",
          el("button", { type: "button", class: "link-button", onclick: compare }, "See two people side by side"),
        )
      : null,
  );
}
