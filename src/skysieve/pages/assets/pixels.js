// Unpacking what pages/pixels.py packs, and turning values into colors.

function toBytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function unpackImage(packed) {
  const values = new Uint16Array(toBytes(packed.data).buffer);
  return { ...packed, values, rows: packed.side[0], columns: packed.side[1] };
}

function unpackMask(text, count) {
  const bytes = toBytes(text), mask = new Uint8Array(count);
  for (let at = 0; at < count; at++) mask[at] = (bytes[at >> 3] >> (7 - (at & 7))) & 1;
  return mask;
}

const STRETCHES = {
  linear: (value) => value,
  sqrt: Math.sqrt,
  asinh: (value) => Math.asinh(20 * value) / Math.asinh(20),
  log: (value) => Math.log1p(1000 * value) / Math.log1p(1000),
};

// A table from 12 bits of value to red, green and blue.
function makeColors(hexes, stretch, gain) {
  const table = new Uint8Array(4096 * 3);
  for (let at = 0; at < 4096; at++) {
    const shade = STRETCHES[stretch](Math.min(1, (gain * at) / 4095));
    const hex = parseInt(hexes[Math.min(255, Math.round(shade * 255))].slice(1), 16);
    table.set([hex >> 16, (hex >> 8) & 255, hex & 255], 3 * at);
  }
  return table;
}

function paint(count, columns, rows, look) {
  const canvas = new OffscreenCanvas(columns, rows), context = canvas.getContext("2d");
  const data = context.createImageData(columns, rows);
  for (let at = 0; at < count; at++) look(at, data.data.subarray(4 * at, 4 * at + 4));
  context.putImageData(data, 0, 0);
  return canvas;
}

function paintImage(image, colors) {
  return paint(image.values.length, image.columns, image.rows, (at, pixel) => {
    const entry = 3 * (image.values[at] >> 4);
    pixel[0] = colors[entry]; pixel[1] = colors[entry + 1]; pixel[2] = colors[entry + 2]; pixel[3] = 255;
  });
}

function paintMask(mask, columns, color) {
  const hex = parseInt(color.slice(1), 16);
  return paint(mask.length, columns, mask.length / columns, (at, pixel) => {
    if (mask[at]) pixel.set([hex >> 16, (hex >> 8) & 255, hex & 255, 255]);
  });
}

// The sides of pixels that part a mask from the rest, in pixels, corners on whole numbers.
function outline(mask, columns) {
  const path = new Path2D(), rows = mask.length / columns;
  const holds = (row, column) => row >= 0 && column >= 0 && row < rows && column < columns && mask[row * columns + column];
  for (let row = 0; row <= rows; row++)
    for (let column = 0; column <= columns; column++) {
      if (holds(row, column) !== holds(row - 1, column) && column < columns && (holds(row, column) || holds(row - 1, column))) {
        path.moveTo(column, row); path.lineTo(column + 1, row);
      }
      if (holds(row, column) !== holds(row, column - 1) && row < rows && (holds(row, column) || holds(row, column - 1))) {
        path.moveTo(column, row); path.lineTo(column, row + 1);
      }
    }
  return path;
}
