// The page: what the server says is drawn, what the visitor does is sent to it.

const HELP = [
  ["click", "fill what is connected above the threshold"], ["drag", "outline a region by hand (left or right button)"],
  ["e, or hold Shift", "erase: click a piece of a region, or drag around pixels"],
  ["\u2191 \u2193", "threshold \u00b1 0.5 sigma"], ["u", "threshold acts on the fills of the ticked labels at once, or on the next click"],
  ["1 \u2026 9", "draw with this label; with Shift: tick it too"], ["l", "new label"],
  ["n  b", "next, previous neuron"], ["Shift+n", "next neuron without annotation"],
  ["d", "delete the last stroke"], ["c", "clear the neuron's regions"],
  ["Ctrl+z", "undo anything, back to the first day"], ["Ctrl+Shift+z, Ctrl+y", "redo"],
  ["wheel", "zoom"], ["Alt+drag", "move the picture"], ["0", "whole picture"], ["m", "hide or show the regions"],
  ["q", "stop the server; everything is saved already"], ["?", "this list"],
];
const SLOW = 5000;

class Page {
  constructor(model, root) {
    Object.assign(this, { model, atlas: model.atlas, scene: model.scene, state: model.state });
    Object.assign(this, { view: { zoom: 1, x: 0, y: 0 }, erasing: false, showing: true, opacity: 0.35, sent: 0, stopped: false });
    Object.assign(this, { stretch: "asinh", tint: "gray", gain: 1, regions: [], pictures: [], matches: [] });
    this.root = root;
    this.build();
    this.map = new Atlas(this.get("map"), this);
    this.table = new LabelTable(this.get("labels"), this);
    this.buildChannels();
    this.recolor();
    this.showState();
    new ResizeObserver(() => this.draw()).observe(root);
  }

  // Side of a neuron in pixels.
  get frame() { return this.scene.channels[0].side[0]; }

  get(name) { return this.root.querySelector(`[data-part=${name}]`); }

  build() {
    const button = (part, text, title, onclick) => make("button", { "data-part": part, title, onclick }, text);
    const pick = (part, names, choose) => make("select", { "aria-label": part, title: part, onchange: (event) => { choose(event.target.value); event.target.blur(); } },
      ...names.map((name) => make("option", { value: name, selected: name === this[part] }, name)));
    const slide = (title, value, range, choose) => make("input", { type: "range", "aria-label": title, title, ...range, value, oninput: (event) => choose(Number(event.target.value)) });
    this.root.replaceChildren(
      make("header", {},
        make("div", { class: "where" }, make("h1", { "data-part": "title" }), make("span", { "data-part": "cell" })),
        make("div", { class: "group" }, button("back", "\u2190 back", "previous neuron (b)", () => this.step(-1)), button("next", "next \u2192", "next neuron (n)", () => this.step(1)),
          button("open", "next without annotation", "Shift+n", () => this.send({ do: "next_open" }))),
        make("div", { class: "progress" }, make("div", { class: "bar" }, make("i", { "data-part": "bar" })), make("span", { "data-part": "progress" })),
        make("span", { "data-part": "saved", class: "saved" }),
        make("div", { class: "group" }, button("help", "keys ?", "all keys (?)", () => this.toggleHelp()), button("quit", "quit", "stop the server (q)", () => this.quit()))),
      make("aside", { class: "left" }, make("h2", {}, "Map"), make("canvas", { "data-part": "map" }),
        make("p", { class: "legend" }, make("span", { class: "key now" }), "open ", make("span", { class: "key done" }), "annotated")),
      make("main", {},
        make("div", { class: "toolbar" },
          make("div", { class: "group" }, button("undo", "\u21b6 undo", "", () => this.send({ do: "undo" })), button("redo", "redo \u21b7", "", () => this.send({ do: "redo" }))),
          make("div", { class: "group" }, button("draw", "draw", "click fills, drag outlines", () => this.setErasing(false)), button("erase", "erase", "click removes a piece, drag erases inside (e, or hold Shift)", () => this.setErasing(true))),
          make("div", { class: "group threshold" }, button("lower", "\u2212", "0.5 sigma lower (down)", () => this.send({ do: "sigma", by: -0.5 })), make("output", { "data-part": "sigma" }), button("higher", "+", "0.5 sigma higher (up)", () => this.send({ do: "sigma", by: 0.5 })),
            make("label", { title: "changes act at once on the fills of the ticked labels (u)" }, make("input", { type: "checkbox", "data-part": "live", onchange: () => this.send({ do: "live" }) }), "live")),
          make("div", { class: "group" }, button("delete", "delete last", "delete the last stroke (d)", () => this.send({ do: "delete_last" })), button("clear", "clear", "clear the regions of this neuron (c)", () => this.send({ do: "clear" }))),
          make("div", { class: "group looks" }, pick("stretch", Object.keys(STRETCHES), (name) => { this.stretch = name; this.recolor(); }), pick("tint", Object.keys(this.atlas.colors), (name) => { this.tint = name; this.recolor(); }),
            make("label", {}, "brightness", slide("brightness", 0, { min: -1, max: 2, step: 0.05 }, (value) => { this.gain = 10 ** value; this.recolor(); })),
            make("label", {}, "regions", slide("opacity of regions", 0.35, { min: 0, max: 1, step: 0.05 }, (value) => { this.opacity = value; this.draw(); })))),
        make("div", { class: "channels", "data-part": "channels" }),
        make("p", { class: "note", "data-part": "note", role: "status" }),
        make("section", { class: "matching" }, make("h2", { "data-part": "matched" }), make("div", { class: "matches", "data-part": "matches" }))),
      make("aside", { class: "right" }, make("h2", {}, "Labels"),
        make("table", {}, make("tbody", { "data-part": "labels" })),
        make("form", { onsubmit: (event) => this.addLabel(event) }, make("input", { "data-part": "new", type: "text", maxlength: 60, placeholder: "new label", "aria-label": "new label" }), make("button", { type: "submit" }, "add")),
        make("p", { class: "hint" }, "Ticked labels are drawn; several at once make a region each. Regions may overlap. With none ticked, a region without label is drawn, and erasing reaches all labels.")),
      make("dialog", { "data-part": "keys", onclick: () => this.toggleHelp() }, make("h2", {}, "Keys"), make("table", {}, ...HELP.map(([key, text]) => make("tr", {}, make("td", {}, make("kbd", {}, key)), make("td", {}, text))))));
  }

  buildChannels() {
    this.channels = this.scene.channels.map((channel, number) => {
      const canvas = make("canvas", { "data-channel": number, tabindex: -1 });
      this.get("channels").append(make("figure", {}, make("figcaption", {}, make("b", {}, channel.name), make("span", { "data-readout": number })), canvas));
      return new Channel(canvas, number, this);
    });
    this.get("channels").style.setProperty("--count", this.channels.length);
  }

  send(message) {
    if (this.stopped) return;
    this.sent += 1;
    this.root.dataset.busy = "true";
    this.model.send_msg({ ...message, number: this.sent });
    clearTimeout(this.clock);
    this.clock = setTimeout(() => this.say("The server does not answer. What you saw saved is safe: start the server again and open the address that it prints.", true), SLOW);
  }

  step(by) { this.send({ do: "step", by }); }

  quit() {
    this.send({ do: "quit" });
    this.stopped = true;
    clearTimeout(this.clock);
    this.say("Everything is saved and the server has stopped. You can close this page.", false);
    Object.assign(this.root.dataset, { stopped: "true", busy: "false" });
  }

  say(text, failed) {
    this.get("note").textContent = text;
    this.get("note").classList.toggle("failed", failed);
  }

  addLabel(event) {
    event.preventDefault();
    const input = this.get("new");
    if (input.value.trim()) this.send({ do: "add_label", label: input.value });
    input.value = "";
    input.blur();
  }

  setErasing(erasing) { this.erasing = erasing; this.showTools(); }

  toggleHelp() { const box = this.get("keys"); box.open ? box.close() : box.showModal(); }

  penColor() { return this.state.palette.find((one) => one.label === this.state.ticked[0])?.color ?? "#c3c8d0"; }

  recolor() {
    this.colors = makeColors(this.atlas.colors[this.tint], this.stretch, this.gain);
    this.map.color(makeColors(this.atlas.colors[this.tint], "linear", 1));
    this.showScene();
  }

  showScene() {
    this.pictures = this.scene.channels.map((channel) => paintImage(unpackImage(channel), this.colors));
    this.values = this.scene.channels.map(unpackImage);
    this.matches = this.scene.matches.map((match) => ({ ...match, pictures: match.channels.map((one) => paintImage(unpackImage(one), this.colors)) }));
    const shown = this.matches.map((match) => make("figure", { title: `image ${match.row}` }, ...match.pictures.map(() => make("canvas")), make("figcaption", {}, make("b", {}, `image ${match.row}`), ` \u2009d ${match.distance.toPrecision(3)}`)));
    this.get("matches").replaceChildren(...shown);
    this.get("matched").textContent = this.describeMatches();
    this.draw();
  }

  describeMatches() {
    if (!this.atlas.matching) return "Start with --mapping and --images to see the best-matching images here.";
    if (!this.scene.matched) return "No image has this neuron as its best match.";
    return `Best-matching images, turned onto the neuron: ${this.matches.length} of ${this.scene.matched}`;
  }

  showState() {
    const { state } = this, count = this.atlas.cells.length;
    const side = this.frame, colors = Object.fromEntries(state.palette.map((one) => [one.label, one.color]));
    this.regions = state.regions.map((one) => {
      const mask = unpackMask(one.bits, side * side), color = colors[one.label] ?? "#c3c8d0";
      return { ...one, mask, color, picture: paintMask(mask, side, color), path: outline(mask, side) };
    });
    this.get("title").textContent = `Neuron ${state.neuron}`;
    this.get("cell").textContent = `(${this.atlas.names[state.neuron]})`;
    this.get("progress").textContent = `${state.done.length} of ${count} annotated`;
    this.get("bar").style.width = `${(100 * state.done.length) / count}%`;
    this.get("sigma").textContent = `${state.sigma.toFixed(1)} \u03c3`;
    this.get("live").checked = state.live;
    for (const verb of ["undo", "redo"]) {
      this.get(verb).disabled = !state[verb];
      this.get(verb).title = state[verb] ? `${verb}: ${state[verb]}` : `nothing to ${verb}`;
    }
    this.get("saved").textContent = state.failed ? "not saved" : "\u2713 saved";
    this.get("saved").title = this.atlas.folder;
    this.get("saved").classList.toggle("failed", state.failed);
    this.say(state.note, state.failed);
    Object.assign(this.root.dataset, { neuron: state.neuron, done: state.done.join(","), answered: state.answered });
    this.showTools();
    this.table.draw();
    this.draw();
    if (state.answered >= this.sent) { clearTimeout(this.clock); this.root.dataset.busy = "false"; }
  }

  showTools() {
    this.get("draw").setAttribute("aria-pressed", String(!this.erasing));
    this.get("erase").setAttribute("aria-pressed", String(this.erasing));
    this.root.classList.toggle("erasing", this.erasing);
  }

  // Say what lies under the pointer.
  tell(number, place) {
    const readout = this.root.querySelector(`[data-readout="${number}"]`), channel = this.values[number];
    const [x, y] = place ? place.map(Math.round) : [-1, -1];
    if (x < 0 || y < 0 || x >= channel.columns || y >= channel.rows) { readout.textContent = ""; return; }
    const value = channel.low + (channel.values[y * channel.columns + x] / 65535) * (channel.high - channel.low);
    const names = this.regions.filter((one) => one.channel === number && one.mask[y * channel.columns + x]).map((one) => one.label || "without label");
    const sigmas = channel.sigma > 0 ? ` = ${(value / channel.sigma).toFixed(1)} \u03c3` : "";
    readout.textContent = `(${x}, ${y})  ${value.toPrecision(3)}${sigmas}${names.length ? "  \u00b7  " + names.join(", ") : ""}`;
  }

  zoom(factor, x, y) {
    const { view } = this, zoom = Math.min(20, Math.max(1, view.zoom * factor)), held = view.zoom / zoom;
    Object.assign(view, { zoom, x: x - (x - view.x) * held, y: y - (y - view.y) * held });
    this.pan(0, 0);
  }

  pan(dx, dy) {
    const { view } = this, room = this.frame * (1 - 1 / view.zoom);
    view.x = Math.min(room, Math.max(0, view.x + dx));
    view.y = Math.min(room, Math.max(0, view.y + dy));
    this.draw();
  }

  draw() {
    if (!this.pictures.length) return;
    for (const channel of this.channels) channel.draw();
    this.map.draw();
    this.get("matches").querySelectorAll("figure").forEach((figure, at) => figure.querySelectorAll("canvas").forEach((canvas, channel) => {
      const [context, wide] = fit(canvas), scale = wide / this.frame;
      context.scale(scale, scale);
      context.drawImage(this.matches[at].pictures[channel], 0, 0);
      if (this.showing) drawRegions(context, this.regions.filter((one) => one.channel === channel), scale, { opacity: 0 });
    }));
  }

  press(event) {
    const typed = event.composedPath()[0], command = event.ctrlKey || event.metaKey;
    if (typed instanceof HTMLInputElement && typed.type === "text") {
      if (event.key === "Escape") typed.blur();
      return;
    }
    const digit = /^Digit([1-9])$/.exec(event.code), verb = command ? this.chooseCommand(event) : digit ? null : this.chooseKey(event);
    if (digit && !command && !event.altKey) {
      const entry = this.state.palette[Number(digit[1]) - 1];
      if (entry) this.send({ do: "tick", label: entry.label, alone: !event.shiftKey });
    } else if (verb) verb();
    else return;
    event.preventDefault();
  }

  chooseCommand(event) {
    const key = event.key.toLowerCase();
    if (key === "y" || (key === "z" && event.shiftKey)) return () => this.send({ do: "redo" });
    return key === "z" ? () => this.send({ do: "undo" }) : null;
  }

  chooseKey(event) {
    return {
      n: () => this.step(1), b: () => this.step(-1), N: () => this.send({ do: "next_open" }),
      c: () => this.send({ do: "clear" }), d: () => this.send({ do: "delete_last" }), u: () => this.send({ do: "live" }), q: () => this.quit(),
      ArrowUp: () => this.send({ do: "sigma", by: 0.5 }), ArrowDown: () => this.send({ do: "sigma", by: -0.5 }),
      e: () => this.setErasing(!this.erasing), m: () => { this.showing = !this.showing; this.draw(); },
      l: () => this.get("new").focus(), 0: () => { this.view.zoom = 1; this.pan(0, 0); }, "?": () => this.toggleHelp(),
    }[event.key];
  }
}

export function render({ model }) {
  const root = document.createElement("div");
  root.className = "annotator";
  // The parts measure themselves, so they begin when they are on the page.
  requestAnimationFrame(() => {
    const page = new Page(model, root);
    model.on("scene", () => { page.scene = model.scene; page.showScene(); });
    model.on("state", () => { page.state = model.state; page.showState(); });
    document.addEventListener("keydown", (event) => page.press(event));
    root.dataset.ready = "true";
  });
  return root;
}
