// The table of labels, and small helps to make elements.

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== false && value !== null) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

class LabelTable {
  constructor(body, page) {
    Object.assign(this, { body, page, renaming: null });
  }

  draw() {
    const { palette } = this.page.state;
    const rows = palette.map((entry, number) => this.makeRow(entry, number));
    if (this.page.state.regions.some((one) => one.label === "")) rows.push(this.makeNameless());
    this.body.replaceChildren(...rows);
    const input = this.body.querySelector("input[type=text]");
    if (input) { input.focus(); input.select(); }
  }

  makeRow(entry, number) {
    const { page } = this, { label } = entry, ticked = page.state.ticked.includes(label);
    const tick = make("input", { type: "checkbox", "aria-label": `draw ${label}`, title: "draw with this label (tick several to draw them all)", onchange: () => page.send({ do: "tick", label, alone: false }) });
    tick.checked = ticked;
    const whole = page.state.labels.includes(label);
    return make("tr", { "data-label": label, class: ticked ? "ticked" : "" },
      make("td", {}, tick),
      make("td", {}, make("span", { class: "swatch", style: `background:${entry.color}` }, number < 9 ? String(number + 1) : "")),
      make("td", { class: "name" }, this.renaming === label ? this.makeInput(label) : this.makeName(label), this.makeCounts(label, entry.neurons)),
      make("td", {}, make("button", { class: whole ? "whole on" : "whole", "aria-pressed": String(whole), title: "label the neuron as a whole", onclick: () => page.send({ do: "label_neuron", label }) }, whole ? "\u2713 neuron" : "neuron")),
      make("td", { class: "tools" },
        make("button", { class: "plain", title: "rename", "aria-label": `rename ${label}`, onclick: () => { this.renaming = label; this.draw(); } }, "\u270e"),
        make("button", { class: "plain", title: "remove this label everywhere (can be undone)", "aria-label": `remove ${label}`, onclick: () => page.send({ do: "remove_label", label }) }, "\u00d7")));
  }

  makeName(label) {
    return make("button", { class: "plain label", title: "draw with this label alone", onclick: () => this.page.send({ do: "tick", label, alone: true }) }, label);
  }

  makeInput(label) {
    const leave = (event) => {
      if (this.renaming === null) return;
      this.renaming = null;
      const text = event.target.value.trim();
      if (event.key !== "Escape" && text && text !== label) this.page.send({ do: "rename_label", label, new: text });
      else this.draw();
    };
    return make("input", { type: "text", value: label, maxlength: 60, "aria-label": `new name of ${label}`, onblur: leave,
      onkeydown: (event) => { if (event.key === "Enter" || event.key === "Escape") leave(event); } });
  }

  makeNameless() {
    return make("tr", { "data-label": "", class: "nameless" }, make("td"), make("td", {}, make("span", { class: "swatch dashed" })),
      make("td", { class: "name" }, make("span", { class: "label" }, "without label"), this.makeCounts("", null)), make("td"), make("td"));
  }

  // Pixels in each channel of this neuron, neurons of the map.
  makeCounts(label, neurons) {
    const found = this.page.state.regions.filter((one) => one.label === label);
    const counts = this.page.scene.channels.map((_, channel) => found.find((one) => one.channel === channel)?.pixels ?? "\u2013").join(" / ");
    const here = found.length ? `${counts} px` : "not here";
    return make("small", {}, neurons === null ? here : `${here} \u00b7 ${neurons} neuron${neurons === 1 ? "" : "s"}`);
  }
}
