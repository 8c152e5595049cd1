(() => {
  const data = JSON.parse(document.getElementById("explorer-data").textContent), columns = data.columns;
  const find = (selector) => document.querySelector(selector);
  const canvas = find(".plot canvas"), pen = canvas.getContext("2d"), over = find(".plot .over"), ring = over.getContext("2d"), tip = find(".tip"), list = find(".found");
  const query = find("#query"), color = find("#color"), complaint = find(".complaint"), count = find("#count");
  const opened = find(".opened"), x = columns.ellipticity, y = columns.log_fwhm, total = x.length;
  const PAD = { left: 58, right: 14, top: 12, bottom: 44 }, LISTED = 400, SVG = "http://www.w3.org/2000/svg";
  const placed = [...Array(total).keys()].filter((k) => x[k] !== null && y[k] !== null);
  let shown = new Set(placed), order = placed, hovered = -1, current = -1;

  const quantile = (values, part) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(part * values.length))];
  function findRange(values, ...always) {
    const known = placed.length ? placed.map((k) => values[k]) : [0, 1];
    const low = Math.min(quantile(known, 0.001), ...always), high = Math.max(quantile(known, 0.999), ...always);
    const edge = 0.06 * (high - low || 1);
    return [low - edge, high + edge];
  }
  const [left, right] = findRange(x, 0, data.box[1] * 1.5), [low, high] = findRange(y, -0.1, data.box[0] * 1.5);
  const clip = (value, least, most) => Math.min(Math.max(value, least), most);
  const wide = () => canvas.clientWidth - PAD.left - PAD.right, tall = () => canvas.clientHeight - PAD.top - PAD.bottom;
  const toX = (value) => PAD.left + (value - left) / (right - left) * wide();
  const toY = (value) => PAD.top + (high - value) / (high - low) * tall();
  const placeX = (k) => toX(clip(x[k], left, right)), placeY = (k) => toY(clip(y[k], low, high));
  const ink = () => getComputedStyle(document.body).color;

  // Points that lie together in a cell of the plane, for the color by density.
  const density = (() => {
    const cells = new Map(), cell = (k) => Math.floor((x[k] - left) / (right - left) * 70) + "/" + Math.floor((y[k] - low) / (high - low) * 55);
    for (const k of placed) cells.set(cell(k), (cells.get(cell(k)) || 0) + 1);
    const most = Math.log(Math.max(2, ...cells.values()));
    return { most: Math.round(Math.exp(most)), get: (k) => Math.log(cells.get(cell(k))) / most };
  })();

  const pick = (part) => data.scale[Math.round(63 * clip(part, 0, 1))];
  function getColor(k) {
    if (color.value === "verdict") return data.verdicts[columns.verdict[k]] || "gray";
    if (color.value === "density") return pick(density.get(k));
    return columns[color.value][k] === null ? "gray" : pick(columns[color.value][k]);
  }

  function drawAxes() {
    pen.strokeStyle = pen.fillStyle = ink();
    pen.lineWidth = 1;
    pen.strokeRect(PAD.left + 0.5, PAD.top + 0.5, wide(), tall());
    pen.font = "12px system-ui, sans-serif";
    const step = (span) => [0.02, 0.05, 0.1, 0.2, 0.5].find((one) => span / one < 9) || 1;
    const ticks = (from, to) => { const one = step(to - from), first = Math.ceil(from / one); return Array.from({ length: Math.floor(to / one) - first + 1 }, (_, k) => (first + k) * one); };
    pen.textAlign = "center";
    for (const tick of ticks(left, right)) { pen.fillText(tick.toFixed(2), toX(tick), PAD.top + tall() + 17); line(toX(tick), PAD.top + tall(), 0, -5); }
    pen.fillText("ellipticity 1 - b/a", PAD.left + wide() / 2, PAD.top + tall() + 37);
    pen.textAlign = "right";
    for (const tick of ticks(low, high)) { pen.fillText(tick.toFixed(2), PAD.left - 6, toY(tick) + 4); line(PAD.left, toY(tick), 5, 0); }
    pen.save();
    pen.translate(14, PAD.top + tall() / 2);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "center";
    pen.fillText("log₁₀ FWHM / usual FWHM", 0, 0);
    pen.restore();
  }
  function line(fromX, fromY, dx, dy) {
    pen.beginPath();
    pen.moveTo(fromX, fromY);
    pen.lineTo(fromX + dx, fromY + dy);
    pen.stroke();
  }

  function drawBox() {
    pen.strokeStyle = "#d55e00";
    pen.lineWidth = 2;
    pen.setLineDash([7, 5]);
    pen.beginPath();
    pen.moveTo(PAD.left, toY(data.box[0]));
    pen.lineTo(toX(data.box[1]), toY(data.box[0]));
    pen.lineTo(toX(data.box[1]), PAD.top + tall());
    pen.stroke();
    pen.setLineDash([]);
  }

  function draw() {
    fit(canvas, pen);
    const radius = clip(90 / Math.sqrt(total + 1), 1.8, 5);
    pen.globalAlpha = 0.18;
    pen.fillStyle = ink();
    pen.beginPath();
    for (const k of placed) if (!shown.has(k)) pen.rect(placeX(k) - radius / 2, placeY(k) - radius / 2, radius, radius);
    pen.fill();
    pen.globalAlpha = 0.9;
    fillDots(order.filter((k) => shown.has(k)), radius);
    pen.globalAlpha = 1;
    drawAxes();
    drawBox();
    drawKey();
    drawRings();
  }

  // Points of one color are filled together, which is many times faster than one by one.
  function fillDots(points, radius) {
    let last = null;
    for (const k of points) {
      const fill = getColor(k);
      if (fill !== last) { if (last !== null) pen.fill(); pen.beginPath(); pen.fillStyle = last = fill; }
      pen.moveTo(placeX(k) + radius, placeY(k));
      pen.arc(placeX(k), placeY(k), radius, 0, 2 * Math.PI);
    }
    if (last !== null) pen.fill();
  }

  // What is rare, and what is high in the color, is drawn last.
  function sortPoints() {
    const values = columns[color.value];
    const rank = (k) => color.value === "density" ? -density.get(k) : typeof values[k] === "number" ? values[k] : Object.keys(data.verdicts).indexOf(values[k]);
    order = [...placed].sort((a, b) => rank(a) - rank(b));
  }

  function fit(paper, brush) {
    const ratio = Math.min(window.devicePixelRatio || 1, 3);
    paper.width = Math.round(paper.clientWidth * ratio);
    paper.height = Math.round(paper.clientHeight * ratio);
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  function drawRings() {
    fit(over, ring);
    for (const k of [hovered, current]) {
      if (k < 0 || x[k] === null || y[k] === null) continue;
      ring.strokeStyle = ink();
      ring.lineWidth = k === current ? 2.5 : 1.5;
      ring.beginPath();
      ring.arc(placeX(k), placeY(k), 9, 0, 2 * Math.PI);
      ring.stroke();
    }
  }

  function drawKey() {
    const key = find(".colors");
    if (color.value === "verdict") {
      key.replaceChildren(...Object.entries(data.verdicts).map(([name, fill]) => { const one = element("span", " " + name + " ", "verdict"); one.style.borderColor = fill; return one; }));
      return;
    }
    const bar = element("span", undefined, "scale");
    for (let step = 0; step < 16; step++) { const one = element("i"); one.style.background = pick(step / 15); one.style.width = ".7rem"; bar.append(one); }
    const ends = color.value === "density" ? ["1", density.most + " exposures in a cell"] : ["0", "1"];
    key.replaceChildren(ends[0], bar, ends[1]);
  }

  function element(name, text, kind) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }

  function findNearest(event) {
    const box = canvas.getBoundingClientRect(), at = [event.clientX - box.left, event.clientY - box.top];
    let best = -1, least = 10;
    for (const k of shown) {
      const distance = Math.hypot(placeX(k) - at[0], placeY(k) - at[1]);
      if (distance < least) { least = distance; best = k; }
    }
    return best;
  }

  const write = (value) => value === null ? "unknown" : typeof value === "number" && !Number.isInteger(value) ? value.toPrecision(3) : String(value);

  function showTip(k) {
    tip.hidden = k < 0;
    if (k < 0) return;
    tip.textContent = columns.exposure[k] + "\n" + columns.verdict[k] + ", " + columns.cause[k] + "\nP(good) " + write(columns.p_good[k])
      + "\nellipticity " + write(x[k]) + ", log FWHM " + write(y[k]);
    const at = placeX(k) < canvas.clientWidth * 0.6 ? 14 : -tip.offsetWidth - 14;
    tip.style.left = placeX(k) + at + "px";
    tip.style.top = clip(placeY(k) - 20, 0, canvas.clientHeight - tip.offsetHeight) + "px";
  }

  function open(k) {
    current = k;
    const parts = [element("h3", columns.exposure[k])], bars = element("div", undefined, "bars");
    for (const [name, [words, fill]] of Object.entries(data.classes)) {
      const bar = element("i"), value = columns[name][k];
      bar.style.background = fill;
      bar.style.width = 100 * (value || 0) + "%";
      bars.append(element("span", words), bar, element("span", write(value)));
    }
    parts.push(bars, ...showPictures(k));
    const plane = showPlane(k), table = element("table"), body = element("tbody");
    if (plane) parts.push(element("p", "Focal plane, colored by P(good); hatched: no light; empty: not read", "note"), plane);
    for (const [name, values] of Object.entries(columns)) {
      if (name in data.classes || name === "exposure" || values[k] === "" || values[k] === null) continue;
      const row = element("tr"), head = element("th", name);
      head.scope = "row";
      row.append(head, element("td", write(values[k])));
      body.append(row);
    }
    table.append(body);
    opened.replaceChildren(...parts, table);
    for (const button of list.querySelectorAll("button")) button.setAttribute("aria-current", String(Number(button.dataset.row) === k));
    drawRings();
  }

  function showPictures(k) {
    const found = data.pictures[k];
    if (found) {
      const box = element("div", undefined, "pictures");
      for (const [caption, source] of found) {
        const figure = element("figure", undefined, caption.startsWith("Fingerprint") ? "wide" : ""), image = element("img", undefined, caption.startsWith("Fingerprint") ? "strip" : "");
        image.src = source;
        image.alt = caption;
        figure.append(image, element("figcaption", caption));
        box.append(figure);
      }
      return [box];
    }
    const some = Object.keys(data.pictures).map(Number);
    if (!some.length || x[k] === null || y[k] === null) return [element("p", "This page holds no picture of it.", "note")];
    const away = (one) => Math.hypot((x[one] - x[k]) / (right - left), (y[one] - y[k]) / (high - low));
    const near = some.reduce((best, one) => away(one) < away(best) ? one : best), button = element("button", "open the nearest with a picture: " + columns.exposure[near]);
    button.type = "button";
    button.className = "nearest";
    button.addEventListener("click", () => open(near));
    return [element("p", "This page holds no picture of it.", "note"), button];
  }

  function showPlane(k) {
    const [number, texts] = data.detectors[k], plane = data.planes[number];
    if (!plane) return null;
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", "focal");
    svg.setAttribute("viewBox", "0 0 " + plane.box.join(" "));
    plane.points.forEach((points, one) => {
      const text = texts.slice(2 * one, 2 * one + 2), shape = document.createElementNS(SVG, "polygon"), title = document.createElementNS(SVG, "title");
      shape.setAttribute("points", points);
      shape.setAttribute("fill", text === "--" ? "url(#dead)" : text === ".." ? "none" : data.good[Number(text)]);
      title.textContent = plane.names[one] + ": " + (text === "--" ? "no light" : text === ".." ? "could not be read" : "P(good) 0." + text);
      shape.append(title);
      svg.append(shape);
    });
    return svg;
  }

  function filter() {
    const text = query.value.trim();
    let test = () => true;
    query.setAttribute("aria-invalid", "false");
    complaint.textContent = "";
    try {
      if (text) test = makeQuery(text, columns);
    } catch (error) {
      query.setAttribute("aria-invalid", "true");
      complaint.textContent = "Query: " + error.message + ".";
      return;
    }
    const rows = [...Array(total).keys()].filter(test);
    shown = new Set(rows.filter((k) => x[k] !== null && y[k] !== null));
    count.textContent = rows.length.toLocaleString("en") + " of " + total.toLocaleString("en") + " exposures";
    find("#unplaced").textContent = rows.length > shown.size ? "Not in the plot, as they have no width or ellipticity: " + (rows.length - shown.size).toLocaleString("en") + "." : "";
    const boxed = [...shown].filter((k) => x[k] <= data.box[1] && y[k] <= data.box[0]), bad = boxed.filter((k) => columns.verdict[k] === "bad").length;
    find("#classical").textContent = "The classical cut passes " + boxed.length.toLocaleString("en") + " of them"
      + (boxed.length ? "; " + bad.toLocaleString("en") + " (" + (100 * bad / boxed.length).toFixed(1) + " %) of these are judged bad." : ".");
    list.replaceChildren(...rows.slice(0, LISTED).map((k) => {
      const button = element("button", columns.exposure[k] + " · " + columns.verdict[k] + " · P(good) " + write(columns.p_good[k]));
      button.type = "button";
      button.dataset.row = k;
      return button;
    }));
    if (rows.length > LISTED) list.append(element("p", "and " + (rows.length - LISTED).toLocaleString("en") + " more; ask for less to list them", "note"));
    draw();
  }

  canvas.addEventListener("mousemove", (event) => { const k = findNearest(event); if (k !== hovered) { hovered = k; drawRings(); showTip(k); } });
  canvas.addEventListener("mouseleave", () => { hovered = -1; showTip(-1); drawRings(); });
  canvas.addEventListener("click", (event) => { const k = findNearest(event); if (k >= 0) open(k); });
  list.addEventListener("click", (event) => { const button = event.target.closest("button"); if (button) open(Number(button.dataset.row)); });
  query.addEventListener("input", filter);
  color.addEventListener("change", () => { sortPoints(); draw(); });
  for (const button of document.querySelectorAll(".ask")) button.addEventListener("click", () => { query.value = button.textContent; filter(); });
  window.addEventListener("resize", draw);
  sortPoints();
  filter();
})();
