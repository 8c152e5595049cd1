"use strict";
(() => {
  const data = JSON.parse(document.getElementById("explorer-data").textContent);
  const root = document.querySelector(".explorer"), lattice = root.querySelector(".lattice");
  const SVG = "http://www.w3.org/2000/svg";
  const KEYS = { ArrowLeft: 0, ArrowRight: 1, ArrowDown: 2, ArrowUp: 3, PageDown: 4, PageUp: 5 };
  let current = data.chosen, channel = 0, turned = true;

  function make(name, attributes) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  }

  function outline() {
    const corners = data.hexagonal ? 6 : 4, reach = data.hexagonal ? 1 / Math.sqrt(3) : Math.SQRT1_2;
    return "M" + Array.from({ length: corners }, (_, k) => {
      const turn = 2 * Math.PI * (k + 0.5) / corners;
      return (reach * Math.cos(turn)).toFixed(4) + " " + (reach * Math.sin(turn)).toFixed(4);
    }).join("L") + "Z";
  }

  function drawLattice() {
    const xs = data.places.map((place) => place[0]), ys = data.places.map((place) => place[1]);
    const [left, top] = [Math.min(...xs) - 0.7, -Math.max(...ys) - 0.7];
    const wide = Math.max(...xs) - left + 0.7, tall = -Math.min(...ys) - top + 0.7;
    lattice.setAttribute("viewBox", [left, top, wide, tall].join(" "));
    const half = data.hexagonal ? 0.36 : 0.48;
    data.places.forEach(([x, y], k) => {
      const group = make("g", { transform: `translate(${x} ${-y})`, "data-neuron": k });
      group.append(make("image", { x: -half, y: -half, width: 2 * half, height: 2 * half }), make("path", { d: outline() }));
      const title = make("title", {});
      title.textContent = "neuron (" + data.neurons[k].cell.join(", ") + ")";
      group.append(title);
      group.addEventListener("click", () => go(k));
      lattice.append(group);
    });
  }

  function element(name, text, kind) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }

  function picture(source, alt) {
    const made = element("img");
    made.src = source;
    made.alt = alt;
    return made;
  }

  // Pictures have row 0 at the bottom, so what is clockwise with row 0 on top is counterclockwise here.
  function showExample(one) {
    const figure = element("figure"), frame = element("div", undefined, "frame");
    const image = picture(one.pictures[channel], "image " + one.name), size = turned ? data.scale : 1;
    Object.assign(image.style, {
      width: 100 * size + "%", height: 100 * size + "%", left: 50 * (1 - size) + "%", top: 50 * (1 - size) + "%",
      transform: turned ? (one.flip ? "scaleY(-1) " : "") + `rotate(${-one.angle}deg)` : "none",
    });
    frame.append(image);
    figure.append(frame, element("figcaption", [one.name, one.label, one.distance].filter(Boolean).join(" · ")));
    return figure;
  }

  function showStrip(kind, examples) {
    const none = element("p", "none", "none");
    root.querySelector(".strip." + kind).replaceChildren(...(examples.length ? examples.map(showExample) : [none]));
  }

  function show() {
    const neuron = data.neurons[current];
    root.dataset.neuron = current;
    root.querySelector(".cell").textContent = "Neuron (" + neuron.cell.join(", ") + ")";
    root.querySelector(".channels").replaceChildren(...neuron.pictures.map((source, number) => {
      const figure = element("figure", undefined, number === channel ? "shown" : "");
      figure.append(picture(source, "neuron in " + data.channels[number]), element("figcaption", data.channels[number]));
      return figure;
    }));
    root.querySelector(".numbers tbody").replaceChildren(...Object.entries(neuron.numbers).map(([name, text]) => {
      const row = element("tr"), head = element("th", name);
      head.scope = "row";
      row.append(head, element("td", text));
      return row;
    }));
    showStrip("best", neuron.best);
    showStrip("worst", neuron.worst);
    root.querySelector(".state").textContent = "Images in " + data.channels[channel]
      + (turned ? ", turned and scaled onto the neuron's frame." : ", as they are.");
    for (const group of lattice.children) group.classList.toggle("current", Number(group.dataset.neuron) === current);
    lattice.append(lattice.querySelector(".current"));
  }

  function paint() {
    for (const group of lattice.children) {
      group.firstChild.setAttribute("href", data.neurons[Number(group.dataset.neuron)].pictures[channel]);
    }
    show();
  }

  function go(neuron) {
    if (neuron < 0) return;
    current = neuron;
    show();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (!root.contains(document.activeElement)) return;
    if (event.key in KEYS) {
      event.preventDefault();
      go(data.steps[current][KEYS[event.key]]);
    } else if (event.key === "c") {
      channel = (channel + 1) % data.channels.length;
      paint();
    } else if (event.key === "t") {
      turned = !turned;
      show();
    }
  });

  drawLattice();
  paint();
  root.focus({ preventScroll: true });
})();
