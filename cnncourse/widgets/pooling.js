// The live demo of lesson 04-pooling. The traits of pooling.py are its whole interface.
import {
  box, buttons, clamp, greyColour, grid, minus, paint, radios, range,
} from "./board.js";

const TRAITS = ["image", "layer", "size", "stride", "down", "right", "mark", "yours", "remark"];
const FARTHEST = 8, SAME = 1e-6;
const IMAGE_LABEL = `The image. Arrow keys move it by one pixel, Home puts it back.`;
const ARROWS = [["left", "←", 0, -1], ["up", "↑", -1, 0], ["down", "↓", 1, 0], ["right", "→", 0, 1]];

// As np.roll: the value at [y][x] moves to [y + down][x + right], and comes back in at the border.
const modulo = (n, size) => ((n % size) + size) % size;
const roll = (rows, down, right) => rows.map((line, y) => line.map((_, x) =>
  rows[modulo(y - down, rows.length)][modulo(x - right, line.length)]));

const blurLine = (line) => line.map((value, i) =>
  (line[modulo(i - 1, line.length)] + 2 * value + line[modulo(i + 1, line.length)]) / 4);
const flipAxes = (rows) => rows[0].map((_, x) => rows.map((line) => line[x]));
const blurRows = (rows) => flipAxes(flipAxes(rows.map(blurLine)).map(blurLine));

const largestOf = (values) => Math.max(...values);
const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

// As pool in pooling.py.
function poolImage(image, layer, size, stride) {
  if (layer === "global") return [[meanOf(image.flat())]];
  const [height, width] = [image.length, image[0].length];
  const seen = (y, x) => range(size).flatMap((i) => range(size).map((j) =>
    image[(y + i) % height][(x + j) % width]));
  const summarise = layer === "average" ? meanOf : largestOf;
  let values = layer === "stride" ? image
    : image.map((line, y) => line.map((_, x) => summarise(seen(y, x))));
  if (layer === "blurred") values = blurRows(values);
  const kept = (_, i) => i % stride === 0;
  return values.filter(kept).map((line) => line.filter(kept));
}

// As shift in pooling.py: both outputs, and where they differ from each of two expectations.
function compareOutputs({ image, layer, size, stride, down, right }) {
  const moved = roll(image, down, right);
  const before = poolImage(image, layer, size, stride);
  const after = poolImage(moved, layer, size, stride);
  const misses = (rows) => after.map((line, y) => line.map((value, x) =>
    Math.abs(value - rows[y][x]) > SAME));
  const count = (mask) => mask.flat().filter(Boolean).length;
  const steps = (way) => [Math.floor(way / stride), Math.ceil(way / stride)];
  const guesses = steps(down).flatMap((y) => steps(right).map((x) => misses(roll(before, y, x))));
  const unexplained = guesses.reduce((best, mask) => (count(mask) < count(best) ? mask : best));
  const changed = misses(before);
  return { moved, before, after, changed, unexplained,
    changes: count(changed), left: count(unexplained), total: after.flat().length };
}

const skeleton = (images, layers, group) => `
${buttons("image", "Image", Object.keys(images))}
<div class="settings">${radios("layer", "Layer", Object.entries(layers), group)}
${radios("size", "Window", [2, 3, 4].map((n) => [n, `${n}×${n}`]), group)}
${radios("stride", "Stride", [1, 2, 4].map((n) => [n, n]), group)}</div>
<div class="stage">
  <div class="panel"><p><b>Image</b> <span class="place"></span></p>
    ${grid("image", `tabindex="0" role="application" aria-label="${IMAGE_LABEL}"`)}
    <div class="arrows" role="group" aria-label="Move the image">${ARROWS.map(([name, sign]) =>
      `<button type="button" data-way="${name}" aria-label="move ${name}">${sign}</button>`).join("")}
      <button type="button" class="home">back</button></div></div>
  <div class="panel"><p><b>Output before</b> <span class="shape"></span></p>
    ${grid("before", `role="img"`)}</div>
  <div class="panel"><p><b>Output now</b> <span class="marked"></span></p>
    ${grid("after", `role="img"`)}</div>
  <div class="panel yours" hidden><p><b>Your function</b>, errors marked</p>
    ${grid("yours", `role="img" aria-label="What your function returned"`)}</div>
</div>
<p class="remark" role="status" hidden></p>
<div class="settings">${radios("mark", "Mark outputs that are not", [
    ["stays", "as before"], ["moves", "as before, moved along"]], group)}</div>
<dl><dt>Does it stay?</dt><dd class="stays"></dd><dt>Does it move along?</dt><dd class="moves"></dd></dl>
<p role="status" class="spoken"></p>`;

const wayText = (down, right) => {
  const parts = [[right, "right", "left"], [down, "down", "up"]].filter(([way]) => way)
    .map(([way, forth, back]) => `${Math.abs(way)} ${way > 0 ? forth : back}`);
  return parts.length ? `moved ${parts.join(", ")}` : "not moved";
};

function staysText({ changes, total }, { down, right }) {
  if (!down && !right) return "Move the image, and see.";
  return changes ? `No: <b>${changes} of ${total}</b> outputs changed.`
    : `Yes: <b>0 of ${total}</b> outputs changed.`;
}

function movesText({ left, total }, { layer, stride, down, right }) {
  if (!down && !right) return "Move the image, and see.";
  if (layer === "global") return "There is one output, and no place that it could move to.";
  const whole = down % stride === 0 && right % stride === 0;
  const steps = [right, down].map((way) => minus(way / stride));
  if (whole && !left) return `Yes: it is the old output, moved by (${steps}) steps.`;
  const reason = whole ? "" : ` The stride ${stride} does not divide the shift.`;
  return left ? `No: whatever whole step you take, <b>${left} of ${total}</b> outputs differ.${reason}`
    : "Yes: it is the old output, moved by a whole step.";
}

function render({ model, el }) {
  const get = (key) => model.get(key);
  const root = document.createElement("div");
  root.className = "course-demo pooling-demo";
  root.innerHTML = skeleton(get("images"), get("layers"), Math.random().toString(36).slice(2));
  // JupyterLab would take arrows for itself. It looks at the focused element first.
  for (const element of root.querySelectorAll("button, input, [tabindex]"))
    element.dataset.lmSuppressShortcuts = "true";
  const find = (selector) => root.querySelector(`:scope ${selector}`);
  let frame, speech;
  const traits = () => Object.fromEntries(TRAITS.map((trait) => [trait, get(trait)]));
  const grey = (value) => greyColour(value / 255);

  function draw() {
    frame = undefined;
    const state = traits(), found = compareOutputs(state);
    const { moved, before, after, changed, unexplained } = found;
    const stays = state.mark === "stays", mask = stays ? changed : unexplained;
    const marks = mask.flatMap((line, y) => line.map((wrong, x) => (wrong ? box("wrong", y, x) : "")));
    paint(find("[data-grid=image]"), moved, grey, [moved.length, moved[0].length], "");
    const extent = [after.length, after[0].length];
    paint(find("[data-grid=before]"), before, grey, extent, "");
    paint(find("[data-grid=after]"), after, grey, extent, marks.join(""));
    find("[data-grid=after]").dataset.marks = JSON.stringify(mask.map((line) => line.map(Number)));
    find(".place").textContent = wayText(state.down, state.right);
    find(".shape").textContent = extent.join(" × ");
    const number = stays ? found.changes : found.left;
    find(".marked").textContent = `${number} of ${found.total} marked`;
    find("[data-grid=before]").ariaLabel = `Output before, ${extent.join(" by ")}`;
    find("[data-grid=after]").ariaLabel = `Output now, ${number} of ${found.total} outputs marked`;
    find(".stays").innerHTML = staysText(found, state);
    find(".moves").innerHTML = movesText(found, state);
    for (const name of ["layer", "size", "stride", "mark"])
      for (const input of root.querySelectorAll(`[data-setting=${name}] input`))
        input.checked = input.value === String(state[name]);
    find("[data-setting=size]").disabled = ["stride", "global"].includes(state.layer);
    find("[data-setting=stride]").disabled = state.layer === "global";
    for (const button of root.querySelectorAll("[data-image]"))
      button.ariaPressed =
        JSON.stringify(get("images")[button.dataset.image]) === JSON.stringify(state.image);
    find(".remark").hidden = !state.remark;
    find(".remark").textContent = state.remark ?? "";
    find(".yours").hidden = !state.yours;
    if (!state.yours) return;
    const differs = (value, y, x) => value === null || Math.abs(value - after[y][x]) > SAME;
    const wrong = state.yours.flatMap((line, y) => line.map((value, x) =>
      (differs(value, y, x) ? box("wrong", y, x) : "")));
    paint(find("[data-grid=yours]"), state.yours, grey, extent, wrong.join(""));
  }
  const refresh = () => { frame ??= requestAnimationFrame(draw); };

  // Screen readers hear where the image rests, not every place that it passes.
  function announce() {
    clearTimeout(speech);
    speech = setTimeout(() => {
      find(".spoken").textContent = `The image is ${find(".place").textContent}. Does it stay? ${
        find(".stays").textContent} Does it move along? ${find(".moves").textContent}`;
    }, 600);
  }
  function change(changes) {
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    model.save_changes();
    refresh();
    announce();
  }
  const move = (down, right) => change({
    down: clamp(get("down") + down, -FARTHEST, FARTHEST),
    right: clamp(get("right") + right, -FARTHEST, FARTHEST),
  });
  const home = () => change({ down: 0, right: 0 });

  find("[data-grid=image]").addEventListener("keydown", (event) => {
    const arrow = ARROWS.find(([name]) => event.key.toLowerCase() === `arrow${name}`);
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    if (arrow) move(arrow[2], arrow[3]);
    else if (event.key === "Home") home();
    else return;
    event.preventDefault();
  });
  root.addEventListener("input", ({ target }) => {
    const setting = target.closest("[data-setting]")?.dataset.setting;
    const number = ["size", "stride"].includes(setting);
    if (setting) change({ [setting]: number ? Number(target.value) : target.value });
  });
  root.addEventListener("click", ({ target }) => {
    const { image, way } = target.dataset;
    if (image) change({ image: get("images")[image] });
    else if (way) move(...ARROWS.find(([name]) => name === way).slice(2));
    else if (target.matches(".home")) home();
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
