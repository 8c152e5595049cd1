// Pictures of exposures: sky level and noise come with the pixels, the contrast is chosen here, y goes up.

// Gray levels of 16-bit values: arcsinh between two sigma below the sky and a white that contrast brings nearer.
function makeShades(packed, look) {
  const { low, high, sky, noise, white } = packed, soft = 2 * noise || 1, black = sky - soft;
  const top = Math.asinh((Math.max(sky + 1.5 * noise, sky + (white - sky) * 2 ** -look.contrast) - black) / soft);
  const table = new Uint8Array(65536);
  for (let at = 0; at < 65536; at++) {
    const shade = Math.asinh((low + (at / 65535) * (high - low) - black) / soft) / (top || 1);
    const byte = Math.round(255 * Math.min(1, Math.max(0, shade)));
    table[at] = look.inverted ? 255 - byte : byte;
  }
  return table;
}

function paintShades(packed, look) {
  const image = unpackImage(packed), table = makeShades(packed, look);
  const canvas = new OffscreenCanvas(image.columns, image.rows), context = canvas.getContext("2d");
  const data = context.createImageData(image.columns, image.rows);
  for (let at = 0; at < image.values.length; at++) data.data.fill(table[image.values[at]], 4 * at, 4 * at + 3);
  for (let at = 3; at < data.data.length; at += 4) data.data[at] = 255;
  context.putImageData(data, 0, 0);
  return canvas;
}

// One picture on a canvas, as large as it fits, its first row at the bottom.
class Picture {
  constructor(canvas) { Object.assign(this, { canvas, painted: null, scale: 1 }); }

  show(packed, look) {
    this.packed = packed;
    this.painted = packed && packed.data ? paintShades(packed, look) : null;
  }

  // Pixels of the picture under the pointer.
  locate(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left - this.left) / this.scale, (box.bottom - this.low - event.clientY) / this.scale];
  }

  draw(overlay = () => {}) {
    const [context, wide, high] = fit(this.canvas);
    context.clearRect(0, 0, wide, high);
    if (!this.painted) return;
    const { width, height } = this.painted;
    this.scale = Math.min(wide / width, high / height);
    this.left = (wide - width * this.scale) / 2;
    this.low = (high - height * this.scale) / 2;
    context.save();
    context.translate(this.left, high - this.low);
    context.scale(this.scale, -this.scale);
    context.imageSmoothingEnabled = this.scale < 1;
    context.drawImage(this.painted, 0, 0);
    overlay(context, this.scale);
    context.restore();
  }
}

function frame(context, [x, y, wide, high], color, width) {
  context.lineWidth = width;
  context.strokeStyle = color;
  context.strokeRect(x, y, wide, high);
}

// A ring in the lower left corner.
function ring(context, place, radius, width) {
  context.beginPath();
  context.arc(place, place, radius, 0, 2 * Math.PI);
  context.lineWidth = width;
  context.strokeStyle = "#ffd60a";
  context.stroke();
}
