// The live demo of lesson 02-convolution: how it answers the reader.
// The traits of convolution.py are its whole interface, in Jupyter and on a static page.
import { convolve, readWeight } from "./sliding_window.js";
import { cellUnder, clamp, range, rounded } from "./board.js";
import {
  drawFacts, drawGrids, drawKernel, drawSum, SETTINGS, skeleton,
} from "./convolution_view.js";

const TRAITS = ["image", "kernel", "stride", "padding", "dilation", "flip", "row", "column",
  "locked", "yours", "remark"];

function render({ model, el }) {
  const get = (key) => model.get(key);
  const root = document.createElement("div");
  root.className = "course-demo convolution-demo";
  root.innerHTML = skeleton(get("images"), get("kernels"), Math.random().toString(36).slice(2));
  // JupyterLab would take arrows and Enter for itself. It looks at the focused element first.
  for (const element of root.querySelectorAll("button, input, [tabindex]"))
    element.dataset.lmSuppressShortcuts = "true";
  // Without :scope, an ancestor of the demo could stand for the first half of a selector.
  const find = (selector) => root.querySelector(`:scope ${selector}`);
  const [board, output] = [find("[data-grid=image]"), find("[data-grid=output]")];
  let known, frame, timer, speech, played;
  // Computed once after each change; an event may come before the next frame is drawn.
  const traits = () => Object.fromEntries(TRAITS.map((trait) => [trait, get(trait)]));
  const current = () => (known ??= convolve(traits()));

  function draw() {
    frame = undefined;
    const state = current();
    drawGrids(find, state, { yours: get("yours"), remark: get("remark"), played });
    drawKernel(find, get("kernel"));
    drawSum(find, state);
    drawFacts(find, state);
    const { taps } = state, locked = get("locked") ?? [];
    const now = { ...state, size: taps[0] === taps[1] && taps[0] };
    for (const name of Object.keys(SETTINGS)) {
      find(`[data-setting=${name}]`).disabled = locked.includes(name);
      for (const input of root.querySelectorAll(`[data-setting=${name}] input`))
        input.checked = Number(input.value) === now[name];
    }
    Object.assign(find(".flip input"), { checked: state.flip, disabled: locked.includes("flip") });
    for (const name of ["image", "kernel"])
      for (const button of root.querySelectorAll(`[data-${name}]`))
        button.ariaPressed =
          JSON.stringify(get(`${name}s`)[button.dataset[name]]) === JSON.stringify(get(name));
    find(".play").disabled = !state.rows;
    find(".play").textContent = timer ? "■ Stop" : "▶ Slide the window";
  }
  function refresh() {
    known = undefined;
    frame ??= requestAnimationFrame(draw);
  }

  function set(changes) {
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    model.save_changes();
  }
  // Screen readers hear where the window rests, not every place that it passes.
  function announce() {
    clearTimeout(speech);
    speech = setTimeout(() => {
      const { rows, columns, row, column, output } = current();
      find(".spoken").textContent = rows
        ? `Output row ${row}, column ${column}: ${rounded(output[row][column])}.
          The output is ${rows} by ${columns}.`
        : find(".sum").textContent;
    }, 600);
  }
  function change(changes) {
    stop();
    set(changes);
    announce();
  }
  function move(row, column) {
    const { rows, columns } = current();
    if (rows) change({ row: clamp(row, 0, rows - 1), column: clamp(column, 0, columns - 1) });
  }

  function stop() {
    clearInterval(timer);
    timer = played = undefined;
    refresh();
  }
  function play() {
    if (timer || !current().rows) return stop();
    played = 0;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    timer = setInterval(() => {
      const { rows, columns } = current();
      if (played >= rows * columns || !root.isConnected) return stop();
      set({ row: Math.floor(played / columns), column: played % columns });
      played += 1;
      refresh();
    }, calm ? 700 : 70);
    refresh();
  }

  function paintPixel([y, x], ink) {
    const image = get("image");
    if (image[y]?.[x] === undefined || image[y][x] === ink) return;
    change({ image: image.map((line, i) => (i === y ? line.with(x, ink) : line)) });
  }
  const toImage = (cell) => cell.map((at) => at - current().padding);
  function pointImage(event) {
    const { shape, span, padding, stride } = current();
    const cell = cellUnder(event, board, shape.map((n) => n + 2 * padding));
    const ink = find("[data-setting=pointer] input:checked").value;
    if (ink === "move") move(...cell.map((at, i) => Math.round((at - (span[i] - 1) / 2) / stride)));
    else if (event.buttons) paintPixel(toImage(cell), Number(ink));
  }
  function pointOutput(event) {
    const { rows, columns } = current();
    move(...cellUnder(event, output, [rows, columns]));
  }
  for (const [element, answer] of [[board, pointImage], [output, pointOutput]]) {
    element.addEventListener("pointerdown", (event) => {
      element.setPointerCapture(event.pointerId);
      answer(event);
    });
    element.addEventListener("pointermove", (event) => {
      if (event.buttons || event.pointerType === "mouse") answer(event);
    });
  }

  board.addEventListener("keydown", (event) => {
    const { row, column, rows, columns, span, stride } = current();
    const middle = () => toImage([row, column].map((at, i) => at * stride + (span[i] >> 1)));
    const paintMiddle = ([y, x]) => paintPixel([y, x], get("image")[y]?.[x] ? 0 : 255);
    const action = {
      ArrowUp: () => move(row - 1, column),
      ArrowDown: () => move(row + 1, column),
      ArrowLeft: () => move(row, column - 1),
      ArrowRight: () => move(row, column + 1),
      Home: () => move(event.ctrlKey ? 0 : row, 0),
      End: () => move(event.ctrlKey ? rows : row, columns),
      Enter: () => paintMiddle(middle()),
    }[event.key];
    if (!action || event.altKey || event.metaKey) return;
    event.preventDefault();
    action();
  });

  function typeWeight(input) {
    const [i, j] = input.dataset.at.split(",").map(Number), weight = readWeight(input.value);
    input.ariaInvalid = weight === null;
    if (weight === null) return;
    change({ kernel: get("kernel").map((line, y) => (y === i ? line.with(j, weight) : line)) });
  }
  // Grow or crop around the middle, so that a small kernel stays what it was.
  function resize(size) {
    const [dy, dx] = current().taps.map((k) => Math.floor((k - size) / 2)), kernel = get("kernel");
    const weight = (i, j) => kernel[i + dy]?.[j + dx] ?? 0;
    change({ kernel: range(size).map((i) => range(size).map((j) => weight(i, j))) });
  }
  root.addEventListener("input", ({ target }) => {
    const setting = target.closest("[data-setting]")?.dataset.setting;
    if (target.dataset.at) typeWeight(target);
    else if (setting === "size") resize(Number(target.value));
    else if (setting in SETTINGS) change({ [setting]: Number(target.value) });
    else if (target.closest(".flip")) change({ flip: target.checked });
  });
  root.addEventListener("focusout", ({ target }) => {
    if (target.dataset.at) target.ariaInvalid = null;
    refresh();
  });
  root.addEventListener("click", ({ target }) => {
    const { image, kernel } = target.dataset;
    if (image) change({ image: get("images")[image] });
    else if (kernel) change({ kernel: get("kernels")[kernel] });
    else if (target.matches(".clear"))
      change({ image: get("image").map((line) => line.map(() => 0)) });
    else if (target.matches(".play")) play();
  });

  find("[data-setting=pointer] input").checked = true;
  el.append(root);
  draw();
  for (const trait of TRAITS) model.on(`change:${trait}`, refresh);
  return () => {
    stop();
    cancelAnimationFrame(frame);
    clearTimeout(speech);
    for (const trait of TRAITS) model.off(`change:${trait}`, refresh);
  };
}

export default { render };
