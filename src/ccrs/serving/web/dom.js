// Elements from data. Text goes in as text nodes only: nothing that somebody wrote is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An HTML element; `onclick` and the like are listeners, null children are left out. */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Text that only a screen reader reads. */
export function spoken(text) {
  return el("span", { class: "hidden" }, text);
}

/** Text of unknown writing direction, kept from turning its surroundings. */
export function foreign(text) {
  return el("bdi", { dir: "auto" }, text);
}

const ICONS = {
  like: "M7 11v9H4v-9zM7 11l4-8c2 0 3 1 3 3v3h5c1 0 2 1 2 2l-2 7c0 1-1 2-2 2H7",
  dislike: "M17 13V4h3v9zM17 13l-4 8c-2 0-3-1-3-3v-3H5c-1 0-2-1-2-2l2-7c0-1 1-2 2-2h10",
  seen: "M2 12c4-8 16-8 20 0-4 8-16 8-20 0zM9 12a3 3 0 1 0 6 0 3 3 0 1 0-6 0",
  why: "M5 20v-6M12 20V4M19 20v-9",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  down: "M6 9l6 6 6-6",
  save: "M12 4v11M7 11l5 5 5-5M4 20h16",
  out: "M9 5H5v14h14v-4M13 5h6v6M19 5l-9 9",
};

/** A decorative icon by name. */
export function icon(name) {
  return svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
}

/** A circle with the first letter of a name, its colour by the name. */
export function avatar(name) {
  const letter = Array.from(name)[0] ?? "?";
  return el("span", { class: `avatar hue-${hue(name)}`, "aria-hidden": "true" }, letter.toUpperCase());
}

/** One of eight colours, always the same for the same text. */
export function hue(text) {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return sum % 8;
}

/** `0.254` as `25 %`; a share too small to round up is `<1 %`. */
export function percent(share) {
  return share > 0 && share < 0.005 ? "<1 %" : `${Math.round(share * 100)} %`;
}

/** `director` as `Director`. */
export function capital(words) {
  const letters = Array.from(words.replaceAll("_", " "));
  return letters.length ? letters[0].toUpperCase() + letters.slice(1).join("") : "";
}

/** The same address if it is https (or, for links, http); otherwise null: no `javascript:`, no `file:`. */
export function safeUrl(address, { link = false } = {}) {
  if (!address) return null;
  let url;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  return url.protocol === "https:" || (link && url.protocol === "http:") ? url.href : null;
}

/** 32 random hex digits; works without a secure context too. */
export function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
