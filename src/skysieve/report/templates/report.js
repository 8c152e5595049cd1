"use strict";
const CLEAN = "rgb(86 180 233)", FLAGGED = "rgb(230 159 0)", CHOSEN = "rgb(255 255 255)";
const FLAG_NAMES = JSON.parse(document.getElementById("flag-names").textContent);
const IMAGE_WIDE = new Set(["no_wcs", "no_zeropoint", "overruled"]);
const UNITS = { x: "pixel", y: "pixel", ra: "deg", dec: "deg", mag: "mag", flux_kron: "image unit", fwhm: "pixel",
  flux_radius: "pixel", a: "pixel", b: "pixel", theta: "deg" };

// Bit by bit with arithmetic: JavaScript's & would cut flags to 32 bits.
function decodeFlags(value) {
  const names = [];
  for (let bit = 1; bit <= value; bit *= 2) {
    if (Math.floor(value / bit) % 2) names.push(FLAG_NAMES[bit] || "bit" + Math.log2(bit));
  }
  return names;
}

function setUpPanel(panel) {
  const sky = panel.querySelector(".sky"), canvas = panel.querySelector("canvas"), pen = canvas.getContext("2d");
  const scroll = panel.querySelector(".scroll"), readout = panel.querySelector(".readout");
  const outlines = panel.querySelector(".outlines"), ellipses = panel.querySelector(".show-ellipses");
  const sources = JSON.parse(panel.querySelector(".sources").textContent);
  const width = Number(sky.dataset.width), height = Number(sky.dataset.height), count = sources.id.length;
  const flagged = sources.flags.map((value) => decodeFlags(value).some((name) => !IMAGE_WIDE.has(name)));
  let zoom = 1, chosen = -1, hovered = -1;

  const getScale = () => sky.clientWidth / width;
  const toScreen = (k) => [(sources.x[k] + 0.5) * getScale(), sky.clientHeight - (sources.y[k] + 0.5) * getScale()];
  const placed = (k) => sources.x[k] !== null && sources.y[k] !== null;

  function drawEllipse(k, color, line) {
    const scale = getScale(), [x, y] = toScreen(k);
    const long = Math.max(3 * (sources.a[k] || 1) * scale, 3), short = Math.max(3 * (sources.b[k] || 1) * scale, 3);
    pen.beginPath();
    pen.ellipse(x, y, long, short, -(sources.theta[k] || 0) * Math.PI / 180, 0, 2 * Math.PI);
    pen.strokeStyle = color;
    pen.lineWidth = line;
    pen.stroke();
  }

  function draw() {
    const ratio = Math.min(window.devicePixelRatio || 1, 8192 / Math.max(sky.clientWidth, sky.clientHeight, 1));
    canvas.width = Math.round(sky.clientWidth * ratio);
    canvas.height = Math.round(sky.clientHeight * ratio);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (ellipses.checked) {
      for (let k = 0; k < count; k++) if (placed(k)) drawEllipse(k, flagged[k] ? FLAGGED : CLEAN, 1);
    }
    for (const k of [hovered, chosen]) {
      if (k >= 0 && placed(k)) { drawEllipse(k, "black", 4); drawEllipse(k, CHOSEN, 2); }
    }
  }

  function findNearest(event) {
    const box = sky.getBoundingClientRect(), scale = getScale();
    let best = -1, least = 1;
    for (let k = 0; k < count; k++) {
      if (!placed(k)) continue;
      const [x, y] = toScreen(k), reach = Math.max(3 * (sources.a[k] || 1) * scale, 8);
      const distance = Math.hypot(event.clientX - box.left - x, event.clientY - box.top - y) / reach;
      if (distance < least) { least = distance; best = k; }
    }
    return best;
  }

  function addRow(table, name, text) {
    const row = table.insertRow(), head = document.createElement("th");
    head.scope = "row";
    head.textContent = name;
    row.append(head);
    row.insertCell().textContent = text;
  }

  function show(k) {
    const table = document.createElement("table");
    addRow(table, "id", sources.id[k]);
    for (const name of Object.keys(sources)) {
      if (name === "id" || name === "flags" || name.endsWith("_err")) continue;
      const value = sources[name][k], error = (sources[name + "_err"] || [])[k];
      const plusMinus = error === undefined || error === null ? "" : " ± " + error;
      addRow(table, name, value === null ? "unknown" : value + plusMinus + (UNITS[name] ? " " + UNITS[name] : ""));
    }
    addRow(table, "flags", decodeFlags(sources.flags[k]).join(", ") || "none");
    readout.replaceChildren(table);
    readout.dataset.source = sources.id[k];
  }

  function choose(k) {
    if (k < 0 || k >= count) return;
    chosen = k;
    show(k);
    draw();
    if (!placed(k)) return;
    const [x, y] = toScreen(k), view = scroll;
    if (x < view.scrollLeft || x > view.scrollLeft + view.clientWidth) view.scrollLeft = x - view.clientWidth / 2;
    if (y < view.scrollTop || y > view.scrollTop + view.clientHeight) view.scrollTop = y - view.clientHeight / 2;
  }

  function resize(factor) {
    const middle = [(scroll.scrollLeft + scroll.clientWidth / 2) / sky.clientWidth,
      (scroll.scrollTop + scroll.clientHeight / 2) / sky.clientHeight];
    zoom = Math.min(Math.max(zoom * factor, 1), 8);
    fit();
    scroll.scrollLeft = middle[0] * sky.clientWidth - scroll.clientWidth / 2;
    scroll.scrollTop = middle[1] * sky.clientHeight - scroll.clientHeight / 2;
  }

  // At zoom 1 the whole detector is in sight, tall ones included.
  function fit() {
    const most = 0.86 * window.innerHeight * width / height;
    sky.style.width = Math.min(scroll.clientWidth, most) * zoom + "px";
    draw();
  }

  sky.addEventListener("click", (event) => choose(findNearest(event)));
  sky.addEventListener("pointermove", (event) => {
    const k = findNearest(event);
    if (k === hovered) return;
    hovered = k;
    if (k >= 0) show(k); else if (chosen >= 0) show(chosen);
    draw();
  });
  sky.addEventListener("pointerleave", () => { hovered = -1; if (chosen >= 0) show(chosen); draw(); });
  sky.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step || !count) return;
    event.preventDefault();
    choose(Math.min(Math.max(chosen + step, 0), count - 1));
  });
  panel.querySelector(".show-outlines").addEventListener("change", (event) => {
    if (outlines) outlines.hidden = !event.target.checked;
  });
  ellipses.addEventListener("change", draw);
  panel.querySelector(".zoom-in").addEventListener("click", () => resize(2));
  panel.querySelector(".zoom-out").addEventListener("click", () => resize(0.5));
  panel.querySelector(".find").addEventListener("change", (event) => {
    const k = sources.id.indexOf(event.target.value.trim());
    if (k >= 0) choose(k);
    else readout.textContent = event.target.value.trim() + " is not among the sources shown here.";
  });
  panel.addEventListener("toggle", fit);
  window.addEventListener("resize", fit);
  fit();
}

function setUpSorting(table) {
  table.querySelectorAll("thead button").forEach((button) => button.addEventListener("click", () => {
    const head = button.closest("th"), index = head.cellIndex, body = table.tBodies[0];
    const down = head.getAttribute("aria-sort") === "ascending";
    table.querySelectorAll("th[aria-sort]").forEach((other) => other.setAttribute("aria-sort", "none"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => row.cells[index].dataset.key;
    const compare = (p, q) => {
      if (p === "" || q === "") return (p === "") - (q === "");
      const order = isNaN(p) || isNaN(q) ? p.localeCompare(q) : p - q;
      return down ? -order : order;
    };
    body.append(...[...body.rows].sort((p, q) => compare(key(p), key(q))));
  }));
}

document.querySelectorAll(".panel").forEach(setUpPanel);
document.querySelectorAll(".sortable").forEach(setUpSorting);
window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((panel) => { panel.open = true; }));
