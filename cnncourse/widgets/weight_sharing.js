// The live demo of lesson 03-weight-sharing: how it answers the reader.
// The traits of weight_sharing.py are its whole interface, in Jupyter and on a static page.
import { LAYERS, shortest, watch } from "./moving_picture.js";
import { cellUnder } from "./board.js";
import { draw, number, SETTINGS, skeleton, way } from "./weight_sharing_view.js";

const TRAITS = ["image", "kernel", "dy", "dx", "padding", "stride", "tied", "locked", "yours",
  "remark"];
const STEP = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function render({ model, el }) {
  const get = (key) => model.get(key);
  const root = document.createElement("div");
  root.className = "course-demo weight-sharing-demo";
  root.innerHTML = skeleton(get("images"), get("kernels"), Math.random().toString(36).slice(2));
  // JupyterLab would take arrows and Enter for itself. It looks at the focused element first.
  for (const element of root.querySelectorAll("button, input, [tabindex]"))
    element.dataset.lmSuppressShortcuts = "true";
  // Without :scope, an ancestor of the demo could stand for the first half of a selector.
  const find = (selector) => root.querySelector(`:scope ${selector}`);
  const board = find("[data-grid=image]");
  let frame, speech, grip;
  const traits = () => Object.fromEntries(TRAITS.map((trait) => [trait, get(trait)]));

  function show() {
    frame = undefined;
    const state = traits(), locked = state.locked ?? [];
    draw(find, state, watch(state, state.yours), state.remark);
    for (const name of Object.keys(SETTINGS)) {
      find(`[data-setting=${name}]`).disabled = locked.includes(name);
      for (const input of root.querySelectorAll(`[data-setting=${name}] input`))
        input.checked = input.value === String(state[name]);
    }
    for (const name of ["image", "kernel"])
      for (const button of root.querySelectorAll(`[data-${name}]`))
        button.ariaPressed =
          JSON.stringify(get(`${name}s`)[button.dataset[name]]) === JSON.stringify(get(name));
  }
  function refresh() {
    frame ??= requestAnimationFrame(show);
  }
  // Screen readers hear where the picture rests, not every place that it passes.
  function announce() {
    clearTimeout(speech);
    speech = setTimeout(() => {
      const state = traits(), seen = watch(state, state.yours);
      const errors = LAYERS.map((layer) => `${layer} ${number(seen[layer].error)}`);
      find(".spoken").textContent =
        `The picture is ${way(state)}. Largest differences: ${errors.join(", ")}.`;
    }, 600);
  }
  function change(changes) {
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    model.save_changes();
    announce();
  }
  function place(dy, dx) {
    const image = get("image");
    change({ dy: shortest(dy, image.length), dx: shortest(dx, image[0].length) });
  }
  function press(key) {
    if (key === "Home") place(0, 0);
    else if (STEP[key]) place(get("dy") + STEP[key][0], get("dx") + STEP[key][1]);
    else return false;
    return true;
  }

  const cell = (event) => cellUnder(event, board, [get("image").length, get("image")[0].length]);
  board.addEventListener("pointerdown", (event) => {
    board.setPointerCapture(event.pointerId);
    grip = { from: cell(event), at: [get("dy"), get("dx")] };
  });
  board.addEventListener("pointermove", (event) => {
    if (!grip || !event.buttons) return;
    place(...cell(event).map((now, i) => grip.at[i] + now - grip.from[i]));
  });
  for (const end of ["pointerup", "pointercancel"])
    board.addEventListener(end, () => { grip = undefined; });
  board.addEventListener("keydown", (event) => {
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    if (press(event.key)) event.preventDefault();
  });

  root.addEventListener("input", ({ target }) => {
    const setting = target.closest("[data-setting]")?.dataset.setting;
    if (setting === "padding") change({ padding: target.value });
    else if (setting in SETTINGS) change({ [setting]: Number(target.value) });
  });
  root.addEventListener("click", ({ target }) => {
    const { image, kernel, key } = target.dataset;
    if (image) change({ image: get("images")[image] });
    else if (kernel) change({ kernel: get("kernels")[kernel] });
    else if (key) press(key);
  });

  el.append(root);
  show();
  for (const trait of TRAITS) model.on(`change:${trait}`, refresh);
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(speech);
    for (const trait of TRAITS) model.off(`change:${trait}`, refresh);
  };
}

export default { render };
