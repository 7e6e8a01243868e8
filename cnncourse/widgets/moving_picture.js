// What three layers make of a picture that moves, as in moving_picture.py.
import { range } from "./board.js";

export const LAYERS = ["dense", "local", "convolution"];
const TAPS = 3, DENSE_SEED = 1, LOCAL_SEED = 2;
const wrap = (value, size) => ((value % size) + size) % size;

// A number from -1 to 1 that looks random, the same as in Python.
function noise(seed, place) {
  let bits = (Math.imul(place + 1, 0x9e3779b1) + seed) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 31 - 1;
}

// What leaves on one side comes back on the other.
export const moved = (rows, dy, dx) => rows.map((line, y) => line.map((_, x) =>
  rows[wrap(y - dy, rows.length)][wrap(x - dx, line.length)]));

// A shift as a person would say it: by half of the size at most.
export function shortest(shift, size) {
  const rest = wrap(shift, size);
  return rest > size / 2 ? rest - size : rest;
}

function mapsOf(picture, { kernel, padding, stride, tied }) {
  const [height, width] = [picture.length, picture[0].length];
  const [rows, columns] = [height / stride, width / stride];
  const largest = Math.max(...kernel.flat().map(Math.abs)), flat = picture.flat();
  const pixel = (y, x) => padding === "circular"
    ? picture[wrap(y, height)][wrap(x, width)] : picture[y]?.[x] ?? 0;
  const own = (place, tap) => tied * kernel.flat()[tap] +
    (1 - tied) * largest * noise(LOCAL_SEED, TAPS * TAPS * place + tap);
  const made = (value) =>
    range(rows).map((y) => range(columns).map((x) => value(y, x, y * columns + x)));
  const weighted = (weight) => made((y, x, place) => range(TAPS * TAPS).reduce((sum, tap) => sum +
    weight(place, tap) *
    pixel(y * stride - 1 + Math.floor(tap / TAPS), x * stride - 1 + (tap % TAPS)), 0));
  return {
    dense: made((y, x, place) => flat.reduce((sum, value, i) =>
      sum + value * noise(DENSE_SEED, place * flat.length + i), 0)),
    local: weighted(own),
    convolution: weighted((_, tap) => kernel.flat()[tap]),
  };
}

// For each layer its map now, its first map, that map moved along, and their difference.
// `yours` are the two local maps of a learner's own function, or null.
export function watch(traits, yours) {
  const { image, dy, dx, stride } = traits;
  const picture = image.map((line) => line.map((value) => value / 255));
  const before = mapsOf(picture, traits), after = mapsOf(moved(picture, dy, dx), traits);
  if (yours) [after.local, before.local] = yours;
  return Object.fromEntries(LAYERS.map((name) => {
    const [now, still] = [after[name], before[name]];
    const along = moved(still, Math.floor(dy / stride), Math.floor(dx / stride));
    const difference = now.map((line, y) => line.map((value, x) => value - along[y][x]));
    const error = Math.max(...difference.flat().map(Math.abs));
    return [name, { now, still, along, difference, error }];
  }));
}

export function weightCounts({ image, stride }) {
  const pixels = image.length * image[0].length, places = pixels / stride ** 2;
  return { dense: places * pixels, local: places * TAPS ** 2, convolution: TAPS ** 2 };
}
