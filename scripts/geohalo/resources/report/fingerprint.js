// The panel of a target: what its row says, the plot of its elements, and the same numbers as a table.
// Every text goes in as text: names come from the survey.
const make = (tag, text, attributes = {}) => {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};
const draw = (parent, tag, attributes, text) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
};
const written = (value, digits = 2) =>
  typeof value === "number"
    ? (Number(value.toFixed(digits)) || 0) // no minus in front of what is rounded to zero
      .toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", "−")
    : String(value ?? "");
const signed = (value) => (Number(written(value)) > 0 ? "+" : "") + written(value);

// A round step that leaves some five lines between two values.
const step = (span) => {
  const power = 10 ** Math.floor(Math.log10(span / 4 || 1));
  return [1, 2, 5, 10].map((k) => k * power).find((k) => span / k <= 6) || 10 * power;
};

// Bars around zero, one for each element, side by side; returns the height that they take.
const bars = (svg, elements, values, top, height, label, classes) => {
  const left = 46, wide = 20;
  const known = values.filter((value) => typeof value === "number");
  const low = Math.min(0, ...known), high = Math.max(0, ...known);
  const span = high - low || 1, y = (value) => top + height * (high - value) / span;
  const line = step(span);
  for (let k = Math.ceil(low / line); k <= high / line + 1e-9; k += 1) {
    draw(svg, "line", { x1: left, x2: left + wide * elements.length, y1: y(k * line), y2: y(k * line), class: k ? "guide" : "zero" });
    draw(svg, "text", { x: left - 6, y: y(k * line) + 4, "text-anchor": "end", class: "note" }, written(k * line, line < 0.1 ? 2 : line < 1 ? 1 : 0));
  }
  values.forEach((value, k) => {
    if (typeof value !== "number") return;
    const bar = draw(svg, "rect", {
      x: left + wide * k + 3, width: wide - 6, y: Math.min(y(value), y(0)), height: Math.max(Math.abs(y(value) - y(0)), 0.5),
      class: value >= 0 ? classes[0] : classes[1],
    });
    draw(bar, "title", {}, `${elements[k]} ${signed(value)}`);
  });
  draw(svg, "text", { x: left, y: top - 8, class: "note" }, label);
  elements.forEach((name, k) => {
    draw(svg, "text", { x: left + wide * (k + 0.5), y: top + height + 15, "text-anchor": "middle" }, name);
  });
  return height + 52;
};

const plot = (rows, weights, carrying) => {
  const ranked = [...rows].sort((a, b) => (b[1] ?? 0) - (a[1] ?? 0));
  const told = new Map(rows.map((row) => [row[0], row]));
  const sorted = carrying.length ? carrying.filter((name) => told.has(name)).map((name) => told.get(name)) : ranked;
  const elements = sorted.map((row) => row[0]);
  const branches = [...new Set(weights.map((row) => row[0]))];
  const order = elements.length ? elements : [...new Set(weights.map((row) => row[1]))];
  const holder = make("div", undefined, { class: "plot", tabindex: "0", role: "region", "aria-label": "Fingerprint plot" });
  const svg = draw(holder, "svg", { role: "img" });
  const ends = ranked.length ? `most enriched ${ranked[0][0]}, most depleted ${ranked[ranked.length - 1][0]}` : "attribution by element";
  svg.setAttribute("aria-label", `Fingerprint: ${ends}. The table below has the numbers.`);
  let top = 26;
  if (sorted.length) top += bars(svg, order, sorted.map((row) => row[1]), top, 150, "Contrast to the surroundings: above zero enriched, below depleted", ["up", "down"]);
  for (const branch of branches) {
    const of = new Map(weights.filter((row) => row[0] === branch).map((row) => [row[1], row[2]]));
    top += bars(svg, order, order.map((name) => of.get(name)), top, 80, `Attribution of the score to elements, ${branch} (above zero: speaks for the target)`, ["weight", "weight"]);
  }
  const width = 56 + 20 * order.length;
  svg.setAttribute("width", width);
  svg.setAttribute("height", top - 20);
  svg.setAttribute("viewBox", `0 0 ${width} ${top - 20}`);
  return holder;
};

const listed = (title, heads, rows) => {
  const part = make("details", undefined, { class: "part" });
  part.append(make("summary", title));
  const holder = make("div", undefined, { class: "scroll", tabindex: "0", role: "region", "aria-label": title });
  const table = make("table");
  table.append(make("caption", title, { class: "heard" }));
  const top = make("tr");
  heads.forEach((head) => top.append(make("th", head, { scope: "col" })));
  const head = make("thead"), body = make("tbody");
  head.append(top);
  for (const row of rows) {
    const line = make("tr");
    row.forEach((value, k) => {
      const number = typeof value === "number";
      line.append(make(k ? "td" : "th", number ? written(value, Number.isInteger(value) ? 0 : 2) : written(value), number ? { class: "number" } : {}));
    });
    body.append(line);
  }
  table.append(head, body);
  holder.append(table);
  part.append(holder);
  return part;
};

// Each element stays with its number, which has a true minus sign.
const contrasts = (text) => String(text).replaceAll(" -", "\u00a0\u2212").replaceAll(" +", "\u00a0+");
// A long list is cut: the table has all of it.
const listedShort = (text) => {
  const all = String(text).split(/[\s,;]+/);
  return all.length > 12 ? `${all.slice(0, 12).join(" ")} and ${all.length - 12} more` : all.join(" ");
};
const WORDS = [
  ["ground", "Ground", String], ["area_km2", "Area", (v) => `${Number(v.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 })} km²`], ["mean_score", "Mean score", written], ["peak_score", "Peak score", written],
  ["spread", "Spread over members", (v) => written(v, 3)], ["heldout_score", "Held-out rank", written],
  ["applicable", "In the area of applicability", (v) => `${written(100 * v, 0)} %`], ["nearest_deposit", "Nearest known deposit", String],
  ["effort", "Exploration effort", (v) => Number(v.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 })], ["effort_percentile", "Ground with less effort", (v) => `${written(v, 0)} %`],
  ["distance_km", "Distance to it", (v) => `${written(v, 1)} km`], ["enriched", "Enriched", contrasts], ["depleted", "Depleted", contrasts],
  ["x", "Peak, easting", (v) => `${written(v, 0)} m`], ["y", "Peak, northing", (v) => `${written(v, 0)} m`],
  ["lon", "Peak, longitude", (v) => `${written(v, 4)}°`], ["lat", "Peak, latitude", (v) => `${written(v, 4)}°`],
  ["superpixels", "Superpixels", listedShort],
];

// Fill the panel with a target; `close` is called by its button.
const showTarget = (panel, data, target, close) => {
  const key = String(target.rank);
  const button = make("button", "Close", { type: "button", class: "close" });
  button.addEventListener("click", close);
  const list = make("dl");
  for (const [name, label, form] of WORDS) {
    if (target.about[name] === undefined) continue;
    const pair = make("div");
    pair.append(make("dt", label), make("dd", form(target.about[name])));
    list.append(pair);
  }
  panel.replaceChildren(button, make("h3", `Target ${target.rank}`), list);
  const rows = data.fingerprints[key] || [], weights = data.attributions[key] || [], near = data.neighbours[key] || [];
  if (rows.length || weights.length) panel.append(plot(rows, weights, data.carrying));
  if (rows.length) panel.append(listed("Contrast of every element", ["Element", "Contrast", "In standard deviations over the map"], rows));
  if (weights.length) panel.append(listed("Attribution of every element", ["Branch", "Element", "Attribution"], weights));
  if (near.length) panel.append(listed("Superpixels that the external graph draws on", ["Scale", "Superpixel", "Weight", "Direction (° from north)", "Distance (km)"], near));
  panel.hidden = false;
};
