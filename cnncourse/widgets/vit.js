// The live demo of lesson 11-vit. The traits of vit.py are its whole interface.
import { box, buttons, clamp, grid, paint, radios, range } from "./board.js";

const TRAITS = ["image", "patch", "row", "column", "sharpness"];
const SIDE = 48, SIZES = [4, 6, 8, 12, 16], DIM = 0.12, SHARPEST = 40;
const HEAD_TEXTS = [
  ["colour", "Are our mean colours alike?"],
  ["texture", "Are our patterns alike?"],
  ["place", "Are we near each other?"],
];
const STEPS = { ArrowLeft: [0, -1], ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowRight: [0, 1] };
const LABEL = "The photograph in patches. Arrow keys choose the patch that asks.";

const sumOf = (values) => values.reduce((sum, value) => sum + value, 0);
const average = (values) => sumOf(values) / values.length;
const dotProduct = (a, b) => sumOf(a.map((value, i) => value * b[i]));

// As features in vit.py: what each head compares, a list of numbers for each patch.
function patchFeatures(pixels, patch) {
  const n = SIDE / patch;
  const tokens = range(n * n).map((index) => {
    const [top, left] = [patch * Math.floor(index / n), patch * (index % n)];
    const inside = range(patch * patch).map((i) =>
      (top + Math.floor(i / patch)) * SIDE + left + (i % patch));
    return inside.map((at) => range(3).map((c) => pixels[3 * at + c] / 255));
  });
  const colour = tokens.map((token) => range(3).map((c) => average(token.map((rgb) => rgb[c]))));
  const texture = tokens.map((token) => {
    const grey = token.map(average), mean = average(grey);
    return grey.map((value) => value - mean);
  });
  const place = tokens.map((_, index) => [Math.floor(index / n), index % n]);
  return { colour: evenScale(colour), texture: evenScale(texture), place: evenScale(place) };
}

function evenScale(some) {
  const means = some[0].map((_, i) => average(some.map((one) => one[i])));
  const centred = some.map((one) => one.map((value, i) => value - means[i]));
  const square = average(centred.map((one) => dotProduct(one, one)));
  return square ? centred.map((one) => one.map((value) => value / Math.sqrt(2 * square))) : centred;
}

// As attend in vit.py: the softmax of the chosen patch's query with all keys.
function attendFrom(some, chosen, sharpness) {
  const query = [...some[chosen].map((value) => 2 * value), 1].map((value) => sharpness * value);
  const scores = some.map((one) => dotProduct(query, [...one, -dotProduct(one, one)]));
  const most = Math.max(...scores), powers = scores.map((score) => Math.exp(score - most));
  const total = sumOf(powers);
  return powers.map((power) => power / total);
}

const skeleton = (images, group) => `
${buttons("image", "Photo", Object.keys(images))}
<div class="settings">${radios("patch", "Patch", SIZES.map((n) => [n, `${n}×${n}`]), group)}
<label class="sharpness"><b>Sharpness</b> <output></output>
  <input type="range" min="0" max="${SHARPEST}" step="1"></label></div>
<div class="stage">
  <div class="panel"><p><b>Click a patch</b> <span class="chosen-text"></span></p>
    ${grid("image", `tabindex="0" role="application" aria-label="${LABEL}"`)}</div>
  ${HEAD_TEXTS.map(([head, text]) => `<div class="panel"><p><b>Head: ${head}</b>
    <span>${text}</span></p>${grid(head, `role="img"`)}<p class="most" data-most="${head}"></p></div>`)
    .join("")}
</div>
<p class="facts"></p>
<p role="status" class="spoken"></p>`;

const percent = (share) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)}%`;

function render({ model, el }) {
  const get = (key) => model.get(key);
  const root = document.createElement("div");
  root.className = "course-demo vit-demo";
  root.innerHTML = skeleton(get("images"), Math.random().toString(36).slice(2));
  // JupyterLab would take arrows for itself. It looks at the focused element first.
  for (const element of root.querySelectorAll("button, input, [tabindex]"))
    element.dataset.lmSuppressShortcuts = "true";
  const find = (selector) => root.querySelector(`:scope ${selector}`);
  const board = find("[data-grid=image]");
  let frame, speech;
  const count = () => SIDE / get("patch");
  const asking = () => [get("row"), get("column")].map((place) => clamp(place, 0, count() - 1));

  function draw() {
    frame = undefined;
    const pixels = get("images")[get("image")], patch = get("patch"), n = count();
    const [row, column] = asking(), compared = patchFeatures(pixels, patch);
    const colours = range(SIDE).map((y) => range(SIDE).map((x) =>
      range(3).map((c) => pixels[3 * (y * SIDE + x) + c])));
    const cuts = range(n - 1).map((i) => (i + 1) * patch);
    const lines = cuts.map((at) => `M${at} 0V${SIDE}M0 ${at}H${SIDE}`).join("");
    const frames = ["halo", "asks"].map((kind) =>
      box(kind, row * patch, column * patch, patch, patch)).join("");
    paint(board, colours, (rgb) => rgb, [SIDE, SIDE], `<path class="cuts" d="${lines}"/>${frames}`);
    for (const [head] of HEAD_TEXTS) {
      const weights = attendFrom(compared[head], row * n + column, get("sharpness"));
      const most = Math.max(...weights);
      const lit = colours.map((line, y) => line.map((rgb, x) => {
        const weight = weights[Math.floor(y / patch) * n + Math.floor(x / patch)];
        return rgb.map((value) => value * (DIM + (1 - DIM) * weight / most));
      }));
      const element = find(`[data-grid=${head}]`), at = weights.indexOf(most);
      paint(element, lit, (rgb) => rgb, [SIDE, SIDE], frames);
      // A thousand pixels say no more than the weights do.
      element.dataset.values = JSON.stringify(weights);
      const where = at === row * n + column ? "itself"
        : `row ${Math.floor(at / n) + 1}, column ${(at % n) + 1}`;
      const half = [...weights].sort((a, b) => b - a).reduce(
        ([sum, number], weight) => (sum < 0.5 ? [sum + weight, number + 1] : [sum, number]), [0, 0])[1];
      const text = `most to ${where}: ${percent(most)}; half of it to ${half} of ${n * n}`;
      element.ariaLabel = `Head ${head}: ${text}`;
      find(`[data-most=${head}]`).textContent = text;
    }
    board.dataset.values = JSON.stringify([row, column]);
    find(".chosen-text").textContent = `row ${row + 1}, column ${column + 1} asks`;
    find(".facts").innerHTML = `${SIDE} × ${SIDE} pixels make <b>${n * n} patches</b>, each a row of
      ${patch} · ${patch} · 3 = <b>${3 * patch * patch} numbers</b>. Each head has
      ${n * n} · ${n * n} = <b>${(n ** 4).toLocaleString("en-US")} weights</b>, of which you see one
      row: they add up to 1.`;
    find(".sharpness input").value = get("sharpness");
    find(".sharpness output").textContent = get("sharpness");
    for (const input of root.querySelectorAll("[data-setting=patch] input"))
      input.checked = Number(input.value) === patch;
    for (const button of root.querySelectorAll("[data-image]"))
      button.ariaPressed = button.dataset.image === get("image");
  }
  const refresh = () => { frame ??= requestAnimationFrame(draw); };

  function change(changes) {
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    model.save_changes();
    refresh();
    clearTimeout(speech);
    speech = setTimeout(() => {
      const texts = HEAD_TEXTS.map(([head]) => `${head}: ${find(`[data-most=${head}]`).textContent}`);
      find(".spoken").textContent = `${find(".chosen-text").textContent}. ${texts.join(". ")}`;
    }, 600);
  }
  const choosePatch = (row, column) => change({
    row: clamp(row, 0, count() - 1), column: clamp(column, 0, count() - 1),
  });

  board.addEventListener("keydown", (event) => {
    const step = STEPS[event.key], [row, column] = asking();
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    if (step) choosePatch(row + step[0], column + step[1]);
    else if (event.key === "Home") choosePatch(0, 0);
    else return;
    event.preventDefault();
  });
  board.addEventListener("click", (event) => {
    const area = board.getBoundingClientRect(), n = count();
    choosePatch(Math.floor(((event.clientY - area.top) / area.height) * n),
      Math.floor(((event.clientX - area.left) / area.width) * n));
  });
  root.addEventListener("input", ({ target }) => {
    if (target.matches("[type=range]")) change({ sharpness: Number(target.value) });
    else if (target.closest("[data-setting=patch]")) {
      // The same place of the photograph goes on asking.
      const patch = Number(target.value), [row, column] = asking().map((place) =>
        Math.floor(((place + 0.5) * get("patch")) / patch));
      change({ patch, row, column });
    }
  });
  root.addEventListener("click", ({ target }) => {
    if (target.dataset.image) change({ image: target.dataset.image });
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
