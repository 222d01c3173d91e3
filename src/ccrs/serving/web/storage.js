// Browser storage that may be forbidden or full: then nothing is remembered, and nothing breaks.

/** The value under a key, or null. */
export function recall(store, key) {
  try {
    return window[store].getItem(key);
  } catch {
    return null;
  }
}

/** Keeps a value under a key; null takes it away. */
export function remember(store, key, value) {
  try {
    if (value === null) window[store].removeItem(key);
    else window[store].setItem(key, value);
  } catch {
    // Forbidden or full: the page works on, it only forgets at reload.
  }
}
