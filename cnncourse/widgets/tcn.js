// The live demo of lesson 10-tcn: a stack over time, and all that one output sees.
// The traits of tcn.py are its whole interface, in Jupyter and on a static page.
import { radios, range } from "./board.js";

const CHOICES = [
  ["kernel_size", "Kernel", [1, 2, 3, 4]],
  ["levels", "Levels", [1, 2, 3, 4]],
  ["convs", "Convolutions a level", [1, 2]],
  ["dilations", "Dilations", ["doubling", "all 1"]],
  ["padding", "Zeros", ["in front", "both ends"]],
];
const TRAITS = [...CHOICES.map(([name]) => name), "now"];
const PITCH = 20, HEIGHT = 300;

const skeleton = (group) => `
<div class="settings">${CHOICES.map(([name, legend, values]) =>
  radios(name, legend, values.map((one) => [one, one]), group)).join("")}</div>
<div class="time" role="img"><svg aria-hidden="true"></svg></div>
<label class="look">Output at step <output></output>
  <input type="range" min="0" step="1" aria-label="Step of the output"></label>
<div class="facts"></div>
<p role="status" class="spoken"></p>`;

// As in tcn.py.
const tapsOf = (kernel, dilation, padding) => {
  const past = dilation * (kernel - 1);
  const ahead = padding === "both ends" ? Math.floor(past / 2) : 0;
  return range(kernel).map((place) => ahead - past + dilation * place);
};
const layerDilations = (levels, convs, dilations) => range(levels).flatMap((level) =>
  Array(convs).fill(dilations === "doubling" ? 2 ** level : 1));
const seenSteps = (now, layers, steps) => layers.reduceRight((rows, places) => {
  const reached = new Set(rows.at(-1).flatMap((step) => places.map((place) => step + place)));
  rows.push([...reached].filter((step) => step >= 0 && step < steps).sort((a, b) => a - b));
  return rows;
}, [[now]]);

function render({ model, el }) {
  const get = (key) => model.get(key);
  const root = document.createElement("div");
  root.className = "course-demo tcn-demo";
  root.innerHTML = skeleton(Math.random().toString(36).slice(2));
  const find = (selector) => root.querySelector(`:scope ${selector}`);
  // JupyterLab would take arrows for itself. It looks at the focused element first.
  for (const element of root.querySelectorAll("input")) element.dataset.lmSuppressShortcuts = "true";
  let frame, speech;

  const stack = () => {
    const dilations = layerDilations(get("levels"), get("convs"), get("dilations"));
    const layers = dilations.map((one) => tapsOf(get("kernel_size"), one, get("padding")));
    return { dilations, layers, rows: seenSteps(get("now"), layers, get("steps")) };
  };

  const words = ({ rows }) => {
    const seen = rows.at(-1), later = seen.filter((step) => step > get("now")).length;
    const from = seen[0] === seen.at(-1) ? `step ${seen[0]}` : `from ${seen[0]} to ${seen.at(-1)}`;
    return `The output at step ${get("now")} sees ${seen.length} of ${get("steps")} steps, ${from}. ` +
      (later ? `${later} of them ${later === 1 ? "lies" : "lie"} in its future.` : "None lies in its future.");
  };

  function drawStack(found) {
    const { dilations, layers, rows } = found, now = get("now"), steps = get("steps");
    const gap = HEIGHT / layers.length, x = (step) => PITCH * (step + 0.5);
    const y = (row) => 14 + gap * row, kind = (step) => (step > now ? "leak" : "seen");
    const lines = rows.slice(0, -1).flatMap((lit, row) => {
      const below = new Set(rows[row + 1]);
      return lit.flatMap((step) => layers.at(-1 - row).map((place) => step + place)
        .filter((one) => below.has(one)).map((one) => `<line class="${kind(one)}" x1="${x(step)}"
          y1="${y(row)}" x2="${x(one)}" y2="${y(row + 1)}"/>`));
    });
    // What leaks is a square, for those who do not see its colour.
    const dots = rows.flatMap((lit, row) => range(steps).map((step) => {
      const name = lit.includes(step) ? kind(step) : "dark";
      return name === "leak"
        ? `<rect class="leak" x="${x(step) - 7}" y="${y(row) - 7}" width="14" height="14"/>`
        : `<circle class="${name}" cx="${x(step)}" cy="${y(row)}" r="${name === "seen" ? 7 : 4.5}"/>`;
    }));
    const svg = find("svg");
    svg.setAttribute("viewBox", `0 0 ${PITCH * steps} ${HEIGHT + 28}`);
    svg.innerHTML = `<rect class="future" x="${PITCH * (now + 1)}" y="0" width="${
      PITCH * (steps - 1 - now)}" height="${HEIGHT + 28}"/>${lines.join("")}${dots.join("")}`;
    const time = find(".time");
    time.dataset.rows = JSON.stringify(rows);
    time.ariaLabel = `${layers.length} layers with dilations ${dilations.join(", ")} over ${
      steps} time steps. ${words(found)}`;
  }

  function drawFacts(found) {
    const later = found.rows.at(-1).filter((step) => step > get("now")).length;
    const whole = 1 + found.dilations.reduce((sum, one) => sum + one * (get("kernel_size") - 1), 0);
    const verdict = later
      ? `<p class="alarm"><b>A leak.</b> The red squares lie in the future of this output.</p>`
      : `<p>Nothing leaks from the shaded side, the future of this output.</p>`;
    find(".facts").innerHTML = `<p>${words(found)} The dilations are ${
      found.dilations.join(", ")}, so the whole field is <b>${whole}</b> ${
      whole === 1 ? "step" : "steps"} long.</p>${verdict}`;
    find(".facts").dataset.field = whole;
  }

  function draw() {
    frame = undefined;
    const found = stack();
    drawStack(found);
    drawFacts(found);
    const slider = find(".look input");
    slider.max = get("steps") - 1;
    slider.value = get("now");
    find(".look output").textContent = get("now");
    for (const input of root.querySelectorAll("[data-setting] input"))
      input.checked = input.value === String(get(input.closest("fieldset").dataset.setting));
  }
  const refresh = () => (frame ??= requestAnimationFrame(draw));

  function change(key, value) {
    model.set(key, value);
    model.save_changes();
    clearTimeout(speech);
    speech = setTimeout(() => { find(".spoken").textContent = words(stack()); }, 600);
    refresh();
  }

  root.addEventListener("input", ({ target }) => {
    if (target.matches("[type=range]")) return change("now", Number(target.value));
    const name = target.closest("fieldset").dataset.setting;
    const [, , values] = CHOICES.find(([one]) => one === name);
    change(name, values.find((one) => String(one) === target.value));
  });
  find("svg").addEventListener("pointerdown", (event) => {
    const area = find("svg").getBoundingClientRect();
    const step = Math.floor(((event.clientX - area.left) / area.width) * get("steps"));
    change("now", Math.max(0, Math.min(get("steps") - 1, step)));
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
