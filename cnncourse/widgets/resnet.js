// The live demo of lesson 08-resnet: how a gradient fares on its way back, layer by layer.
// The traits of resnet.py are its whole interface, in Jupyter and on a static page.
import { gradientSizes } from "./gradient_flow.js";
import { buttons, minus, radios, range } from "./board.js";

const TRAITS = ["depth", "spread", "batch_norm", "skip", "seed"];
const [WIDE, HIGH, LEFT, BOTTOM, GAP] = [640, 330, 58, 46, 14];
const CHOICES = [["batch_norm", "BatchNorm"], ["skip", "Shortcuts"]];

const slider = (name, words, [min, max, step]) => `
<label class="slide">${words} <output></output>
  <input type="range" name="${name}" min="${min}" max="${max}" step="${step}"></label>`;

const skeleton = (presets, [least, most, thin, wide], group) => `
${buttons("preset", "Network", Object.keys(presets))}
<div class="chart"><svg viewBox="0 0 ${WIDE} ${HIGH}" role="img"></svg></div>
<p class="key"><span class="chosen"></span> <span class="other"></span></p>
<div class="settings">
  ${slider("depth", "Layers:", [least, most, 1])}
  ${slider("spread", "First weights, times He's:", [thin, wide, 0.01])}
  ${CHOICES.map(([name, words]) => radios(name, words, [[false, "without"], [true, "with"]], group))
    .join("")}
  <button type="button" class="again">other weights</button>
</div>
<p class="remark"></p>
<p role="status" class="spoken"></p>`;

const NAMES = { false: "without shortcuts", true: "with shortcuts" };

// 0.00012 as "1.2 · 10⁻⁴", numbers near 1 as they are.
const SUPER = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const power = (n) => `10${n < 0 ? "⁻" : ""}${[...String(Math.abs(n))].map((d) => SUPER[d]).join("")}`;
function inWords(value) {
  if (value >= 0.01 && value < 1000) return minus(+value.toPrecision(2));
  const exponent = Math.floor(Math.log10(value));
  return `${+(value / 10 ** exponent).toPrecision(2)} · ${power(exponent)}`;
}

function judged(ratio) {
  if (ratio < 1e-2) return "It has <b>vanished</b>: the first layers hardly learn.";
  if (ratio > 1e2) return "It has <b>exploded</b>: a step that suits the last layer throws the first one off.";
  return "All layers get a gradient of about <b>one size</b>.";
}

function render({ model, el }) {
  const get = (key) => model.get(key);
  const root = document.createElement("div");
  root.className = "course-demo resnet-demo";
  root.innerHTML = skeleton(get("presets"), get("bounds"), Math.random().toString(36).slice(2));
  const find = (selector) => root.querySelector(`:scope ${selector}`);
  // JupyterLab would take arrows and Enter for itself. It looks at the focused element first.
  for (const element of root.querySelectorAll("button, input"))
    element.dataset.lmSuppressShortcuts = "true";
  let frame, speech;

  const sizes = (skip) =>
    gradientSizes(get("depth"), get("spread"), get("batch_norm"), skip, get("seed"));

  function drawChart(lines) {
    const depth = get("depth"), logs = lines.map((line) => line.map(Math.log10)), all = logs.flat();
    const low = Math.floor(Math.min(...all) - 0.1), high = Math.ceil(Math.max(...all) + 0.1);
    const x = (layer) => LEFT + ((layer - 1) / (depth - 1)) * (WIDE - LEFT - GAP);
    const y = (log) => GAP + ((high - log) / (high - low)) * (HIGH - GAP - BOTTOM);
    const step = Math.max(1, Math.floor((high - low) / 6));
    const marks = range(Math.floor((high - low) / step) + 1).map((i) => low + i * step);
    const layers = [...new Set(range(5).map((i) => Math.round(1 + (i * (depth - 1)) / 4)))];
    const path = (line) => `M${line.map((log, i) => `${x(i + 1).toFixed(1)} ${y(log).toFixed(1)}`).join("L")}`;
    find("svg").innerHTML = marks.map((log) => `<path class="grid" d="M${LEFT} ${y(log)}H${WIDE - GAP}"/>
      <text x="${LEFT - 8}" y="${y(log) + 5}" text-anchor="end">${power(log)}</text>`).join("") +
      layers.map((layer) => `<text x="${x(layer)}" y="${HIGH - BOTTOM + 20}" text-anchor="middle">${
        layer}</text>`).join("") +
      `<text x="${(LEFT + WIDE) / 2}" y="${HIGH - 6}" text-anchor="middle">layer</text>` +
      `<path class="other" d="${path(logs[1])}"/><path class="chosen" d="${path(logs[0])}"/>` +
      logs[0].map((log, i) => `<circle cx="${x(i + 1)}" cy="${y(log)}" r="2.5"/>`).join("");
  }

  function drawWords(lines) {
    const [chosen, other] = lines.map((line) => line[0]), depth = get("depth"), skip = get("skip");
    find(".key .chosen").textContent = `${NAMES[skip]}: first / last = ${inWords(chosen)}`;
    find(".key .other").textContent = `${NAMES[!skip]}: ${inWords(other)}`;
    find(".remark").innerHTML = `In ${depth} layers ${NAMES[skip]}, the gradient of the first weight
      is <b>${inWords(chosen)}</b> times that of the last. ${judged(chosen)}`;
    find("svg").ariaLabel = `The size of the gradient at each of ${depth} layers, on a logarithmic
      scale. First over last: ${inWords(chosen)} ${NAMES[skip]}, ${inWords(other)} ${NAMES[!skip]}.`;
    root.dataset.chosen = JSON.stringify(lines[0]);
    root.dataset.other = JSON.stringify(lines[1]);
  }

  function draw() {
    frame = undefined;
    const lines = [sizes(get("skip")), sizes(!get("skip"))];
    drawChart(lines);
    drawWords(lines);
    for (const input of root.querySelectorAll("[type=range]")) {
      input.value = get(input.name);
      input.previousElementSibling.textContent = input.name === "depth" ? get("depth")
        : get("spread").toFixed(2);
    }
    for (const input of root.querySelectorAll("fieldset input"))
      input.checked = String(get(input.closest("fieldset").dataset.setting)) === input.value;
    for (const button of root.querySelectorAll("[data-preset]"))
      button.ariaPressed = Object.entries(get("presets")[button.dataset.preset])
        .every(([key, value]) => get(key) === value);
  }
  const refresh = () => (frame ??= requestAnimationFrame(draw));

  function change(changes) {
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    model.save_changes();
    clearTimeout(speech);
    speech = setTimeout(() => { find(".spoken").textContent = find(".remark").textContent; }, 600);
    refresh();
  }

  root.addEventListener("input", ({ target }) => {
    if (target.type === "range") change({ [target.name]: Number(target.value) });
    else change({ [target.closest("fieldset").dataset.setting]: target.value === "true" });
  });
  root.addEventListener("click", ({ target }) => {
    if (target.dataset.preset) change(get("presets")[target.dataset.preset]);
    else if (target.matches(".again")) change({ seed: (get("seed") + 1) % 10000 });
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
