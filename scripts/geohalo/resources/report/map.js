// The map: layers of grey levels coloured here, outlines and marks on top. Positions are in cells from the north-west.
const data = JSON.parse(document.getElementById("map-data").textContent);
if (data) {
  const get = (id) => document.getElementById(id);
  const canvas = get("canvas"), context = canvas.getContext("2d"), tip = get("tip"), panel = get("fingerprint");
  const view = { x: data.columns / 2, y: data.rows / 2, scale: 1 };
  const chosen = { layer: data.layers[0], above: null, target: null, deposit: null, back: null };
  const ready = new Map();
  const colours = (hex) => [0, 2, 4].map((k) => parseInt(hex.slice(k, k + 2), 16));

  // --- layers: decoded when first shown ---------------------------------------------------------------------------
  const table = (layer) => layer.classes.length ? layer.classes.map((one) => colours(one[1].slice(1))) : data.ramps[layer.ramp].map(colours);
  const load = (layer) => {
    if (!layer || ready.has(layer.name)) return;
    ready.set(layer.name, null);
    const image = new Image();
    image.onload = () => {
      const made = document.createElement("canvas");
      made.width = data.columns; made.height = data.rows;
      const inner = made.getContext("2d", { willReadFrequently: true });
      inner.drawImage(image, 0, 0);
      const pixels = inner.getImageData(0, 0, data.columns, data.rows), bytes = pixels.data, ramp = table(layer);
      const levels = new Uint8Array(data.columns * data.rows);
      for (let k = 0; k < levels.length; k += 1) {
        const level = bytes[4 * k];
        levels[k] = level;
        const hue = level ? ramp[level - 1] : null;
        if (hue) { bytes[4 * k] = hue[0]; bytes[4 * k + 1] = hue[1]; bytes[4 * k + 2] = hue[2]; }
        bytes[4 * k + 3] = hue ? 255 : 0;
      }
      inner.putImageData(pixels, 0, 0);
      ready.set(layer.name, { image: made, levels });
      request();
    };
    image.src = layer.image;
  };
  const amount = (layer, way) => layer.logarithmic ? layer.low * (layer.high / layer.low) ** way : layer.low + way * (layer.high - layer.low);
  const short = (value, least = 1) => Number(value.toPrecision(3))
    .toLocaleString("en", { minimumSignificantDigits: value ? least : 1, maximumSignificantDigits: 3 }).replace("-", "−");
  const reading = (layer, column, row) => {
    const known = layer && ready.get(layer.name);
    if (!known || column < 0 || row < 0 || column >= data.columns || row >= data.rows) return "";
    const level = known.levels[row * data.columns + column];
    if (!level) return "no value";
    if (layer.classes.length) return layer.classes[level - 1][0];
    const ends = level === 1 ? "≤ " : level === 255 ? "≥ " : "";
    return `${ends}${short(amount(layer, (level - 1) / 254))}${layer.unit ? ` ${layer.unit}` : ""}`;
  };

  // --- outlines and marks -----------------------------------------------------------------------------------------
  const pieces = (across, down) => {
    const path = new Path2D();
    for (let k = 0; k < across.length; k += 3) { path.moveTo(across[k], across[k + 1]); path.lineTo(across[k] + across[k + 2], across[k + 1]); }
    for (let k = 0; k < down.length; k += 3) { path.moveTo(down[k], down[k + 1]); path.lineTo(down[k], down[k + 1] + down[k + 2]); }
    return path;
  };
  for (const one of [...data.targets, ...data.superpixels]) one.path = pieces(one.across, one.down);
  const marks = [
    ...(data.targets.length ? [{ id: "targets", label: `Targets, by rank${data.targets.some((one) => one.about.ground === "new") ? " (yellow: on new ground)" : ""}`, on: true }] : []),
    ...(data.deposits.length ? [{ id: "deposits", label: "Known deposits (hollow: outside)", on: true }] : []),
    ...(data.samples.length ? [{ id: "samples", label: "Samples", on: false }] : []),
    ...data.superpixels.map((one, k) => ({ id: `superpixels-${k}`, label: `Superpixels, ${one.label}`, on: false, lines: one })),
  ];
  const shown = (id) => marks.some((mark) => mark.id === id && mark.on);
  const NEW = "#f0e442"; // numbers of targets on new ground
  const star = (to, x, y, size, filled) => {
    to.beginPath();
    for (let k = 0; k < 10; k += 1) {
      const far = k % 2 ? 0.45 * size : size, angle = (k / 5 - 0.5) * Math.PI;
      to.lineTo(x + far * Math.cos(angle), y + far * Math.sin(angle));
    }
    to.closePath();
    to.lineJoin = "round";
    to.lineWidth = 4; to.strokeStyle = "#fff"; to.stroke();
    to.lineWidth = 2; to.strokeStyle = "#d55e00"; to.stroke();
    to.fillStyle = filled ? "#d55e00" : "#fff"; to.fill();
  };
  const stroke = (path, ...lines) => {
    for (const [hue, width] of lines) { context.strokeStyle = hue; context.lineWidth = width / view.scale; context.stroke(path); }
  };

  // --- drawing ----------------------------------------------------------------------------------------------------
  let size = { width: 1, height: 1 }, waiting = false, fitted = true;
  const screen = (x, y) => [size.width / 2 + (x - view.x) * view.scale, size.height / 2 + (y - view.y) * view.scale];
  const ground = (x, y) => [view.x + (x - size.width / 2) / view.scale, view.y + (y - size.height / 2) / view.scale];
  const request = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; paint(); });
  };
  const drawTargets = () => {
    context.lineJoin = "round"; context.lineCap = "round";
    for (const target of data.targets) {
      stroke(target.path, ["#fff", target === chosen.target ? 8 : 4.5], ["#000", target === chosen.target ? 4 : 1.8]);
    }
  };
  const drawRanks = () => {
    context.font = "600 12px system-ui, sans-serif"; context.textAlign = "center"; context.textBaseline = "middle";
    for (const target of data.targets.slice(0, 200)) {
      const [left, top, right] = target.box, [x, y] = screen((left + right) / 2, top);
      if (target !== chosen.target && (right - left) * view.scale < 14 && target.rank > 10) continue;
      const text = String(target.rank), wide = context.measureText(text).width + 8;
      context.fillStyle = target === chosen.target ? "#000" : target.about.ground === "new" ? NEW : "#fff"; context.strokeStyle = "#000"; context.lineWidth = 1;
      context.fillRect(x - wide / 2, y - 18, wide, 16); context.strokeRect(x - wide / 2, y - 18, wide, 16);
      context.fillStyle = target === chosen.target ? "#fff" : "#000";
      context.fillText(text, x, y - 9.5);
    }
  };
  const drawScale = () => {
    const most = Math.min(160, size.width / 3) / view.scale * data.cell, power = 10 ** Math.floor(Math.log10(most));
    const metres = [5, 2, 1].map((k) => k * power).find((k) => k <= most) || power, long = metres / data.cell * view.scale;
    const x = size.width - 14 - long, y = size.height - 14;
    context.fillStyle = "rgba(255,255,255,.85)"; context.fillRect(x - 8, y - 22, long + 16, 30);
    context.fillStyle = "#000"; context.fillRect(x, y, long, 3);
    context.font = "12px system-ui, sans-serif"; context.textAlign = "center"; context.textBaseline = "alphabetic";
    context.fillText(metres >= 1000 ? `${metres / 1000} km` : `${metres} m`, x + long / 2, y - 5);
  };
  const paint = () => {
    const sharp = window.devicePixelRatio || 1;
    context.setTransform(sharp, 0, 0, sharp, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    const [left, top] = screen(0, 0);
    context.setTransform(sharp * view.scale, 0, 0, sharp * view.scale, sharp * left, sharp * top);
    context.fillStyle = data.outside; context.fillRect(0, 0, data.columns, data.rows);
    context.imageSmoothingEnabled = false;
    for (const [layer, slider] of [[chosen.layer, "opacity"], [chosen.above, "above-opacity"]]) {
      const known = layer && ready.get(layer.name);
      if (!known) continue;
      context.globalAlpha = Number(get(slider).value) / 100;
      context.drawImage(known.image, 0, 0);
      context.globalAlpha = 1;
    }
    for (const mark of marks) if (mark.on && mark.lines) stroke(mark.lines.path, ["rgba(255,255,255,.6)", 2], ["rgba(0,0,0,.75)", 0.8]);
    if (shown("targets")) drawTargets();
    context.setTransform(sharp, 0, 0, sharp, 0, 0);
    if (shown("samples")) {
      context.fillStyle = "rgba(0,0,0,.7)";
      const wide = Math.max(1.5, Math.min(4, view.scale / 4));
      for (let k = 0; k < data.samples.length; k += 2) {
        const [x, y] = screen(data.samples[k], data.samples[k + 1]);
        context.fillRect(x - wide / 2, y - wide / 2, wide, wide);
      }
    }
    if (shown("deposits")) for (const one of data.deposits) star(context, ...screen(...one.at), one === chosen.deposit ? 12 : 7.5, one.inside);
    if (shown("targets")) drawRanks();
    drawScale();
    if (canvas.matches(":focus-visible")) {
      const x = size.width / 2, y = size.height / 2;
      for (const [hue, width] of [["#fff", 4], ["#000", 1.5]]) {
        context.strokeStyle = hue; context.lineWidth = width; context.beginPath();
        context.moveTo(x - 10, y); context.lineTo(x + 10, y); context.moveTo(x, y - 10); context.lineTo(x, y + 10); context.stroke();
      }
    }
    canvas.dataset.view = [view.x, view.y, view.scale].join(" ");
    canvas.dataset.layer = ready.get(chosen.layer.name) ? chosen.layer.name : "";
    canvas.dataset.above = chosen.above && ready.get(chosen.above.name) ? chosen.above.name : "";
  };

  // --- moving -----------------------------------------------------------------------------------------------------
  const whole = () => 0.94 * Math.min(size.width / data.columns, size.height / data.rows);
  const all = () => { Object.assign(view, { x: data.columns / 2, y: data.rows / 2, scale: whole() }); fitted = true; request(); };
  const keep = () => {
    view.scale = Math.min(Math.max(view.scale, whole() / 2), Math.max(64, whole()));
    view.x = Math.min(Math.max(view.x, 0), data.columns);
    view.y = Math.min(Math.max(view.y, 0), data.rows);
    fitted = false;
    request();
  };
  const zoom = (factor, x = size.width / 2, y = size.height / 2) => {
    const before = ground(x, y);
    view.scale *= factor;
    view.scale = Math.min(Math.max(view.scale, whole() / 2), Math.max(64, whole()));
    const after = ground(x, y);
    view.x += before[0] - after[0]; view.y += before[1] - after[1];
    keep();
  };
  const pan = (x, y) => { view.x -= x / view.scale; view.y -= y / view.scale; keep(); };
  const moveTo = (x, y, cells) => {
    view.x = x; view.y = y;
    view.scale = Math.min(Math.max(whole(), Math.min(size.width, size.height) / cells), 64);
    keep();
  };

  // --- what lies under a point ------------------------------------------------------------------------------------
  const targetAt = (x, y) => {
    const column = Math.floor(x), row = Math.floor(y);
    const within = (cells) => {
      for (let k = 0; k < cells.length; k += 3) if (cells[k] === row && column >= cells[k + 1] && column < cells[k + 1] + cells[k + 2]) return true;
      return false;
    };
    return data.targets.find(({ box, cells }) => column >= box[0] && column < box[2] && row >= box[1] && row < box[3] && within(cells)) || null;
  };
  const depositAt = (x, y) => {
    let best = null, least = 12;
    for (const one of data.deposits) {
      const [a, b] = screen(...one.at), far = Math.hypot(a - x, b - y);
      if (far < least) { best = one; least = far; }
    }
    return best;
  };
  const degrees = (x, y) => {
    const n = data.degrees.size, u = x / data.columns * (n - 1), v = y / data.rows * (n - 1);
    if (!n || u < 0 || v < 0 || u > n - 1 || v > n - 1) return "";
    const i = Math.min(Math.floor(u), n - 2), j = Math.min(Math.floor(v), n - 2), a = u - i, b = v - j;
    const at = (list) => (1 - b) * ((1 - a) * list[j * n + i] + a * list[j * n + i + 1]) + b * ((1 - a) * list[(j + 1) * n + i] + a * list[(j + 1) * n + i + 1]);
    const east = at(data.degrees.longitude), north = at(data.degrees.latitude);
    return `${Math.abs(north).toFixed(4)}° ${north < 0 ? "S" : "N"}, ${Math.abs(east).toFixed(4)}° ${east < 0 ? "W" : "E"}`;
  };
  const tell = (x, y) => {
    const [column, row] = ground(x, y);
    const metres = (value) => Math.round(value).toLocaleString("en");
    const values = [chosen.layer, chosen.above].filter(Boolean)
      .map((layer) => [layer.label, reading(layer, Math.floor(column), Math.floor(row))]).filter((one) => one[1]);
    get("place").textContent = [
      `${data.crs}: ${metres(data.west + column * data.cell)} E, ${metres(data.north - row * data.cell)} N`,
      degrees(column, row), ...values.map((one) => one.join(": ")),
    ].filter(Boolean).join(" · ");
    const deposit = shown("deposits") && depositAt(x, y), target = shown("targets") && targetAt(column, row);
    tip.textContent = [deposit && (deposit.name || "deposit without a name"), target && `target ${target.rank}`].filter(Boolean).join("; ");
    tip.hidden = !tip.textContent;
    const right = x > size.width / 2;
    tip.style.left = right ? "" : `${x + 14}px`;
    tip.style.right = right ? `${size.width - x + 14}px` : "";
    tip.style.top = `${Math.max(0, y - 30)}px`;
  };

  // --- targets ----------------------------------------------------------------------------------------------------
  const rowOf = (key) => document.querySelector(`tr[data-key="${key}"]`);
  const close = () => {
    if (chosen.target) rowOf(`target ${chosen.target.rank}`)?.classList.remove("chosen");
    chosen.target = null; panel.hidden = true; panel.replaceChildren(); get("card").hidden = true;
    (chosen.back || canvas).focus({ preventScroll: true });
    request();
  };
  const open = (target, back) => {
    if (chosen.target) rowOf(`target ${chosen.target.rank}`)?.classList.remove("chosen");
    chosen.target = target; chosen.back = back;
    rowOf(`target ${target.rank}`)?.classList.add("chosen");
    showTarget(panel, data, target, close);
    const { about } = target;
    get("card").firstElementChild.textContent = [
      `Target ${target.rank}`, about.mean_score !== undefined && `mean score ${short(about.mean_score)}`,
      about.nearest_deposit !== undefined && about.distance_km !== undefined &&
        (about.distance_km > 0 ? `${short(about.distance_km)} km from ${about.nearest_deposit}` : `holds ${about.nearest_deposit}`),
    ].filter(Boolean).join(", ");
    get("card").hidden = false;
    request();
  };
  const go = (target, back) => {
    const [left, top, right, bottom] = target.box;
    moveTo((left + right) / 2, (top + bottom) / 2, 4 * Math.max(right - left, bottom - top, 3));
    open(target, back);
  };
  const next = (by) => {
    if (!data.targets.length) return;
    const at = chosen.target ? data.targets.indexOf(chosen.target) + by : by > 0 ? 0 : -1;
    go(data.targets.at(at % data.targets.length), canvas);
  };

  // --- pointers, wheel, keys --------------------------------------------------------------------------------------
  const pointers = new Map();
  let moved = 0;
  const inside = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    if (!pointers.size) moved = 0;
    pointers.set(event.pointerId, inside(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    const now = inside(event), before = pointers.get(event.pointerId);
    tell(...now);
    if (!before) return;
    moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    pointers.set(event.pointerId, now);
    if (pointers.size === 1) { if (moved > 4) pan(now[0] - before[0], now[1] - before[1]); return; }
    const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
    const far = (a) => Math.hypot(a[0] - other[0], a[1] - other[1]) || 1;
    zoom(far(now) / far(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (!pointers.delete(event.pointerId) || moved > 4 || pointers.size) return;
    const at = inside(event), target = shown("targets") && targetAt(...ground(...at));
    tell(...at);
    if (target) open(target, canvas);
  });
  canvas.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
  canvas.addEventListener("pointerleave", () => { tip.hidden = true; });
  canvas.addEventListener("wheel", (event) => {
    if (document.activeElement !== canvas && !event.ctrlKey) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 400), ...inside(event));
  }, { passive: false });
  const keys = {
    ArrowLeft: () => pan(60, 0), ArrowRight: () => pan(-60, 0), ArrowUp: () => pan(0, 60), ArrowDown: () => pan(0, -60),
    "+": () => zoom(1.4), "=": () => zoom(1.4), "-": () => zoom(1 / 1.4), "_": () => zoom(1 / 1.4), 0: all,
    n: () => next(1), p: () => next(-1), Escape: () => chosen.target && close(),
    Enter: () => { const found = targetAt(view.x, view.y); if (found) { open(found, canvas); panel.focus(); } },
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
    tell(size.width / 2, size.height / 2);
  });
  get("card").lastElementChild.addEventListener("click", (event) => {
    event.preventDefault();
    panel.scrollIntoView();
    panel.focus({ preventScroll: true });
  });
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  canvas.addEventListener("focus", request);
  canvas.addEventListener("blur", request);
  get("zoom-in").addEventListener("click", () => zoom(1.6));
  get("zoom-out").addEventListener("click", () => zoom(1 / 1.6));
  get("zoom-all").addEventListener("click", all);

  // --- choice of layers, legend -----------------------------------------------------------------------------------
  const legend = () => {
    const parts = [chosen.layer, chosen.above].filter(Boolean).map((layer) => {
      const part = make("div");
      part.append(make("h3", layer.unit ? `${layer.label} (${layer.unit})` : layer.label));
      if (layer.classes.length) {
        for (const [label, hue] of layer.classes) {
          const line = make("p"), swatch = make("span", undefined, { class: "swatch" });
          swatch.style.backgroundColor = hue;
          line.append(swatch, label);
          part.append(line);
        }
      } else {
        const bar = make("canvas", undefined, { width: "255", height: "1", role: "img", "aria-label": `colours from ${short(layer.low)} to ${short(layer.high)}` });
        const inner = bar.getContext("2d"), ends = make("div", undefined, { class: "ends" });
        table(layer).forEach((hue, k) => { inner.fillStyle = `rgb(${hue.join(",")})`; inner.fillRect(k, 0, 1, 1); });
        for (const way of [0, 0.5, 1]) ends.append(make("span", short(amount(layer, way), 3)));
        part.append(bar, ends, make("p", `Colour map ${layer.ramp}${layer.logarithmic ? ", logarithmic" : ""}; the ends hold what lies beyond.`));
      }
      if (layer.note) part.append(make("p", layer.note));
      return part;
    });
    get("legend").replaceChildren(...parts);
  };
  for (const [id, name, none] of [["layer", "layer", false], ["above", "above", true]]) {
    const select = get(id);
    if (none) select.append(make("option", "nothing", { value: "" }));
    for (const group of new Set(data.layers.map((layer) => layer.group))) {
      const part = make("optgroup", undefined, { label: group });
      for (const layer of data.layers) if (layer.group === group) part.append(make("option", layer.label, { value: layer.name }));
      select.append(part);
    }
    select.addEventListener("change", () => {
      chosen[name] = data.layers.find((layer) => layer.name === select.value) || null;
      load(chosen[name]); legend(); request();
    });
  }
  get("opacity").addEventListener("input", request);
  get("above-opacity").addEventListener("input", request);
  get("controls").addEventListener("submit", (event) => event.preventDefault());
  const symbol = (mark) => {
    const made = make("canvas", undefined, { width: "44", height: "44", "aria-hidden": "true" }), to = made.getContext("2d");
    to.scale(2, 2);
    if (mark.id === "deposits") star(to, 11, 11, 7.5, true);
    else if (mark.id === "samples") { to.fillStyle = "#888"; for (const [x, y] of [[5, 6], [14, 9], [8, 16]]) to.fillRect(x, y, 4, 4); }
    else for (const [hue, wide] of [["#fff", 4.5], ["#000", mark.lines ? 1 : 2]]) { to.strokeStyle = hue; to.lineWidth = wide; to.strokeRect(4, 5, 14, 12); }
    return made;
  };
  for (const mark of marks) {
    const label = make("label", undefined, { class: "tick" }), box = make("input", undefined, { type: "checkbox", id: `mark-${mark.id}` });
    box.checked = mark.on;
    box.addEventListener("change", () => { mark.on = box.checked; request(); });
    label.append(box, symbol(mark), make("span", mark.label));
    get("marks").append(label);
  }
  if (!marks.length) get("marks").remove();

  // --- rows of tables that are on the map -------------------------------------------------------------------------
  for (const row of document.querySelectorAll("tr[data-key]")) {
    const [kind, key] = row.dataset.key.split(" "), cell = row.cells[0];
    const target = kind === "target" ? data.targets.find((one) => String(one.rank) === key) : null;
    const deposit = kind === "deposit" ? data.deposits[Number(key)] : null;
    if (!target && !deposit) continue;
    const button = make("button", cell.textContent, { type: "button", title: "Show on the map" });
    if (target) button.setAttribute("aria-label", `Target ${key}: show on the map`);
    button.addEventListener("click", () => {
      get("map").scrollIntoView();
      if (target) { go(target, button); panel.focus({ preventScroll: true }); return; }
      chosen.deposit = deposit;
      moveTo(...deposit.at, 40);
      canvas.focus({ preventScroll: true });
      tell(...screen(...deposit.at));
    });
    cell.replaceChildren(button);
  }

  // --- start ------------------------------------------------------------------------------------------------------
  get("layer").value = chosen.layer.name;
  // As high as the survey asks for, within reason.
  const shape = () => {
    const wanted = 1.1 * canvas.clientWidth * data.rows / data.columns;
    canvas.style.height = `${Math.round(Math.max(320, Math.min(wanted, 0.75 * innerHeight, 680)))}px`;
  };
  addEventListener("resize", shape);
  shape();
  new ResizeObserver(() => {
    const box = canvas.getBoundingClientRect(), sharp = window.devicePixelRatio || 1;
    if (!box.width) return;
    size = { width: canvas.clientWidth, height: canvas.clientHeight };
    canvas.width = Math.round(size.width * sharp); canvas.height = Math.round(size.height * sharp);
    if (fitted) all(); else request();
  }).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", request);
  load(chosen.layer);
  legend();
}
