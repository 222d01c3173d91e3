// Why this reply: one drawn chart (which relations and which of your words counted), the rest behind "details".
import { drawInto } from "./chart.js";
import { capital, el, foreign, icon, percent } from "./dom.js";

const MOST_ROWS = 5;

function largest(shares) {
  return [...shares].sort((a, b) => b.weight - a.weight).slice(0, MOST_ROWS);
}

/** In one sentence: what this user follows more than a stranger does. */
export function followed(relations, numSupport) {
  const [most] = [...relations].sort((a, b) => b.weight - b.unadapted - (a.weight - a.unadapted));
  if (!most) return "Nothing is known yet of what you follow.";
  const from = numSupport === 1 ? "1 earlier conversation" : `${numSupport} earlier conversations`;
  const known = numSupport ? `From ${from}: ` : "";
  const more = Math.round((most.weight - most.unadapted) * 100);
  if (more < 1) return "The relations count for you as they do for a stranger.";
  const [yours, theirs] = [percent(most.weight), percent(most.unadapted)];
  const words = `the ${most.name} makes ${yours} of what counts for you, and ${theirs} for a stranger.`;
  return known ? known + words : capital(words);
}

function groupsOf(explanation) {
  const relations = largest(explanation.relations).map((share) => ({
    label: capital(share.name),
    value: share.weight,
    other: share.unadapted,
  }));
  const mentions = largest(explanation.mentions).map(({ name, weight }) => ({ label: name, value: weight }));
  return [
    { title: "Which relations counted", rows: relations },
    { title: "Which of your words counted", rows: mentions },
  ].filter((group) => group.rows.length);
}

function inWords(groups) {
  const rows = (group) =>
    group.rows.map(({ label, value, other }) => {
      return `${label} ${percent(value)}${other === undefined ? "" : ` (a stranger: ${percent(other)})`}`;
    });
  return groups.map((group) => `${group.title}: ${rows(group).join(", ")}.`).join(" ");
}

/** The chart with its legend; `heading` names it. */
export function relationChart(explanation, caption) {
  const groups = groupsOf(explanation);
  if (!groups.length) return el("p", { class: "quiet" }, "Nothing that was said could be linked to the catalogue.");
  const box = el("div", { class: "chart-box" });
  const legend = el(
    "figcaption",
    { class: "legend" },
    el("span", { class: "key key-you" }, "you"),
    el("span", { class: "key key-other" }, "a stranger"),
    caption ? el("span", {}, caption) : null,
  );
  drawInto(box, groups, inWords(groups));
  return el("figure", { class: "figure" }, box, explanation.relations.length ? legend : null);
}

function table(title, heads, rows) {
  if (!rows.length) return null;
  const head = el("tr", {}, heads.map((name) => el("th", { scope: "col" }, name)));
  const body = rows.map(([first, ...cells]) => {
    return el("tr", {}, el("th", { scope: "row" }, foreign(first)), cells.map((cell) => el("td", {}, cell)));
  });
  return el("table", {}, el("caption", {}, title), el("thead", {}, head), el("tbody", {}, body));
}

function moves(items) {
  return items
    .filter((card) => card.rank && card.unadapted_rank)
    .map(({ title, rank, unadapted_rank: before }) => {
      const by = before - rank;
      const move = by > 0 ? `${by} up` : by < 0 ? `${-by} down` : "the same";
      return [title, String(before), String(rank), move];
    });
}

function details(turn) {
  const told = turn.explanation;
  const moved = moves(turn.items);
  return el(
    "details",
    { class: "details" },
    el("summary", {}, "Details"),
    table("How knowing you moved the rank", ["Item", "For a stranger", "For you", "Moved"], moved),
    table(
      "Your words and their turns",
      ["Words", "Turn", "By itself", "By its turn", "Together"],
      told.mentions.map((m) => [m.name, String(m.turn + 1), percent(m.by_itself), percent(m.by_turn), percent(m.weight)]),
    ),
    table(
      "Names that counted",
      ["Name", "For you", "For a stranger"],
      told.neighbours.map((n) => [n.name, percent(n.weight), percent(n.unadapted)]),
    ),
    table(
      "Mixture of styles in the reply",
      ["Style", "Share"],
      told.styles.map((share, index) => [`Style ${index + 1}`, percent(share)]),
    ),
    turn.model ? el("p", { class: "quiet" }, "Answered by model ", foreign(turn.model), ".") : null,
  );
}

function whatCounted(explanation) {
  const words = (text) => el("p", { class: "why-words" }, text);
  if (explanation.attentive === false) {
    return [words("This recommender keeps no weights of what counted: each card says what it shares with your words.")];
  }
  return [words(followed(explanation.relations, explanation.num_support)), relationChart(explanation)];
}

/** The button and the panel it opens; the panel is made when it is first opened. */
export function whyPanel(turn, forWhom) {
  const id = `why-${turn.id}`;
  const panel = el("section", { class: "why", id, "aria-labelledby": `${id}-title`, hidden: true });
  const open = () => {
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
    if (panel.hidden) return;
    if (!panel.firstChild) {
      panel.append(
        el("h4", { id: `${id}-title` }, "Why this, for ", foreign(forWhom), "?"),
        ...whatCounted(turn.explanation),
        details(turn),
      );
    }
    panel.scrollIntoView({ block: "nearest" });
  };
  const attributes = { type: "button", class: "why-button", "aria-expanded": "false", "aria-controls": id, onclick: open };
  const button = el("button", attributes, icon("why"), "Why?");
  const box = el("div", { class: "why-box" }, button, panel);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || panel.hidden) return;
    event.stopPropagation();
    open();
    button.focus();
  });
  return box;
}
