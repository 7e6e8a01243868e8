// What every demo draws with: grids of cells, the colours of signed numbers, groups of buttons.
// A module that imports from here is sent with this text in front (module_text in demo.py).

// The same three colours as in pictures.py: below zero, zero, above zero.
const [BLUE, NEUTRAL, ORANGE] = [[24, 90, 169], [247, 247, 247], [201, 84, 0]];

export const range = (n) => Array.from({ length: n }, (_, i) => i);
export const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
export const minus = (text) => String(text).replace("-", "−");
export const rounded = (value) => minus(+value.toFixed(2));

// From -1 (blue) over 0 (almost white) to 1 (orange), and from 0 (black) to 1 (white).
export function signedColour(share) {
  const end = share < 0 ? BLUE : ORANGE;
  return NEUTRAL.map((from, i) => from + Math.min(1, Math.abs(share)) * (end[i] - from));
}
export const greyColour = (share) => Array(3).fill(clamp(255 * share, 0, 255));
export const css = (colour) => `rgb(${colour.map(Math.round).join()})`;
export const gradient = (colour, from) =>
  `linear-gradient(90deg, ${[from, (from + 1) / 2, 1].map((share) => css(colour(share)))})`;

export const buttons = (name, legend, texts) =>
  `<div class="presets" role="group" aria-label="${legend}"><b>${legend}</b>` +
  texts.map((text) => `<button type="button" data-${name}="${text}">${text}</button>`).join("") +
  "</div>";

// `options` is a list of [value, text]; `group` keeps two demos on one page apart.
export const radios = (name, legend, options, group) =>
  `<fieldset data-setting="${name}"><legend>${legend}</legend>` +
  options.map(([value, text]) => `<label><input type="radio" name="${name}-${group}"
    value="${value}"><span>${text}</span></label>`).join("") +
  "</fieldset>";

export const grid = (name, attributes) =>
  `<div class="frame"><div class="grid" data-grid="${name}" ${attributes}>
  <canvas aria-hidden="true"></canvas><svg aria-hidden="true"></svg></div></div>`;

export const box = (kind, y, x, height = 1, width = 1) =>
  `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}"/>`;

export const table = (rows, cell) =>
  rows.map((row, i) => `<div>${row.map((v, j) => cell(v, i, j)).join("")}</div>`).join("");

// Paint rows of numbers, null for an empty cell. The canvas has one pixel a cell, and CSS
// enlarges it. `extent` is the size in cells of the frame around it, so that several grids
// can share one scale; only the first `limit` cells are painted.
export function paint(element, rows, colour, extent, overlay, limit = Infinity) {
  const [height, width] = [rows.length, rows[0]?.length ?? 0];
  const [canvas, svg] = element.children;
  [canvas.width, canvas.height] = [width, height];
  element.style.width = `${(100 * width) / extent[1]}%`;
  element.style.aspectRatio = `${width} / ${height}`;
  element.parentElement.style.aspectRatio = `${extent[1]} / ${extent[0]}`;
  element.dataset.values = JSON.stringify(rows);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const lines = range(width).map((x) => `M${x} 0V${height}`);
  lines.push(...range(height).map((y) => `M0 ${y}H${width}`));
  svg.innerHTML = `<path class="lines" d="${lines.join("")}"/>${overlay}`;
  if (!height) return;
  const picture = new ImageData(width, height);
  rows.flat().forEach((value, i) => {
    if (value !== null && i < limit) picture.data.set([...colour(value), 255], 4 * i);
  });
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

export function cellUnder(event, element, [height, width]) {
  const area = element.getBoundingClientRect();
  return [
    Math.floor(((event.clientY - area.top) / area.height) * height),
    Math.floor(((event.clientX - area.left) / area.width) * width),
  ];
}
