// The live demo of lesson 06-representations: a walk through the units of a trained network.
// The traits of representations.py are its whole interface, in Jupyter and on a static page.
import { clamp, radios } from "./board.js";

const TRAITS = ["pages", "page", "unit"];
const WORDS = {
  real: "real", climbed: "climbed", smooth: "climbed, smooth",
};

function render({ model, el }) {
  const get = (key) => model.get(key);
  const root = document.createElement("div");
  root.className = "course-demo representations-demo";
  const group = Math.random().toString(36).slice(2);
  const layers = get("pages").map(({ name }, i) => [i, name]);
  root.innerHTML = `<div class="settings">${radios("page", "Layer", layers, group)}</div>
    <fieldset data-setting="unit" class="units"><legend>Unit</legend><div></div></fieldset>
    <div class="cards"></div><p class="remark"></p><p role="status" class="spoken"></p>`;
  const find = (selector) => root.querySelector(`:scope ${selector}`);
  let frame, speech, drawn;

  const page = () => get("pages")[clamp(get("page"), 0, get("pages").length - 1)];
  const unit = () => clamp(get("unit"), 0, page().units.length - 1);

  // One picture out of the sheet, with as many columns as there are kinds.
  function style(column, row) {
    const { sheet, units } = page(), columns = get("kinds").length;
    const place = (index, count) => (count > 1 ? (100 * index) / (count - 1) : 0);
    return `background-image:url(${sheet});background-size:${100 * columns}% ${100 * units.length}%;
      background-position:${place(column, columns)}% ${place(row, units.length)}%`;
  }

  function sentence() {
    const { name, units, responses } = page(), numbers = responses[unit()];
    const [climbed, smooth] = numbers.slice(-2), best = Math.max(...numbers.slice(0, -2));
    return `${name}, ${units[unit()]}: the best real picture excites it by ${best}, the climbed one
      by ${climbed}, the smooth one by ${smooth}. All have the same norm.`.replace(/\s+/g, " ");
  }

  function drawUnits() {
    const { units } = page(), last = get("kinds").length - 1;
    find(".units div").innerHTML = units.map((name, row) => `<label><input type="radio"
      name="unit-${group}" value="${row}"><span><i style="${style(last, row)}"></i>${
      name.replace("unit ", "")}</span></label>`).join("");
  }

  function draw() {
    frame = undefined;
    const { responses } = page(), kinds = get("kinds");
    if (drawn !== page().sheet) drawUnits();
    drawn = page().sheet;
    for (const input of root.querySelectorAll("[data-setting=page] input"))
      input.checked = get("pages")[input.value] === page();
    for (const input of root.querySelectorAll("[data-setting=unit] input")) {
      input.checked = Number(input.value) === unit();
      input.dataset.lmSuppressShortcuts = "true";
    }
    find(".cards").innerHTML = kinds.map((kind, column) => `<figure data-kind="${kind}"><div role="img"
      aria-label="${WORDS[kind]} picture" style="${style(column, unit())}"></div><figcaption>${
      WORDS[kind]}<b>${responses[unit()][column]}</b></figcaption></figure>`).join("");
    find(".remark").textContent = sentence();
    root.dataset.shown = `${get("page")}/${unit()}`;
  }
  const refresh = () => (frame ??= requestAnimationFrame(draw));

  root.addEventListener("input", ({ target }) => {
    const { setting } = target.closest("[data-setting]").dataset;
    model.set(setting, Number(target.value));
    if (setting === "page") model.set("unit", 0);
    model.save_changes();
    clearTimeout(speech);
    speech = setTimeout(() => (find(".spoken").textContent = sentence()), 600);
    refresh();
  });

  for (const element of root.querySelectorAll("input"))
    element.dataset.lmSuppressShortcuts = "true";
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
