// A short word at the foot of the page, with one thing to do about it.
import { el } from "./dom.js";

const LASTS = 8000;
let timer = 0;

/** Says `text`; `action` is `{name, run}`, e.g. Undo. It waits while it is pointed at or focused. */
export function toast(text, action = null) {
  const place = document.getElementById("toast");
  // What lies outside an open dialog cannot be reached, so the word goes in.
  (document.querySelector("dialog[open]") ?? document.body).append(place);
  const close = () => {
    place.hidden = true;
    place.replaceChildren();
  };
  const count = () => {
    clearTimeout(timer);
    timer = setTimeout(close, LASTS);
  };
  const run = () => {
    close();
    action.run();
  };
  place.replaceChildren(
    el("span", {}, text),
    ...(action ? [el("button", { type: "button", class: "toast-button", onclick: run }, action.name)] : []),
  );
  place.hidden = false;
  place.onpointerenter = place.onfocusin = () => clearTimeout(timer);
  place.onpointerleave = place.onfocusout = count;
  count();
}
