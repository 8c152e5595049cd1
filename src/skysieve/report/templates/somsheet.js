"use strict";
(() => {
  const page = document.body.dataset, links = JSON.parse(page.links), shown = Number(page.shown);
  const KEYS = { ArrowLeft: 0, ArrowRight: 1, ArrowDown: 2, ArrowUp: 3, PageDown: 4, PageUp: 5 };
  const STORE = "skysieve counts of " + page.map, NAME = "skysieve counter";
  const images = [...document.querySelectorAll(".sheet button")], name = document.querySelector(".counter");
  let memory = {};

  // Counts of all sheets of this map: counter -> neuron -> names of what was counted. A browser may refuse to keep them.
  function load() {
    try { memory = JSON.parse(localStorage.getItem(STORE) || "{}"); } catch { /* keep what is in memory */ }
    return memory;
  }

  function save() {
    try { localStorage.setItem(STORE, JSON.stringify(memory)); localStorage.setItem(NAME, name.value); } catch { /* as above */ }
  }

  function mine() {
    const who = name.value.trim() || "anonymous", all = load();
    all[who] ||= {};
    all[who][page.neuron] ||= { shown, counted: [] };
    return all[who][page.neuron];
  }

  function show() {
    const counted = new Set(mine().counted);
    for (const image of images) image.setAttribute("aria-pressed", counted.has(image.dataset.name));
    document.querySelector("output").textContent = counted.size;
    const rows = Object.entries(memory).filter(([, sheets]) => page.neuron in sheets).map(([who, sheets]) => {
      const row = document.createElement("tr"), head = document.createElement("th"), cell = document.createElement("td");
      head.scope = "row";
      head.textContent = who;
      cell.textContent = sheets[page.neuron].counted.length + " of " + sheets[page.neuron].shown;
      row.append(head, cell);
      return row;
    });
    document.querySelector(".counters tbody").replaceChildren(...rows);
    document.querySelector(".counters").hidden = !rows.length;
  }

  function toggle(image) {
    const sheet = mine(), at = sheet.counted.indexOf(image.dataset.name);
    if (at < 0) sheet.counted.push(image.dataset.name); else sheet.counted.splice(at, 1);
    save();
    show();
  }

  function quote(text) {
    return /[",\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  }

  function download() {
    mine();
    save();
    const lines = ["neuron,counter,shown,counted"];
    for (const [who, sheets] of Object.entries(memory)) {
      for (const [neuron, sheet] of Object.entries(sheets)) lines.push([neuron, quote(who), sheet.shown, sheet.counted.length].join());
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" }));
    link.download = "counts.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  }

  for (const image of images) image.addEventListener("click", () => toggle(image));
  name.addEventListener("change", () => { save(); show(); });
  document.querySelector(".save").addEventListener("click", download);
  document.querySelector(".cross").addEventListener("change", (event) => {
    for (const frame of document.querySelectorAll(".frame")) frame.classList.toggle("crossed", event.target.checked);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target === name || event.ctrlKey || event.altKey || event.metaKey) return;
    const target = links[KEYS[event.key]];
    if (!target) return;
    event.preventDefault();
    location.href = target;
  });
  try { name.value = localStorage.getItem(NAME) || ""; } catch { /* a browser that keeps nothing */ }
  load();
  const known = Object.values(memory).some((sheets) => page.neuron in sheets);
  if (known || name.value) show();
})();
