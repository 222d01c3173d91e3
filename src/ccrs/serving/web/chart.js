// Bars drawn as SVG: for each row yours, and (where there is one) a stranger's to compare with.
import { percent, svg } from "./dom.js";

const BAR = 14;
const SECOND = 7;
const BETWEEN = 3;
const GAP = 14;
const TITLE = 30;
const NUMBER = 46;

function shortened(text, letters) {
  const all = Array.from(text);
  return all.length > letters ? `${all.slice(0, letters - 1).join("")}…` : text;
}

function text(kind, x, y, words) {
  return svg("text", { class: kind, x, y }, words);
}

function row({ label, value, other }, top, labelWidth, scale) {
  const compared = other !== undefined;
  const middle = top + (compared ? BAR + BETWEEN + SECOND : BAR) / 2;
  const place = { x: labelWidth, rx: 3 };
  const bars = [svg("rect", { ...place, class: "bar", y: top, width: Math.max(scale(value), 2), height: BAR })];
  if (compared) {
    const y = top + BAR + BETWEEN;
    bars.push(svg("rect", { ...place, class: "bar-other", y, width: Math.max(scale(other), 2), height: SECOND }));
    bars.push(text("number-other", labelWidth + scale(other) + 6, y + SECOND / 2 + 0.5, percent(other)));
  }
  const words = text("label", labelWidth - 10, middle, shortened(label, Math.floor((labelWidth - 10) / 7.2)));
  return svg("g", {}, words, ...bars, text("number", labelWidth + scale(value) + 6, top + BAR / 2 + 0.5, percent(value)));
}

/** The drawing of `groups` (`{title, rows: [{label, value, other}]}`) at a width in pixels; shares of at most 1. */
export function bars(groups, width, description) {
  const labelWidth = Math.min(150, Math.max(92, width * 0.3));
  const most = Math.max(0.01, ...groups.flatMap((g) => g.rows.flatMap((r) => [r.value, r.other ?? 0])));
  const scale = (share) => (share / most) * (width - labelWidth - NUMBER);
  const drawn = [];
  let top = 0;
  for (const group of groups) {
    drawn.push(text("group", 0, top + 14, group.title));
    top += TITLE;
    for (const one of group.rows) {
      drawn.push(row(one, top, labelWidth, scale));
      top += BAR + (one.other === undefined ? 0 : SECOND + BETWEEN) + GAP;
    }
    top += 4;
  }
  const size = { width, height: top, viewBox: `0 0 ${width} ${top}` };
  return svg("svg", { ...size, class: "chart", role: "img", "aria-label": description }, drawn);
}

/** A box that redraws the bars whenever its width changes. */
export function drawInto(box, groups, description) {
  let drawn = 0;
  const draw = () => {
    const width = Math.floor(box.clientWidth);
    if (width === drawn || width < 120) return;
    drawn = width;
    box.replaceChildren(bars(groups, width, description));
  };
  new ResizeObserver(draw).observe(box);
  return draw;
}
