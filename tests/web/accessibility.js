// Faults that a machine can find, as a list of sentences; an empty list is what a test wants.
() => {
  const faults = [];
  const visible = (e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && e.getClientRects().length > 0;
  const shown = (e) => visible(e) && !e.closest(".hidden, .skip") && getComputedStyle(e).clipPath === "none";
  const modal = document.querySelector("dialog[open]");
  const root = modal ?? document.body;
  const all = (selector) => [...root.querySelectorAll(selector)].filter(visible);
  const told = (e) => `<${e.tagName.toLowerCase()} class="${e.getAttribute("class") ?? ""}"> ${e.textContent.trim().slice(0, 40)}`;

  const nameOf = (e) => {
    const byId = (e.getAttribute("aria-labelledby") ?? "").split(/\s+/).filter(Boolean);
    const labels = [...(e.labels ?? [])].map((l) => l.textContent).join(" ");
    const texts = [e.getAttribute("aria-label"), ...byId.map((id) => document.getElementById(id)?.textContent), labels];
    if (!["INPUT", "TEXTAREA", "SELECT"].includes(e.tagName)) texts.push(e.textContent);
    return texts.filter(Boolean).join(" ").trim();
  };
  const controls = all("button, a[href], input, select, textarea, summary, [tabindex='0'], [role=button]");
  for (const e of controls) {
    if (!nameOf(e)) faults.push(`no name: ${told(e)}`);
    const box = e.getBoundingClientRect();
    if (!e.matches(".skip, [role=region]") && (box.width < 24 || box.height < 24)) {
      faults.push(`too small (${Math.round(box.width)} × ${Math.round(box.height)}): ${told(e)}`);
    }
  }
  for (const e of all("[tabindex]")) if (e.tabIndex > 0) faults.push(`forced focus order: ${told(e)}`);
  for (const e of all("img")) if (!e.hasAttribute("alt")) faults.push(`no alt: ${told(e)}`);
  for (const e of all("svg")) {
    if (e.getAttribute("aria-hidden") !== "true" && !e.getAttribute("aria-label")) faults.push(`a drawing without words: ${told(e)}`);
  }
  for (const e of all("[aria-controls], [aria-labelledby], [aria-describedby]")) {
    for (const attribute of ["aria-controls", "aria-labelledby", "aria-describedby"]) {
      for (const id of (e.getAttribute(attribute) ?? "").split(/\s+/).filter(Boolean)) {
        if (!document.getElementById(id)) faults.push(`${attribute} leads nowhere (${id}): ${told(e)}`);
      }
    }
  }

  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids.filter((one, index) => ids.indexOf(one) !== index))) faults.push(`two elements have the id ${id}`);
  if (!document.documentElement.lang) faults.push("the page has no language");
  if (!document.title) faults.push("the page has no title");
  if (document.querySelectorAll("main").length !== 1) faults.push("there is not one main");
  if (document.querySelectorAll("h1").length !== 1) faults.push("there is not one h1");
  let level = modal ? 1 : 0;
  for (const e of all("h1, h2, h3, h4, h5, h6")) {
    const now = Number(e.tagName[1]);
    if (now > level + 1) faults.push(`a heading of level ${now} after one of ${level}: ${told(e)}`);
    level = now;
  }
  for (const e of all("ul, ol")) {
    for (const child of e.children) if (child.tagName !== "LI") faults.push(`in a list, but no item: ${told(child)}`);
  }

  const numbers = (colour) => {
    const found = colour.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
    const scale = colour.startsWith("color(") ? 255 : 1;
    return [found[0] * scale, found[1] * scale, found[2] * scale, found[3] ?? 1];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const ground = (e) => {
    const layers = [];
    for (let one = e; one; one = one.parentElement) {
      layers.push(numbers(getComputedStyle(one).backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const light = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const check = (e, colour, what) => {
    const behind = ground(e);
    const found = ratio(over(numbers(colour), behind), behind);
    if (found < 4.5) faults.push(`contrast ${found.toFixed(2)} (${what}): ${told(e)}`);
  };
  let texts = 0;
  for (const e of root.querySelectorAll("*")) {
    const own = [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent.trim());
    if (!own || !shown(e) || e.tagName === "OPTION") continue;
    texts += 1;
    check(e, e instanceof SVGElement ? getComputedStyle(e).fill : getComputedStyle(e).color, "text");
  }
  for (const e of root.querySelectorAll("textarea, input")) if (shown(e)) check(e, getComputedStyle(e, "::placeholder").color, "placeholder");
  if (texts < 3) faults.push(`only ${texts} texts were looked at`);
  return faults;
}
