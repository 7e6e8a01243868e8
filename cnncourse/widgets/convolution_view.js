// How the convolution demo looks: its parts, and how they show one state of the traits.
import { weightText } from "./sliding_window.js";
import {
  box, buttons, css, gradient, greyColour, grid, paint, radios, range, rounded, signedColour,
  table,
} from "./board.js";

export const SETTINGS = {
  size: ["Kernel size k", [1, 2, 3, 5]],
  stride: ["Stride s", [1, 2, 3, 4]],
  padding: ["Padding p", [0, 1, 2, 3]],
  dilation: ["Dilation d", [1, 2, 3]],
};

const IMAGE_LABEL = `Image with the window. Arrow keys move the window, Home and End go to the
  ends of the row, Enter paints the pixel in its middle.`;

export const skeleton = (images, kernels, group) => `
${buttons("image", "Image", Object.keys(images))}
${buttons("kernel", "Kernel", Object.keys(kernels))}
<div class="stage">
  <div class="panel input"><p><b>Image</b> <span class="shape"></span></p>
    ${grid("image", `tabindex="0" role="application" aria-label="${IMAGE_LABEL}"`)}
    <div class="tools">${radios("pointer", "What the pointer does on the image",
      [["move", "move"], [255, "draw"], [0, "erase"]], group)}
      <button type="button" class="clear">clear</button></div>
    <p class="hint">Point, drag, or use arrow keys.</p></div>
  <div class="panel middle">
    <div><p><b>Kernel</b> <span class="shape"></span></p><div class="weights"></div></div>
    <div><p><b>Window</b> <span class="place"></span></p><div class="pixels"></div></div></div>
  <div class="panel output"><p><b>Output</b> <span class="shape"></span></p>
    ${grid("output", `role="img"`)}
    <div class="legend" aria-hidden="true"><span></span><i></i><span></span></div>
    <button type="button" class="play"></button></div>
  <p class="panel remark" role="status" hidden></p>
  <div class="panel yours" hidden><p><b>Your function</b> <span class="shape"></span></p>
    ${grid("yours", `role="img" aria-label="What your function returned"`)}</div>
</div>
<div class="sum"></div>
<div class="settings">${Object.entries(SETTINGS).map(([name, [legend, values]]) =>
    radios(name, legend, values.map((n) => [n, name === "size" ? `${n}×${n}` : n]), group))
    .join("")}
  <label class="flip"><input type="checkbox"> flip the kernel (true convolution)</label></div>
<dl><dt>Output size</dt><dd class="size"></dd><dt>Parameters</dt><dd class="parameters"></dd></dl>
<p role="status" class="spoken"></p>`;

const signOf = (value) => (value > 0 ? "positive" : value < 0 ? "negative" : "zero");
const padded = ({ shape, padding }) => shape.map((n) => n + 2 * padding);

export function drawGrids(find, state, { yours, remark, played }) {
  const { image, kernel, padding, stride, span, rows, columns, output, row, column, seen } = state;
  const extent = padded(state), margin = Array(padding).fill(null);
  const empty = range(padding).map(() => Array(extent[1]).fill(null));
  const frame = (...place) => (rows ? box("halo", ...place) + box("window", ...place) : "");
  const taps = seen.flat().map((c) =>
    box(`tap ${signOf(c.weight)}`, c.y + padding, c.x + padding)).join("");
  paint(find("[data-grid=image]"),
    [...empty, ...image.map((line) => [...margin, ...line, ...margin]), ...empty],
    (pixel) => greyColour(pixel / 255), extent,
    taps + frame(row * stride, column * stride, ...span));

  // Without a negative weight the output is an image again; else its sign is what matters.
  const weights = kernel.flat(), values = output.flat(), grey = weights.every((w) => w >= 0);
  const largest = grey ? 255 * weights.reduce((a, b) => a + b) : Math.max(...values.map(Math.abs));
  const top = (rows && largest) || 1;
  const scale = grey ? greyColour : signedColour, colour = (value) => scale(value / top);
  paint(find("[data-grid=output]"), output, colour, extent, frame(row, column), played);
  find("[data-grid=output]").ariaLabel = `Output, ${rows} rows by ${columns} columns, values from ${
    rounded(Math.min(...values))} to ${rounded(Math.max(...values))}`;
  const [low, bar, high] = find(".legend").children;
  find(".legend").hidden = !rows;
  low.textContent = grey ? 0 : rounded(-top);
  high.textContent = (grey ? "" : "+") + rounded(top);
  bar.style.background = gradient(scale, grey ? 0 : -1);

  find(".remark").hidden = !remark;
  if (find(".remark").textContent !== remark) find(".remark").textContent = remark ?? "";
  find(".yours").hidden = !yours;
  find(".output b").textContent = yours ? "Expected" : "Output";
  if (!yours) return;
  const agrees = (value, wanted) => value !== null && wanted !== undefined &&
    Math.abs(value - wanted) <= 1e-8 + 1e-5 * Math.abs(wanted);
  const wrong = yours.flatMap((line, y) => line.map((value, x) =>
    (agrees(value, output[y]?.[x]) ? "" : box("wrong", y, x))));
  paint(find("[data-grid=yours]"), yours, colour, extent, wrong.join("") + frame(row, column));
  find(".yours .shape").textContent = `${yours.length} × ${yours[0].length}`;
}

export function drawKernel(find, given) {
  const weights = find(".weights"), shape = `${given.length} × ${given[0].length}`;
  if (weights.dataset.shape !== shape) {
    weights.dataset.shape = find(".middle .shape").textContent = shape;
    weights.innerHTML = table(given, (_, i, j) => `<input data-at="${i},${j}" autocomplete="off"
      spellcheck="false" aria-label="Weight in row ${i}, column ${j}">`);
  }
  const values = given.flat(), largest = Math.max(...values.map(Math.abs)) || 1;
  weights.querySelectorAll("input").forEach((input, i) => {
    // What is being typed stays as it is.
    if (input !== document.activeElement) input.value = weightText(values[i]);
    input.style.background = css(signedColour((0.4 * values[i]) / largest));
  });
}

export function drawSum(find, { seen, rows, row, column, output, span, flip, ...state }) {
  if (!rows) {
    find(".pixels").innerHTML = "";
    find(".sum").innerHTML = `<p class="nothing">No window fits: the kernel spans ${
      span.join(" × ")} pixels, the image with its padding has ${padded(state).join(" × ")}.</p>`;
    return;
  }
  find(".pixels").innerHTML = table(seen, ({ pixel, outside }) => `<span class="${
    outside ? "outside" : pixel > 117 ? "light" : ""}" style="--grey:${pixel}">${pixel}</span>`);
  const termText = ({ weight, pixel }, i, j) => {
    const sign = i + j ? (weight < 0 ? " − " : " + ") : weight < 0 ? "−" : "";
    return `${sign}${weightText(Math.abs(weight))}·${pixel}`;
  };
  const terms = seen.map((line, i) => line.map((cell, j) => termText(cell, i, j)));
  const widest = Math.max(...terms.flat().map((text) => text.length));
  const term = (cell, i, j) =>
    `<span class="${signOf(cell.weight * cell.pixel)}">${terms[i][j]}</span>`;
  find(".sum").innerHTML = `<p>output[${row}, ${column}] =</p>
    <div class="terms" style="--wide:${widest}">${table(seen, term)}</div>
    <p>= <strong class="total">${rounded(output[row][column])}</strong></p>
    <p class="how">Each weight${flip ? " of the flipped kernel" : ""} times the pixel
      under it, all added up.</p>`;
}

export function drawFacts(find, { shape, taps, rows, columns, stride, padding, dilation }) {
  find(".input .shape").textContent = shape.join(" × ") + (padding ? ", padded" : "");
  find(".output .shape").textContent = `${rows} × ${columns}`;
  find(".place").textContent = ["what it sees", "every 2nd pixel", "every 3rd pixel"][dilation - 1];
  const same = shape[0] === shape[1] && taps[0] === taps[1];
  const sides = same ? [[0, rows, ""]] : [[0, rows, " rows"], [1, columns, " columns"]];
  const filled = ([i, size, what]) => {
    const room = `${shape[i]} + 2·${padding} − ${dilation}·(${taps[i]} − 1) − 1`;
    return `<p>= ⌊(${room}) / ${stride}⌋ + 1 = <b>${rows ? size + what : "no window fits"}</b></p>`;
  };
  const general = "<p>⌊(n + 2p − d·(k − 1) − 1) / s⌋ + 1</p>";
  find(".size").innerHTML = general + sides.map(filled).join("");
  find(".parameters").innerHTML = `<p>${taps.join("·")} weights + 1 bias = <b>${
    taps[0] * taps[1] + 1}</b> <i>however large the image (the bias is 0 here)</i></p>`;
}
