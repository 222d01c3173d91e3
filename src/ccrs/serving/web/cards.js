// An item as a card: true facts, the reason in words, and what you think of it.
import { capital, el, foreign, hue, icon, safeUrl, spoken } from "./dom.js";
import { opinionButtons } from "./opinions.js";

const DIRECTORS = ["director", "directors"];
const ACTORS = ["actor", "star", "starring", "actors", "cast"];
const GENRES = ["genre", "genres"];
const MOST_PEOPLE = 3;
const MOST_GENRES = 4;

function named(facts, relations) {
  return relations.flatMap((relation) => facts[relation] ?? []);
}

function poster(card) {
  const address = safeUrl(card.image);
  if (!address) {
    const letter = Array.from(card.title.replace(/^(the|a|an)\s+/i, ""))[0] ?? "";
    return el("div", { class: `poster hue-${hue(card.id)}`, "aria-hidden": "true" }, letter.toUpperCase());
  }
  const image = el("img", { class: "poster", src: address, alt: `Picture of ${card.title}`, loading: "lazy" });
  image.addEventListener("error", () => image.replaceWith(poster({ ...card, image: null })), { once: true });
  return image;
}

function people(card) {
  const directors = named(card.facts, DIRECTORS);
  const actors = named(card.facts, ACTORS).slice(0, MOST_PEOPLE);
  const told = [directors.length && `by ${directors.join(", ")}`, actors.length && `with ${actors.join(", ")}`];
  const words = capital(told.filter(Boolean).join(" · "));
  return words ? el("p", { class: "people" }, foreign(words)) : null;
}

function more(card) {
  const shown = new Set([...DIRECTORS, ...GENRES]);
  const rest = Object.entries(card.facts).filter(([relation, names]) => {
    return names.length && !shown.has(relation) && !(ACTORS.includes(relation) && names.length <= MOST_PEOPLE);
  });
  if (!card.plot && rest.length === 0) return null;
  const list = rest.flatMap(([relation, names]) => [
    el("dt", {}, foreign(capital(relation))),
    el("dd", {}, foreign(names.join(", "))),
  ]);
  return el(
    "details",
    { class: "more" },
    el("summary", {}, "More", spoken(` about ${card.title}`)),
    card.plot ? el("p", {}, foreign(card.plot)) : null,
    list.length ? el("dl", {}, list) : null,
  );
}

function shop(card) {
  const address = safeUrl(card.url, { link: true });
  if (!address && !card.price && card.available) return null;
  const link = { href: address, target: "_blank", rel: "noopener noreferrer" };
  return el(
    "p",
    { class: "shop" },
    card.available ? null : el("span", { class: "tag" }, "Not available now"),
    card.price ? el("span", { class: "price" }, foreign(card.price)) : null,
    address ? el("a", link, "Open", spoken(` ${card.title} in a new tab`), icon("out")) : null,
  );
}

/** One card; `opinions` are the user's, `dialogueOf` the dialogue it is shown in, `level` that of its heading. */
export function itemCard(card, opinions, dialogueOf, level = 4) {
  // A stored card tells what was thought of it then; what is known now goes before.
  if (!opinions.knows(card.id)) opinions.learn(card.id, card.opinions);
  const genres = named(card.facts, GENRES).slice(0, MOST_GENRES);
  return el(
    "li",
    { class: "card" },
    poster(card),
    el(
      "div",
      { class: "card-text" },
      el(
        `h${level}`,
        { class: "card-title" },
        foreign(card.title),
        card.year === null || card.year === undefined ? null : el("span", { class: "year" }, ` ${card.year}`),
      ),
      people(card),
      genres.length ? el("ul", { class: "genres", "aria-label": "Genres" }, genres.map((g) => el("li", {}, foreign(g)))) : null,
      card.reason ? el("p", { class: "reason" }, foreign(card.reason)) : null,
      shop(card),
      more(card),
    ),
    opinionButtons(opinions, card.id, card.title, dialogueOf),
  );
}

/** Cards in a list with a name. */
export function cardList(cards, opinions, dialogueOf, level = 4) {
  return el(
    "ul",
    { class: "cards", "aria-label": `${cards.length} ${cards.length === 1 ? "recommendation" : "recommendations"}` },
    cards.map((card) => itemCard(card, opinions, dialogueOf, level)),
  );
}
