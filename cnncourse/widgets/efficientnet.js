// The live demo of lesson 09-efficientnet: scale a network in three ways, and see what it costs.
// The traits of efficientnet.py are its whole interface, in Jupyter and on a static page.
import { buttons, clamp, radios, range } from "./board.js";

const TRAITS = ["depth", "width", "pixels", "axis", "networks"];
const [BASE, CLASSES] = [224, 1000];
// Expand, kernel, stride, channels, repeats of B0's stages.
const STAGES = [
  [1, 3, 1, 16, 1], [6, 3, 2, 24, 2], [6, 5, 2, 40, 2], [6, 3, 2, 80, 3],
  [6, 5, 1, 112, 3], [6, 5, 2, 192, 4], [6, 3, 1, 320, 1],
];
// Width, depth and pixels as they were published.
const PUBLISHED = {
  B0: [1, 1, 224], B1: [1, 1.1, 240], B2: [1.1, 1.2, 288], B3: [1.2, 1.4, 300],
  B4: [1.4, 1.8, 380], B5: [1.6, 2.2, 456], B6: [1.8, 2.6, 528], B7: [2, 3.1, 600],
};
const tenths = (low, high) => range(Math.round((high - low) * 10) + 1).map((i) => low + i / 10)
  .map((value) => +value.toFixed(1));
const SLIDERS = {
  phi: ["Compound steps φ", range(29).map((i) => i / 4)],
  depth: ["Depth", tenths(0.5, 4)],
  width: ["Width", tenths(0.5, 3)],
  pixels: ["Picture, in pixels", range(25).map((i) => 128 + 32 * i)],
};
const AXES = { macs: "products", parameters: "parameters", latency: "time, measured" };

// The same arithmetic as in efficientnet.py, number by number.
function roundFilters(channels, width) {
  const scaled = channels * width, rounded = Math.max(8, 8 * Math.floor((scaled + 4) / 8));
  return rounded >= 0.9 * scaled ? rounded : rounded + 8;
}
function networkCost(depth, width, pixels) {
  let channels = roundFilters(32, width), side = Math.ceil(pixels / 2);
  let [parameters, macs] = [29 * channels, 27 * channels * side ** 2];
  for (const [expand, kernel, stride, base, repeats] of STAGES) {
    const after = roundFilters(base, width);
    for (let number = 0; number < Math.ceil(repeats * depth); number++) {
      const wide = channels * expand, squeezed = Math.max(1, Math.floor(channels / 4));
      const out = number ? side : Math.ceil(side / stride);
      if (expand > 1) {
        parameters += (channels + 2) * wide;
        macs += channels * wide * side ** 2;
      }
      parameters += (kernel ** 2 + 3 + 2 * squeezed) * wide + squeezed + (wide + 2) * after;
      macs += (kernel ** 2 * out ** 2 + 2 * squeezed) * wide + wide * after * out ** 2;
      [channels, side] = [after, out];
    }
  }
  const top = 4 * channels;
  parameters += (channels + 2) * top + (top + 1) * CLASSES;
  return { parameters, macs: macs + channels * top * side ** 2 + top * CLASSES };
}
// From the cheapest up: those that are right more often than all that cost less.
function paretoFront(networks, axis) {
  const cheapest = Object.keys(networks).sort((one, other) =>
    networks[one][axis] - networks[other][axis] || networks[other].top1 - networks[one].top1);
  const front = [];
  for (const name of cheapest)
    if (!front.length || networks[name].top1 > networks[front.at(-1)].top1) front.push(name);
  return front;
}

const short = (count) => (count >= 1e9
  ? `${(count / 1e9).toFixed(2)} G` : `${(count / 1e6).toFixed(1)} M`);
const seconds = (time) => (time < 1 ? `${Math.round(1000 * time)} ms` : `${time.toFixed(1)} s`);
const times = (value) => `${value.toFixed(2)} ×`;
const PRETTY = { efficientnet_b: "B", resnet: "ResNet-", vgg: "VGG-", alexnet: "AlexNet" };
function pretty(name) {
  const vit = name.match(/^vit_(\w)_(\d+)$/);
  if (vit) return `ViT-${vit[1].toUpperCase()}/${vit[2]}`;
  const start = Object.keys(PRETTY).find((key) => name.startsWith(key));
  return start ? PRETTY[start] + name.slice(start.length) : name;
}

const slider = (name) => `<label class="slider"><span>${SLIDERS[name][0]}: <b></b></span>
  <input type="range" data-slider="${name}" min="0" max="${SLIDERS[name][1].length - 1}"></label>`;
const parts = (group) => `
${buttons("network", "Published", Object.keys(PUBLISHED))}
<div class="stage">
  <div class="scales">${Object.keys(SLIDERS).map(slider).join("")}
    <dl><dt>Parameters</dt><dd class="parameters"><b></b> <span></span></dd>
    <dt>Products</dt><dd class="macs"><b></b> <span></span></dd>
    <dt>By the formula</dt><dd class="formula"><b></b> <span>depth · width² · resolution²</span></dd>
    </dl></div>
  <div class="plot">${radios("axis", "Right on ImageNet, over", Object.entries(AXES), group)}
    <svg viewBox="0 0 440 330" role="img"></svg>
    <p class="front"></p></div>
</div>
<p role="status" class="spoken"></p>`;

function plot(svg, networks, axis, front, now) {
  const all = Object.values(networks);
  const values = all.map((network) => network[axis]);
  const [low, high] = [Math.min(...values) / 1.5, Math.max(...values) * 1.5].map(Math.log10);
  const tops = all.map((network) => network.top1);
  const [bottom, top] = [Math.floor(Math.min(...tops) / 5) * 5, Math.ceil(Math.max(...tops) / 5) * 5];
  const x = (value) => 44 + (386 * (clamp(Math.log10(value), low, high) - low)) / (high - low);
  const y = (percent) => 284 - (270 * (percent - bottom)) / (top - bottom);
  const label = axis === "latency" ? seconds : (value) => short(value).replace(/\.0+ /, " ");
  const rules = range((top - bottom) / 5 + 1).map((i) => bottom + 5 * i).map((percent) =>
    `<path class="rule" d="M44 ${y(percent)}H430"/><text class="tick" x="38" y="${
      y(percent) + 4}" text-anchor="end">${percent} %</text>`);
  const ticks = range(Math.floor(high) - Math.ceil(low) + 1).map((i) => 10 ** (Math.ceil(low) + i))
    .map((value) => `<text class="tick" x="${x(value)}" y="302" text-anchor="middle">${
      label(value)}</text>`);
  const line = front.map((name, i) =>
    `${i ? "L" : "M"}${x(networks[name][axis])} ${y(networks[name].top1)}`).join("");
  const places = all.map((network) => [x(network[axis]), y(network.top1)]);
  const dots = Object.keys(networks).map((name, i) => {
    const best = front.includes(name), [left, height] = places[i];
    // A name must not run into the edge, nor into a dot close by on the right.
    const far = left > 370 || (!best && places.some(([other, at]) =>
      other > left && other < left + 24 && Math.abs(at - height) < 24));
    return `<circle class="${best ? "best" : "beaten"}" cx="${left}" cy="${height}" r="5"/>
      <text class="name" x="${left + (far ? -8 : 8)}" y="${height + (best ? -6 : 14)}" text-anchor="${
      far ? "end" : "start"}">${pretty(name)}</text>`;
  });
  const here = now === undefined ? "" : `<path class="here" d="M${x(now)} 10V284"/>`;
  svg.innerHTML = `${rules.join("")}${ticks.join("")}${here}<path class="line" d="${line}"/>${
    dots.join("")}<text class="tick" x="237" y="322" text-anchor="middle">${AXES[axis]}${
    axis === "latency" ? "" : "; the dashed line is your network"}</text>`;
}

let groups = 0;

function render({ model, el }) {
  const get = (key) => model.get(key);
  const root = document.createElement("div");
  root.className = "course-demo efficientnet-demo";
  root.innerHTML = parts((groups += 1));
  // JupyterLab would take arrows and Enter for itself. It looks at the focused element first.
  for (const element of root.querySelectorAll("button, input"))
    element.dataset.lmSuppressShortcuts = "true";
  const find = (selector) => root.querySelector(`:scope ${selector}`);
  const base = networkCost(1, 1, BASE);
  let frame, speech, phi;

  function current() {
    const [depth, width, pixels] = [get("depth"), get("width"), get("pixels")];
    const formula = depth * width ** 2 * (pixels / BASE) ** 2;
    return { depth, width, pixels, formula, ...networkCost(depth, width, pixels) };
  }
  function drawSliders({ depth, width, pixels }) {
    const words = { phi: phi === undefined ? "by hand" : String(phi), depth: times(depth),
      width: times(width), pixels: `${pixels} × ${pixels}` };
    for (const [name, [, steps]] of Object.entries(SLIDERS)) {
      const value = name === "phi" ? phi ?? 0 : get(name), input = find(`[data-slider=${name}]`);
      input.value = steps.reduce((best, step, i) =>
        (Math.abs(step - value) < Math.abs(steps[best] - value) ? i : best), 0);
      input.setAttribute("aria-valuetext", words[name]);
      input.parentElement.querySelector("b").textContent = words[name];
    }
    for (const button of root.querySelectorAll("[data-network]"))
      button.ariaPressed = String(PUBLISHED[button.dataset.network]) === `${[width, depth, pixels]}`;
  }
  function draw() {
    frame = undefined;
    const state = current(), axis = get("axis"), networks = get("networks");
    drawSliders(state);
    for (const what of ["parameters", "macs"]) {
      find(`.${what} b`).textContent = short(state[what]);
      find(`.${what}`).dataset.value = state[what];
      find(`.${what} span`).textContent = `${times(state[what] / base[what])} B0`;
    }
    find(".formula b").textContent = times(state.formula);
    for (const input of root.querySelectorAll("[data-setting=axis] input"))
      input.checked = input.value === axis;
    const front = paretoFront(networks, axis);
    plot(find(".plot svg"), networks, axis, front, state[axis]);
    const words = `Beaten by nobody: ${front.map(pretty).join(", ")}.`;
    find(".front").textContent = words;
    find(".plot svg").ariaLabel =
      `How often networks are right on ImageNet, over ${AXES[axis]}. ${words}`;
  }
  function refresh() {
    frame ??= requestAnimationFrame(draw);
  }
  // Screen readers hear where a slider rests, not every place that it passes.
  function announce() {
    clearTimeout(speech);
    speech = setTimeout(() => {
      const { parameters, macs } = current();
      find(".spoken").textContent =
        `${short(parameters)} parameters, ${short(macs)} products. ${find(".front").textContent}`;
    }, 600);
  }
  function change(changes) {
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    model.save_changes();
    refresh();
    announce();
  }

  root.addEventListener("input", ({ target }) => {
    const name = target.dataset.slider;
    if (!name) return;
    const value = SLIDERS[name][1][Number(target.value)];
    phi = name === "phi" ? value : undefined;
    change(name === "phi"
      ? { depth: 1.2 ** value, width: 1.1 ** value, pixels: Math.round(BASE * 1.15 ** value) }
      : { [name]: value });
  });
  root.addEventListener("change", ({ target }) => {
    if (target.closest("[data-setting=axis]")) change({ axis: target.value });
  });
  root.addEventListener("click", ({ target }) => {
    const published = PUBLISHED[target.dataset.network];
    if (!published) return;
    phi = undefined;
    const [width, depth, pixels] = published;
    change({ width, depth, pixels });
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
