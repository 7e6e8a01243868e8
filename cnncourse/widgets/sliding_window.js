// What a window does at one place of an image, as in sliding_window.py; and weights as text.
import { clamp, minus, range, rounded } from "./board.js";

// Everything that follows from the traits: sizes, the cells of the window, the whole output.
export function convolve(traits) {
  const { image, kernel: given, stride, padding, dilation, flip } = traits;
  const kernel = flip ? given.map((line) => line.toReversed()).toReversed() : given;
  const shape = [image.length, image[0].length], taps = [kernel.length, kernel[0].length];
  const span = taps.map((k) => dilation * (k - 1) + 1);
  const fits = shape.map((n, i) => Math.floor((n + 2 * padding - span[i]) / stride) + 1);
  const [rows, columns] = fits.some((n) => n < 1) ? [0, 0] : fits;
  const window = (row, column) => kernel.map((weights, i) => weights.map((weight, j) => {
    const y = row * stride - padding + i * dilation, x = column * stride - padding + j * dilation;
    return { y, x, weight, pixel: image[y]?.[x] ?? 0, outside: image[y]?.[x] === undefined };
  }));
  const total = (cells) => cells.flat().reduce((sum, c) => sum + c.weight * c.pixel, 0);
  const output = range(rows).map((y) => range(columns).map((x) => total(window(y, x))));
  const [row, column] = [clamp(traits.row, 0, rows - 1), clamp(traits.column, 0, columns - 1)];
  const seen = rows ? window(row, column) : [];
  return { image, kernel, stride, padding, dilation, flip, shape, taps, span, rows, columns,
    output, row, column, seen };
}

// "2", "-0.5" or "1/9" as a number, null for anything else.
export function readWeight(text) {
  const parts = text.replace("−", "-").split("/").map((part) => (part.trim() ? +part : NaN));
  const value = parts.length > 2 ? NaN : parts[0] / (parts[1] ?? 1);
  return Number.isFinite(value) ? value : null;
}

// A weight as people write it: 2, −1, 1/9; two decimals where no small fraction fits.
export function weightText(value) {
  const whole = (bottom) => Math.abs(value * bottom - Math.round(value * bottom)) < 1e-9;
  const bottom = range(16).map((i) => i + 1).find(whole);
  if (!bottom) return rounded(value);
  return minus(Math.round(value * bottom)) + (bottom > 1 ? `/${bottom}` : "");
}
