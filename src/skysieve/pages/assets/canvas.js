// One channel on a canvas: zoom, pan, clicks and outlines, in pixels of the neuron.

// Make the canvas as fine as the screen; return its size in pixels of the page.
function fit(canvas) {
  const ratio = window.devicePixelRatio || 1, wide = canvas.clientWidth, high = canvas.clientHeight;
  if (canvas.width !== Math.round(wide * ratio)) canvas.width = Math.round(wide * ratio);
  if (canvas.height !== Math.round(high * ratio)) canvas.height = Math.round(high * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.imageSmoothingEnabled = false;
  return [context, wide, high];
}

// All fills lie under all outlines, so that none hides another.
function drawRegions(context, regions, scale, options) {
  context.globalAlpha = options.opacity;
  if (options.opacity > 0) for (const region of regions) context.drawImage(region.picture, 0, 0);
  context.globalAlpha = 1;
  context.lineJoin = "round";
  for (const region of regions) {
    context.setLineDash(region.label ? [] : [4 / scale, 3 / scale]);
    context.lineWidth = 3.5 / scale; context.strokeStyle = "rgba(0,0,0,.75)"; context.stroke(region.path);
    context.lineWidth = 1.7 / scale; context.strokeStyle = region.color; context.stroke(region.path);
  }
  context.setLineDash([]);
}

class Channel {
  constructor(canvas, number, page) {
    Object.assign(this, { canvas, number, page, line: null, hover: null });
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", () => { this.line = null; this.draw(); });
    canvas.addEventListener("pointerleave", () => this.page.tell(this.number, null));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("dblclick", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => this.zoom(event), { passive: false });
  }

  get scale() { return (this.canvas.clientWidth / this.page.frame) * this.page.view.zoom; }

  // Pixel centers lie on whole numbers.
  locate(event) {
    const box = this.canvas.getBoundingClientRect(), { x, y } = this.page.view;
    return [(event.clientX - box.left) / this.scale + x - 0.5, (event.clientY - box.top) / this.scale + y - 0.5];
  }

  press(event) {
    if (event.button === 1 || event.altKey) this.pan = [event.clientX, event.clientY];
    else this.line = { points: [this.locate(event)], from: [event.clientX, event.clientY], far: false, button: event.button };
    this.canvas.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  move(event) {
    if (this.pan) {
      this.page.pan((this.pan[0] - event.clientX) / this.scale, (this.pan[1] - event.clientY) / this.scale);
      this.pan = [event.clientX, event.clientY];
    } else if (this.line) {
      const away = Math.hypot(event.clientX - this.line.from[0], event.clientY - this.line.from[1]);
      this.line.far ||= away > 5;
      this.line.points.push(this.locate(event));
      this.draw();
    }
    this.page.tell(this.number, this.locate(event));
  }

  release(event) {
    const line = this.line, erasing = this.page.erasing !== event.shiftKey;
    this.line = this.pan = null;
    if (line && line.far && line.points.length > 2) {
      this.page.send({ do: erasing ? "erase" : "lasso", channel: this.number, points: line.points });
    } else if (line && !line.far && line.button === 0) {
      this.page.send({ do: erasing ? "remove" : "fill", channel: this.number, points: [line.points[0]] });
    }
    this.draw();
  }

  zoom(event) {
    event.preventDefault();
    const [x, y] = this.locate(event);
    this.page.zoom(Math.exp(-event.deltaY / 400), x + 0.5, y + 0.5);
  }

  draw() {
    const { page } = this, [context, wide, high] = fit(this.canvas), scale = this.scale;
    context.clearRect(0, 0, wide, high);
    context.scale(scale, scale);
    context.translate(-page.view.x, -page.view.y);
    context.drawImage(page.pictures[this.number], 0, 0);
    if (page.showing) {
      drawRegions(context, page.regions.filter((one) => one.channel === this.number), scale, { opacity: page.opacity });
      for (const [x, y, channel] of page.state.seeds) if (channel === this.number) this.drawSeed(context, x + 0.5, y + 0.5);
    }
    if (this.line && this.line.far) this.drawLine(context);
  }

  drawSeed(context, x, y) {
    context.beginPath();
    context.arc(x, y, 2.6 / this.scale, 0, 2 * Math.PI);
    context.fillStyle = "#ff3b30"; context.fill();
    context.lineWidth = 1.2 / this.scale; context.strokeStyle = "#fff"; context.stroke();
  }

  drawLine(context) {
    context.beginPath();
    for (const [x, y] of this.line.points) context.lineTo(x + 0.5, y + 0.5);
    context.closePath();
    context.fillStyle = "rgba(255,255,255,.15)"; context.fill();
    context.lineWidth = 1.6 / this.scale;
    context.strokeStyle = this.page.erasing ? "#ff5c4d" : this.page.penColor();
    context.stroke();
  }
}
