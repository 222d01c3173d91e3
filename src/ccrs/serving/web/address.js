// What is shown, in the address after `#`: a reload or a bookmark brings it back.

const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.@-]{0,63}$/u;

/** Whether the server would take this as the name of a user. */
export function isName(text) {
  return NAME.test(text);
}

/** `{user, dialogue, beside, other}`: the person, the dialogue, the second person and the second dialogue. */
export function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const named = (key) => (isName(given.get(key) ?? "") ? given.get(key) : null);
  return { user: named("user"), dialogue: given.get("dialogue"), beside: named("beside"), other: given.get("other") };
}

/** Writes it; `push` when a person went somewhere, so that Back leads back. */
export function writeAddress(place, { push = false } = {}) {
  const wanted = new URLSearchParams();
  for (const key of ["user", "dialogue", "beside", "other"]) if (place[key]) wanted.set(key, place[key]);
  const hash = `#${wanted}`;
  if (hash === location.hash) return;
  if (push) history.pushState(null, "", hash);
  else history.replaceState(null, "", hash);
}
