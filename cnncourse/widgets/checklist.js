// The live demo of lesson 12-checklist: design a network under a budget, question by question.
// The traits of checklist.py are its whole interface, in Jupyter and on a static page.
import { BUDGET, SHAPE, SIDE, costs, sum, verdicts } from "./design.js";
import { buttons, radios } from "./board.js";

const TRAITS = ["layers", "ending"];
const KERNELS = [1, 3, 5, 7], FILTERS = [4, 8, 12, 16, 20, 24, 32, 64];
const ENDINGS = [["flatten", "flatten"], ["average", "global average"],
  ["largest", "largest value of each map"]];
const [MOST_LAYERS, MOST_POOLS] = [8, 4];
const number = (value) => value.toLocaleString("en").replaceAll(",", "\u202f");

const skeleton = (designs, group) => `
${buttons("design", "Design", Object.keys(designs))}
<div class="board"><table><thead><tr><th scope="col">layer</th><th scope="col">kernel</th>
  <th scope="col">filters</th><th scope="col">puts out</th><th scope="col">parameters</th>
  <th scope="col">products</th><th scope="col">sees</th><th><span class="spoken">remove</span></th>
  </tr></thead><tbody></tbody></table></div>
<div class="presets"><button type="button" data-add="conv">+ convolution</button>
  <button type="button" data-add="pool">+ pooling</button></div>
<div class="settings">${radios("ending", "Before the scores", ENDINGS, group)}</div>
<p class="budget"><label><span></span> <meter min="0" max="${BUDGET}"></meter></label></p>
<ol class="questions"></ol>
<p role="status" class="spoken"></p>`;

const select = (row, place, value, values, name) =>
  `<td><select data-row="${row}" data-place="${place}" aria-label="${name} of layer ${row + 1}">${
    values.map((n) => `<option${n === value ? " selected" : ""}>${n}</option>`).join("")
  }</select></td>`;

function sentences(layers, ending) {
  const rows = costs(layers, ending), total = sum(rows, "parameters");
  const dense = Math.round((100 * rows.at(-1).parameters) / total);
  const convolutions = layers.filter(([kind]) => kind === "conv").length;
  const sees = layers.length ? rows.at(-2).sees : 1;
  return [
    `<b>Dense weights.</b> ${dense} % of the parameters are in the last, dense layer.`,
    `<b>Sharing.</b> ${number(total)} of ${number(BUDGET)} parameters. ${total > BUDGET
      ? "What could be shared, or left out?" : "It keeps to its budget."}`,
    ending === "flatten"
      ? "<b>Moving.</b> After flattening, each place has weights of its own: a shape at a new " +
        "place meets weights that have never learned it."
      : "<b>Moving.</b> One number for each map is left, which does not say where it was.",
    `<b>Depth.</b> ${convolutions} ${convolutions === 1 ? "convolution" : "convolutions"}; a value
      before the ending sees ${sees} of ${SIDE} pixels. A shape is ${SHAPE} wide or more.`,
    convolutions
      ? "<b>Data.</b> 400 pictures are few. Convolutions begin with the idea that near pixels " +
        "belong together."
      : "<b>Data.</b> 400 pictures are few, and without a convolution nothing is known " +
        "beforehand.",
  ];
}

function render({ model, el }) {
  const get = (key) => model.get(key);
  const root = document.createElement("div");
  root.className = "course-demo checklist-demo";
  root.innerHTML = skeleton(get("designs"), Math.random().toString(36).slice(2));
  const find = (selector) => root.querySelector(`:scope ${selector}`);
  // JupyterLab would take arrows and Enter for itself. It looks at the focused element first.
  const ours = () => {
    for (const element of root.querySelectorAll("button, input, select"))
      element.dataset.lmSuppressShortcuts = "true";
  };
  let frame, speech;

  function drawRows(rows) {
    const body = find("tbody"), layers = get("layers");
    const text = JSON.stringify([layers, get("ending")]);
    if (body.dataset.shown === text) return;
    const focused = body.contains(document.activeElement) ? document.activeElement.dataset : null;
    body.dataset.shown = text;
    body.innerHTML = rows.map((row, i) => {
      const [kind, kernel, filters] = layers[i] ?? ["scores"];
      const sizes = kind === "conv"
        ? select(i, 1, kernel, KERNELS, "kernel") + select(i, 2, filters, FILTERS, "filters")
        : "<td></td><td></td>";
      const remove = kind === "scores" ? "" : `<button type="button" data-remove="${i}"
        aria-label="Remove layer ${i + 1}">×</button>`;
      return `<tr data-layer="${i + 1}"><th scope="row">${i + 1} ${
        { conv: "convolution", pool: "pooling" }[kind] ?? kind}</th>${sizes}<td>${
        row.channels} × ${row.side} × ${row.side}</td><td>${number(row.parameters)}</td><td>${
        number(row.products)}</td><td>${row.sees}</td><td>${remove}</td></tr>`;
    }).join("");
    ours();
    if (focused?.place)
      body.querySelector(`[data-row="${focused.row}"][data-place="${focused.place}"]`)?.focus();
    else if (focused) (body.querySelector("[data-remove]") ?? find("[data-add]")).focus();
  }

  function draw() {
    frame = undefined;
    const layers = get("layers"), ending = get("ending"), rows = costs(layers, ending);
    const total = sum(rows, "parameters"), good = verdicts(layers, ending);
    drawRows(rows);
    find(".budget span").textContent =
      `${number(total)} of ${number(BUDGET)} parameters, ${number(sum(rows, "products"))} products`;
    find("meter").value = Math.min(total, BUDGET);
    root.dataset.total = total;
    root.dataset.good = good.map(Number).join("");
    find(".questions").innerHTML = sentences(layers, ending).map((words, i) =>
      `<li class="${good[i] ? "good" : "bad"}"><span class="sign" aria-hidden="true">${
        good[i] ? "✓" : "✗"}</span> <span class="spoken">${good[i] ? "Content:" : "Not content:"
      }</span><span>${words}</span></li>`).join("");
    for (const input of root.querySelectorAll("[data-setting=ending] input"))
      input.checked = input.value === ending;
    for (const button of root.querySelectorAll("[data-design]"))
      button.ariaPressed = JSON.stringify(get("designs")[button.dataset.design]) ===
        JSON.stringify([layers, ending]);
    find("[data-add=conv]").disabled = layers.length >= MOST_LAYERS;
    find("[data-add=pool]").disabled = layers.length >= MOST_LAYERS ||
      layers.filter(([kind]) => kind === "pool").length >= MOST_POOLS;
  }
  const refresh = () => (frame ??= requestAnimationFrame(draw));

  function change(changes) {
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    model.save_changes();
    clearTimeout(speech);
    speech = setTimeout(() => {
      const good = verdicts(get("layers"), get("ending")).filter(Boolean).length;
      const total = sum(costs(get("layers"), get("ending")), "parameters");
      find("[role=status]").textContent = `${total} parameters; ${good} of 5 questions are content.`;
    }, 600);
    refresh();
  }

  root.addEventListener("input", ({ target }) => {
    const layers = get("layers"), { row, place } = target.dataset;
    if (target.closest("[data-setting=ending]")) change({ ending: target.value });
    else if (place) change({ layers: layers.with(row, layers[row].with(place, Number(target.value))) });
  });
  root.addEventListener("click", ({ target }) => {
    const layers = get("layers"), { design, remove, add } = target.dataset;
    if (design) {
      const [chosen, ending] = get("designs")[design];
      change({ layers: chosen, ending });
    } else if (remove) change({ layers: layers.toSpliced(Number(remove), 1) });
    else if (add) change({ layers: [...layers, add === "pool" ? ["pool"] : ["conv", 3, 8]] });
  });

  el.append(root);
  draw();
  ours();
  for (const trait of TRAITS) model.on(`change:${trait}`, refresh);
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(speech);
    for (const trait of TRAITS) model.off(`change:${trait}`, refresh);
  };
}

export default { render };
