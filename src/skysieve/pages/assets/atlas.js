// The map in miniature: where the open neuron stands, and which ones are annotated.

class Atlas {
  constructor(canvas, page) {
    Object.assign(this, { canvas, page, bytes: toBytes(page.atlas.miniatures) });
    const xs = page.atlas.cells.map((cell) => cell[0]), ys = page.atlas.cells.map((cell) => cell[1]);
    this.wide = Math.max(...xs) + 1;
    this.high = Math.max(...ys) + 1;
    canvas.style.aspectRatio = `${this.wide} / ${this.high}`;
    canvas.style.maxWidth = `${Math.max(56 * this.wide, 40)}px`;
    canvas.addEventListener("click", (event) => {
      const neuron = this.find(event);
      if (neuron >= 0) page.send({ do: "go", neuron });
    });
    canvas.addEventListener("pointermove", (event) => {
      const neuron = this.find(event);
      canvas.title = neuron < 0 ? "" : `neuron ${neuron} (${page.atlas.names[neuron]})`;
    });
  }

  // Paint the miniatures once for each table of colors.
  color(colors) {
    const { side, cells } = this.page.atlas, count = side * side;
    this.pictures = cells.map((_, neuron) =>
      paint(count, side, side, (at, pixel) => {
        const entry = 3 * Math.min(4095, this.bytes[neuron * count + at] * 16);
        pixel[0] = colors[entry]; pixel[1] = colors[entry + 1]; pixel[2] = colors[entry + 2]; pixel[3] = 255;
      })
    );
  }

  find(event) {
    const box = this.canvas.getBoundingClientRect(), unit = box.width / this.wide;
    const x = (event.clientX - box.left) / unit, y = (event.clientY - box.top) / unit;
    return this.page.atlas.cells.findIndex(([left, top]) => x >= left && x < left + 1 && y >= top && y < top + 1);
  }

  draw() {
    const [context, wide] = fit(this.canvas), unit = wide / this.wide, { cells } = this.page.atlas;
    const done = new Set(this.page.state.done), gap = unit > 8 ? 1 : 0;
    context.clearRect(0, 0, wide, this.canvas.clientHeight);
    context.imageSmoothingEnabled = true;
    cells.forEach(([x, y], neuron) => {
      context.globalAlpha = done.has(neuron) || neuron === this.page.state.neuron ? 1 : 0.8;
      context.drawImage(this.pictures[neuron], x * unit, y * unit, unit - gap, unit - gap);
      context.globalAlpha = 1;
      if (done.has(neuron)) this.tick(context, x * unit, y * unit, unit);
    });
    const [x, y] = cells[this.page.state.neuron];
    context.lineWidth = 5; context.strokeStyle = "#000"; context.strokeRect(x * unit, y * unit, unit - gap, unit - gap);
    context.lineWidth = 2.5; context.strokeStyle = "#ffd60a"; context.strokeRect(x * unit, y * unit, unit - gap, unit - gap);
  }

  tick(context, x, y, unit) {
    const size = Math.max(2.5, Math.min(6, unit / 5)), right = x + unit - size - 1.5, top = y + size + 1;
    context.beginPath(); context.arc(right, top, size, 0, 2 * Math.PI);
    context.fillStyle = "#1f9d55"; context.fill();
    if (size < 4) return;
    context.beginPath();
    context.moveTo(right - size * 0.5, top); context.lineTo(right - size * 0.1, top + size * 0.45); context.lineTo(right + size * 0.55, top - size * 0.4);
    context.lineWidth = Math.max(1, size / 4); context.strokeStyle = "#fff"; context.stroke();
  }
}
