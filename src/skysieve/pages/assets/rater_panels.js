// The column at the right: keys, sureness, what the model says, numbers; and the strip of all exposures.

const COLORS = {
  good: "#2fb86f", rbt: "#e8483f", bt: "#ff8f3f", bseeing: "#4f9dff", bgp: "#c77dff", focus: "#f0d84a",
  trail: "#37d6d6", other: "#c39a6b", undecided: "#9aa3b2", "": "#2f3641",
};
const SURE = { 1: "a guess", 2: "fairly sure", 3: "certain" };

function drawKeys(page) {
  const { keys } = page.atlas, { label } = page.state;
  return keys.map(([key, name, meaning]) => make("button",
    { class: "choice", "data-label": name, "aria-pressed": String(label === name), title: meaning, style: `--color:${COLORS[name]}`, onclick: () => page.label(name) },
    make("kbd", {}, key), make("b", {}, name), make("span", {}, meaning)));
}

function drawSureness(page) {
  return page.atlas.sureness.map((one) => make("button",
    { "aria-pressed": String(page.state.sureness === one), onclick: () => page.send({ do: "sure", sureness: one }) },
    make("kbd", {}, String(one)), ` ${SURE[one]}`));
}

function drawOpinion(opinion) {
  if (!opinion.verdict) return [make("p", { class: "hidden" }, "hidden until you decide; ", make("kbd", {}, "m"), " shows it, and the label is noted as not blind")];
  const bars = opinion.chances.map(([name, chance]) => make("tr", {}, make("td", {}, name),
    make("td", { class: "bar" }, make("i", { style: `width:${(100 * chance).toFixed(1)}%;background:${COLORS[name]}` })), make("td", { class: "number" }, chance.toFixed(3))));
  const word = opinion.cause === "good" ? opinion.verdict : `${opinion.verdict}: ${opinion.cause}`;
  const far = opinion.ood ? " \u00b7 unlike its training, do not trust it" : "";
  return [make("p", {}, make("b", { style: `color:${COLORS[opinion.cause]}` }, word), far), make("table", {}, ...bars)];
}

function drawNumbers(numbers) {
  const head = make("tr", {}, ...["", "median", "range", "usual"].map((text) => make("th", {}, text)));
  return [head, ...numbers.map(([name, ...cells]) => make("tr", {}, make("td", {}, name), ...cells.map((text) => make("td", { class: "number" }, text))))];
}

// What was decided last, since the page may have gone on.
function drawLast(page) {
  const { last } = page.state;
  if (last.number === undefined || last.number === page.state.number) return [];
  const says = last.opinion.cause ? [" \u00b7 model: ", make("b", { style: `color:${COLORS[last.opinion.cause]}` }, last.opinion.cause),
    ` ${last.opinion.chances.find((one) => one[0] === last.opinion.cause)?.[1].toFixed(2) ?? ""}`] : [];
  return [page.atlas.names[last.number], ": ", make("b", { style: `color:${COLORS[last.label]}` }, last.label), ...says,
    make("button", { class: "plain", title: "undo (z)", onclick: () => page.send({ do: "undo" }) }, "undo")];
}

// One cell an exposure, in the order in which they come.
class Strip {
  constructor(canvas, page) {
    Object.assign(this, { canvas, page });
    const find = (event) => Math.floor(((event.clientX - canvas.getBoundingClientRect().left) / canvas.clientWidth) * page.state.marks.length);
    canvas.addEventListener("click", (event) => page.send({ do: "go", exposure: find(event) }));
    canvas.addEventListener("pointermove", (event) => { canvas.title = page.atlas.names[find(event)] ?? ""; });
  }

  draw() {
    const [context, wide, high] = fit(this.canvas), { marks, number } = this.page.state;
    const names = Object.fromEntries(this.page.atlas.keys), step = wide / marks.length, gap = step > 4 ? 1 : 0;
    context.clearRect(0, 0, wide, high);
    [...marks].forEach((mark, at) => {
      context.fillStyle = COLORS[names[mark] ?? ""];
      context.fillRect(at * step, 3, Math.max(step - gap, 0.5), high - 6);
    });
    context.fillStyle = "#ffd60a";
    context.fillRect(number * step, 0, Math.max(step - gap, 2), 3);
    context.fillRect(number * step, high - 3, Math.max(step - gap, 2), 3);
  }
}
