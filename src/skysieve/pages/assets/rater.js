// The page: what the server says is drawn, which keys are pressed is sent to it.

const HELP = [
  ["\u2192 \u2190", "next, previous exposure"], ["n", "next exposure without your label"], ["z", "undo, back to the first day"],
  ["1 2 3", "a guess, fairly sure, certain: of the label to come, or of the one that is there"],
  ["a", "go on by itself after a label, or stay"], ["m", "show what the model says (the label is then noted as not blind)"],
  ["click on the focal plane", "show that place in full, and the cutouts of that detector"],
  ["]  [", "more, less contrast"], ["i", "black on white"], ["q", "stop the server; everything is saved already"], ["?", "this list"],
];
const SLOW = 30000;

class Page {
  constructor(model, root) {
    Object.assign(this, { model, root, atlas: model.atlas, scene: model.scene, state: model.state });
    Object.assign(this, { look: { contrast: 0, inverted: false }, sent: 0, stopped: false });
    this.build();
    this.mosaic = new Picture(this.get("mosaic"));
    this.crop = new Picture(this.get("crop"));
    this.strip = new Strip(this.get("strip"), this);
    this.get("mosaic").addEventListener("click", (event) => this.lookAt(event));
    this.get("mosaic").addEventListener("pointermove", (event) => this.tell(event));
    this.showScene();
    this.showState();
    new ResizeObserver(() => this.draw()).observe(root);
  }

  get(name) { return this.root.querySelector(`[data-part=${name}]`); }

  build() {
    const button = (part, text, title, onclick) => make("button", { "data-part": part, title, onclick }, text);
    const panel = (title, part, kind = "div") => make("section", {}, make("h2", {}, title), make(kind, { "data-part": part }));
    this.root.replaceChildren(
      make("header", {},
        make("div", { class: "where" }, make("h1", { "data-part": "title" }), make("span", { "data-part": "place" })),
        make("div", { class: "group" }, button("back", "\u2190", "previous (left key)", () => this.send({ do: "step", by: -1 })), button("next", "\u2192", "next (right key)", () => this.send({ do: "step", by: 1 })), button("undo", "\u21b6 undo", "undo (z)", () => this.send({ do: "undo" })), button("advance", "go on by itself", "after a label go to the next exposure (a)", () => this.send({ do: "advance" }))),
        make("div", { class: "group" }, button("less", "\u2212", "less contrast ([)", () => this.setLook({ contrast: this.look.contrast - 1 })), make("output", { "data-part": "contrast" }), button("more", "+", "more contrast (])", () => this.setLook({ contrast: this.look.contrast + 1 })), button("invert", "invert", "black on white (i)", () => this.setLook({ inverted: !this.look.inverted }))),
        make("span", { class: "last", "data-part": "last" }),
        make("span", { class: "saved", "data-part": "saved" }),
        make("div", { class: "group" }, button("help", "keys ?", "all keys (?)", () => this.toggleHelp()), button("quit", "quit", "stop the server (q)", () => this.quit()))),
      make("div", { class: "progress" }, make("canvas", { class: "strip", "data-part": "strip" }), make("span", { "data-part": "progress" })),
      make("main", {},
        make("figure", { class: "plane" }, make("figcaption", {}, make("b", {}, "focal plane"), make("span", { "data-part": "readout" })), make("canvas", { "data-part": "mosaic" })),
        make("figure", { class: "full" }, make("figcaption", {}, make("b", {}, "in full"), make("span", { "data-part": "croptext" })), make("canvas", { "data-part": "crop" })),
        make("figure", { class: "sources" }, make("figcaption", {}, make("b", {}, "one source of each kind"), make("span", {}, "in units of the usual seeing")), make("div", { class: "cutouts", "data-part": "cutouts" })),
        make("p", { class: "note", "data-part": "note", role: "status" })),
      make("aside", {},
        panel("Your label", "keys"), make("div", { class: "sureness", "data-part": "sureness" }),
        panel("The model", "opinion"), panel("Measured", "numbers", "table"), make("ul", { class: "messages", "data-part": "messages" })),
      make("dialog", { "data-part": "keylist", onclick: () => this.toggleHelp() }, make("h2", {}, "Keys"), make("table", {},
        ...[...this.atlas.keys.map(([key, name, meaning]) => [key, `${name}: ${meaning}`]), ...HELP].map(([key, text]) => make("tr", {}, make("td", {}, make("kbd", {}, key)), make("td", {}, text))))));
  }

  send(message) {
    if (this.stopped) return;
    this.sent += 1;
    this.root.dataset.busy = "true";
    this.model.send_msg({ ...message, number: this.sent });
    clearTimeout(this.clock);
    this.clock = setTimeout(() => this.say("The server does not answer. What you saw saved is safe: start the server again and open the address that it prints.", true), SLOW);
  }

  // A label is meant for what is seen, so it waits for nothing and counts for nothing else.
  label(label) {
    if (this.root.dataset.busy === "true" || !this.scene.ready || this.scene.number !== this.state.number) return;
    this.send({ do: "label", label, exposure: this.state.number });
  }

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

  toggleHelp() { const box = this.get("keylist"); box.open ? box.close() : box.showModal(); }

  setLook(change) {
    Object.assign(this.look, change);
    this.look.contrast = Math.min(8, Math.max(-4, this.look.contrast));
    this.showScene();
  }

  lookAt(event) {
    const [x, y] = this.mosaic.locate(event);
    this.send({ do: "look", x, y });
  }

  // Say which detector lies under the pointer.
  tell(event) {
    const [x, y] = this.mosaic.painted ? this.mosaic.locate(event) : [-1, -1];
    const at = (this.scene.tiles ?? []).findIndex(([left, low, wide, high]) => x >= left && x < left + wide && y >= low && y < low + high);
    const cause = this.state.opinion.found?.[at];
    this.get("readout").textContent = at < 0 ? "" : this.scene.details[at] + (cause ? ` \u00b7 model: ${cause}` : "");
  }

  showScene() {
    const { scene } = this;
    this.root.dataset.ready = String(scene.ready);
    this.root.dataset.shown = scene.number;
    if (!scene.ready) { this.draw(); return; }
    this.mosaic.show(scene.mosaic, this.look);
    this.crop.show(scene.crop, this.look);
    this.cutouts = scene.cutouts.map((packed) => { const one = new Picture(make("canvas")); one.show(packed, this.look); return one; });
    this.get("cutouts").replaceChildren(...this.cutouts.map((one) => one.canvas));
    this.get("numbers").replaceChildren(...drawNumbers(scene.numbers));
    this.get("messages").replaceChildren(...scene.messages.map((text) => make("li", {}, text)));
    this.get("croptext").textContent = scene.crop.data ? `${scene.details[scene.crop.tile].split(":")[0]} from (${scene.crop.x}, ${scene.crop.y})${scene.crop.scale ? ` \u00b7 ${scene.crop.scale.toFixed(3)}\u2033/pixel` : ""} \u00b7 ring: usual seeing` : "";
    this.get("contrast").textContent = `contrast ${this.look.contrast > 0 ? "+" : ""}${this.look.contrast}`;
    this.draw();
  }

  showState() {
    const { state, atlas } = this, count = state.marks.length, own = [...state.marks].filter((mark) => mark !== "-").length;
    const others = Object.entries(state.raters).filter(([name]) => name !== atlas.rater).map(([name, labels]) => `${name} ${labels}`);
    this.get("title").textContent = atlas.names[state.number];
    this.get("place").textContent = `${state.number + 1} of ${count}`;
    this.get("progress").textContent = `${atlas.rater}: ${own} of ${count}${others.length ? ` \u00b7 ${others.join(", ")}` : ""}`;
    this.get("keys").replaceChildren(...drawKeys(this));
    this.get("sureness").replaceChildren(...drawSureness(this));
    this.get("opinion").replaceChildren(...drawOpinion(state.opinion));
    this.get("last").replaceChildren(...drawLast(this));
    this.get("advance").setAttribute("aria-pressed", String(state.advance));
    this.get("saved").textContent = state.failed ? "not saved" : "\u2713 saved";
    this.get("saved").title = atlas.file;
    this.get("saved").classList.toggle("failed", state.failed);
    this.say(state.note, state.failed);
    Object.assign(this.root.dataset, { number: state.number, label: state.label, answered: state.answered });
    this.draw();
    if (state.answered >= this.sent) { clearTimeout(this.clock); this.root.dataset.busy = "false"; }
  }

  draw() {
    this.strip.draw();
    const { scene, state } = this, there = scene.ready && scene.number === state.number;
    this.root.classList.toggle("waiting", !there);
    if (!scene.ready) return;
    const place = scene.tiles[scene.crop.tile], side = scene.crop.side;
    this.mosaic.draw((context, scale) => {
      scene.tiles.forEach((tile, at) => frame(context, tile, COLORS[state.opinion.found?.[at]] ?? "#56606f", (state.opinion.found ? 2 : 0.7) / scale));
      if (place) frame(context, [place[0] + scene.crop.x / scene.binning, place[1] + scene.crop.y / scene.binning, side[1] / scene.binning, side[0] / scene.binning], "#ffd60a", 1.5 / scale);
    });
    this.crop.draw((context, scale) => ring(context, 8 / scale + scene.crop.fwhm / 2, scene.crop.fwhm / 2, 1.5 / scale));
    for (const one of this.cutouts ?? []) one.draw();
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key, chosen = this.atlas.keys.find((one) => one[0] === key);
    const verb = chosen ? () => this.label(chosen[1]) : this.chooseKey(key);
    if (!verb) return;
    // A key that is held down must not label what comes after.
    if (!event.repeat || key.startsWith("Arrow")) verb();
    event.preventDefault();
  }

  chooseKey(key) {
    const sureness = Number(key);
    if (this.atlas.sureness.includes(sureness)) return () => this.send({ do: "sure", sureness });
    return {
      ArrowRight: () => this.send({ do: "step", by: 1 }), ArrowLeft: () => this.send({ do: "step", by: -1 }),
      n: () => this.send({ do: "next_open" }), z: () => this.send({ do: "undo" }), a: () => this.send({ do: "advance" }), m: () => this.send({ do: "reveal" }),
      "]": () => this.setLook({ contrast: this.look.contrast + 1 }), "[": () => this.setLook({ contrast: this.look.contrast - 1 }),
      i: () => this.setLook({ inverted: !this.look.inverted }), q: () => this.quit(), "?": () => this.toggleHelp(),
    }[key];
  }
}

export function render({ model }) {
  const root = document.createElement("div");
  root.className = "rater";
  // The parts measure themselves, so they begin when they are on the page.
  requestAnimationFrame(() => {
    const page = new Page(model, root);
    model.on("scene", () => { page.scene = model.scene; page.showScene(); });
    model.on("state", () => { page.state = model.state; page.showState(); });
    document.addEventListener("keydown", (event) => page.press(event));
    root.dataset.built = "true";
  });
  return root;
}
