// The live demo of lesson 01-mlp-scaling: what a dense layer costs, and that it knows no places.
// The traits of mlp_scaling.py are its whole interface, in Jupyter and on a static page.
import {
  box, buttons, greyColour, grid, paint, range, rounded, signedColour,
} from "./board.js";

const TRAITS = ["side", "hidden", "image", "unit", "order", "rewired", "yours", "remark"];
const SLIDERS = {
  side: ["Image, in pixels", [8, 16, 28, 32, 56, 64, 112, 128, 224, 256, 448, 512]],
  hidden: ["Units of the layer", [1, 3, 10, 30, 100, 300, 1000, 3000, 10000]],
};
const LABELS = { 2: "100", 4: "10 thousand", 6: "1 million", 8: "100 million", 10: "10 billion" };
const BYTES_A_PARAMETER = 16; // value, gradient and Adam's two means, four bytes each

// The parameters of a dense layer on a colour image, and of as many filters of 3 × 3 pixels.
const denseParams = (side, hidden) => (3 * side * side + 1) * hidden;
const filterParams = (hidden) => (3 * 9 + 1) * hidden;
// Place j shows what was at place order[j]; an empty order moves nothing.
function inOrder(rows, order) {
  const flat = rows.flat(), width = rows[0].length;
  return rows.map((line, y) => line.map((value, x) =>
    (order.length ? flat[order[y * width + x]] : value)));
}
function drawOrder(count) {
  const order = range(count);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}
const withCommas = (count) => count.toLocaleString("en-US");
function asMemory(bytes) {
  const step = Math.min(4, Math.floor(Math.log10(bytes) / 3));
  return `${+(bytes / 1000 ** step).toPrecision(3)} ${["bytes", "kB", "MB", "GB", "TB"][step]}`;
}

const slider = (name) => `<label class="slider"><span>${SLIDERS[name][0]}: <b></b></span>
  <input type="range" data-slider="${name}" min="0" max="${SLIDERS[name][1].length - 1}"></label>`;
const parts = (images) => `
<div class="cost">
  <div class="plot"><svg viewBox="0 0 400 230" aria-hidden="true"></svg></div>
  <div class="facts">${slider("side")}${slider("hidden")}
    <p class="dense"><i></i>Dense layer: <b></b> parameters</p>
    <p class="filters"><i></i>Filters of 3 × 3: <b></b> parameters</p>
    <p class="memory">To train the dense layer with Adam takes <b></b>.</p>
    <p class="yours" role="status" hidden></p></div>
</div>
${buttons("image", "Image", Object.keys(images))}
<div class="shuffle">
  <div class="panel"><p><b>What the layer is given</b></p>${grid("image", 'role="img"')}</div>
  <div class="panel"><p><b>Weights of one unit</b></p>${grid("unit", 'role="img"')}</div>
  <div class="panel controls">
    <button type="button" class="mix">Shuffle the pixels</button>
    <button type="button" class="back">Put them back</button>
    <label class="rewire"><input type="checkbox"> rewire the unit, too</label>
    <p>Each weight times its pixel, added up:</p><p class="sum"><b></b></p>
    <p class="before"></p></div>
</div>
<p role="status" class="spoken"></p>`;

function plot(svg, side, hidden) {
  const [low, high] = [8, 512];
  const x = (n) => 82 + (308 * Math.log2(Math.min(high, Math.max(low, n)) / low)) / 6;
  const y = (count) => 196 - (186 * Math.log10(Math.max(1, count))) / 10;
  const lines = Object.entries(LABELS).map(([power, label]) => {
    const height = y(10 ** power);
    return `<path class="rule" d="M82 ${height}H390"/><text class="tick" x="76" y="${height + 4}"
      text-anchor="end">${label}</text>`;
  });
  const ticks = [8, 32, 128, 512].map((n) =>
    `<text class="tick" x="${x(n)}" y="212" text-anchor="middle">${n}</text>`);
  const curve = (count) => range(61).map((i) => {
    const n = low * 2 ** (i / 10);
    return `${i ? "L" : "M"}${x(n)} ${y(count(n))}`;
  }).join("");
  const dot = (kind, count) => `<circle class="${kind}" cx="${x(side)}" cy="${y(count)}" r="5"/>`;
  svg.innerHTML = `${lines.join("")}${ticks.join("")}
    <text class="tick" x="236" y="227" text-anchor="middle">side of the image</text>
    <path class="here" d="M${x(side)} 10V196"/>
    <path class="dense" d="${curve((n) => denseParams(n, hidden))}"/>
    <path class="filters" d="${curve(() => filterParams(hidden))}"/>
    ${dot("dense", denseParams(side, hidden))}${dot("filters", filterParams(hidden))}`;
}

function render({ model, el }) {
  const get = (key) => model.get(key);
  const root = document.createElement("div");
  root.className = "course-demo mlp-demo";
  root.innerHTML = parts(get("images"));
  // JupyterLab would take arrows and Enter for itself. It looks at the focused element first.
  for (const element of root.querySelectorAll("button, input"))
    element.dataset.lmSuppressShortcuts = "true";
  const find = (selector) => root.querySelector(`:scope ${selector}`);
  let frame, speech;

  function current() {
    const [side, hidden, order] = [get("side"), get("hidden"), get("order")];
    const image = inOrder(get("image"), order);
    const unit = get("rewired") ? inOrder(get("unit"), order) : get("unit");
    const add = (pixels, weights) => {
      const flat = weights.flat();
      return pixels.flat().reduce((sum, pixel, i) => sum + pixel * flat[i], 0);
    };
    return { side, hidden, order, image, unit, sum: add(image, unit),
      before: add(get("image"), get("unit")), dense: denseParams(side, hidden),
      filters: filterParams(hidden) };
  }

  function drawCost({ side, hidden, dense, filters }) {
    for (const [name, [, steps]] of Object.entries(SLIDERS)) {
      const value = get(name), input = find(`[data-slider=${name}]`);
      const near = steps.reduce((best, step, i) =>
        (Math.abs(step - value) < Math.abs(steps[best] - value) ? i : best), 0);
      input.value = near;
      input.setAttribute("aria-valuetext", withCommas(value));
      input.parentElement.querySelector("b").textContent =
        name === "side" ? `${value} × ${value}` : withCommas(value);
    }
    find(".dense b").textContent = withCommas(dense);
    find(".filters b").textContent = withCommas(filters);
    find(".memory b").textContent = asMemory(dense * BYTES_A_PARAMETER);
    plot(find(".plot svg"), side, hidden);
    const [yours, remark] = [get("yours"), get("remark")];
    find(".yours").hidden = !remark;
    const said = (yours ? `Your function says ${yours}. ` : "") + (remark ?? "");
    if (find(".yours").textContent !== said) find(".yours").textContent = said;
  }

  function drawShuffle({ order, image, unit, sum, before }) {
    const extent = [image.length, image[0].length];
    const largest = Math.max(...unit.flat().map(Math.abs)) || 1;
    paint(find("[data-grid=image]"), image, (pixel) => greyColour(pixel / 255), extent,
      box("edge", 0, 0, ...extent));
    paint(find("[data-grid=unit]"), unit, (weight) => signedColour(weight / largest), extent,
      box("edge", 0, 0, ...extent));
    find("[data-grid=image]").ariaLabel = order.length
      ? "The image with its pixels shuffled" : "The image, its pixels in place";
    find("[data-grid=unit]").ariaLabel = order.length && get("rewired")
      ? "The weights, in the order of the shuffled pixels" : "The weights, in their own order";
    find(".sum b").textContent = rounded(sum);
    find(".before").textContent = order.length
      ? `Before the shuffle: ${rounded(before)}. ${sum === before
        ? "The unit cannot tell the difference." : "The weights meet other pixels now."}`
      : "Orange weights are positive, blue ones negative.";
    find(".back").disabled = !order.length;
    Object.assign(find(".rewire input"), { checked: get("rewired") });
    for (const button of root.querySelectorAll("[data-image]"))
      button.ariaPressed =
        JSON.stringify(get("images")[button.dataset.image]) === JSON.stringify(get("image"));
  }

  function draw() {
    frame = undefined;
    const state = current();
    drawCost(state);
    drawShuffle(state);
  }
  function refresh() {
    frame ??= requestAnimationFrame(draw);
  }

  // Screen readers hear where a slider rests, not every place that it passes.
  function announce(words) {
    clearTimeout(speech);
    speech = setTimeout(() => (find(".spoken").textContent = words(current())), 600);
  }
  function change(changes, words) {
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    model.save_changes();
    refresh();
    announce(words);
  }
  const cost = ({ dense, filters }) =>
    `Dense layer: ${withCommas(dense)} parameters. Filters: ${withCommas(filters)}.`;
  const total = ({ order, sum, before }) =>
    `The unit adds up to ${rounded(sum)}${order.length ? `, before the shuffle ${
      rounded(before)}` : ""}.`;

  root.addEventListener("input", ({ target }) => {
    const name = target.dataset.slider;
    if (name) change({ [name]: SLIDERS[name][1][Number(target.value)] }, cost);
    else if (target.closest(".rewire")) change({ rewired: target.checked }, total);
  });
  root.addEventListener("click", ({ target }) => {
    const { image } = target.dataset;
    if (image) change({ image: get("images")[image] }, total);
    else if (target.matches(".mix"))
      change({ order: drawOrder(get("image").flat().length) }, total);
    else if (target.matches(".back")) change({ order: [] }, total);
  });

  el.append(root);
  draw();
  for (const trait of TRAITS) model.on(`change:${trait}`, refresh);
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(speech);
    for (const trait of TRAITS) model.off(`change:${trait}`, refresh);
  };
}

export default { render };
