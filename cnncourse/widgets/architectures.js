// The live demo of lesson 07-architectures: walk through every network of the course.
// The traits of architectures.py are its whole interface, in Jupyter and on a static page.
import { clamp } from "./board.js";

const TRAITS = ["network", "layer"];
const HEIGHT = 100, WIDTH = 12;
const STRIPS = [
  ["values", "Values put out", "logarithmic", (row) => Math.log10(1 + product(row.shape))],
  ["parameters", "Parameters", "", (row) => row.parameters * row.times],
  ["macs", "MACs", "", (row) => row.macs * row.times],
];
const product = (sizes) => sizes.reduce((a, b) => a * b, 1);
const spaced = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u00a0");
const times = (sizes) => sizes.map(spaced).join(" × ");
const shade = (kind) => ["convolution", "dense", "attention"].find((word) => kind.includes(word)) ?? "other";

// Rows as objects, each with how often its block is there.
const rowsOf = ({ parts }) => parts.flatMap(([first, last, times, rows]) => rows.map(
  ([name, kind, shape, parameters, macs, sees, lastSees, jump]) =>
    ({ first, last, times, name, kind, shape, parameters, macs, sees, lastSees, jump })));
const total = (rows, key) => rows.reduce((sum, row) => sum + row[key] * row.times, 0);
const percent = (part, whole) => {
  const share = (100 * part) / (whole || 1);
  return share && share < 0.1 ? "less than 0.1 %" : `${share.toFixed(1)} %`;
};
const field = ({ sees, lastSees }) =>
  sees === null ? "all" : sees === lastSees ? spaced(sees) : `${spaced(sees)} to ${spaced(lastSees)}`;
const option = (title) => `<option>${title}</option>`;

const choices = (networks) => {
  const families = Map.groupBy(Object.keys(networks), (title) => networks[title].family);
  return [...families].map(([family, titles]) =>
    `<optgroup label="${family}">${titles.map(option).join("")}</optgroup>`).join("");
};

const skeleton = (networks) => `
<div class="top"><label>Network <select>${choices(networks)}</select></label>
  <p class="whole"></p></div>
${STRIPS.map(([key, name, scale]) => `<div class="strip"><b>${name}</b><span>${scale}</span>
  <svg data-strip="${key}" preserveAspectRatio="none" aria-hidden="true"></svg></div>`).join("")}
<p class="legend"><i class="convolution"></i> convolution <i class="dense"></i> dense layer
  <i class="attention"></i> attention <i class="other"></i> other</p>
<label class="walk">Layer <output></output>
  <input type="range" min="1" step="1" aria-label="Which layer to look at"></label>
<div class="facts"></div>
<details><summary>All layers as a table</summary><div class="scroll" tabindex="0" role="region"
  aria-label="All layers"><table><thead><tr>${["layer", "does", "puts out", "parameters", "MACs",
    "sees", "times"].map((head) => `<th scope="col">${head}</th>`).join("")}</tr></thead>
  <tbody></tbody></table></div></details>
<p role="status" class="spoken"></p>`;

function render({ model, el }) {
  const get = (key) => model.get(key);
  const root = document.createElement("div");
  root.className = "course-demo architectures-demo";
  root.innerHTML = skeleton(get("networks"));
  const find = (selector) => root.querySelector(`:scope ${selector}`);
  // JupyterLab would take arrows and Enter for itself. It looks at the focused element first.
  for (const element of root.querySelectorAll("select, input, summary, .scroll"))
    element.dataset.lmSuppressShortcuts = "true";
  let frame, speech, shown;

  const chosen = (rows) => clamp(get("layer"), 0, rows.length - 1);

  function drawStrips(rows) {
    for (const [key, , , measure] of STRIPS) {
      const svg = find(`[data-strip=${key}]`), heights = rows.map(measure);
      const most = Math.max(...heights) || 1;
      svg.setAttribute("viewBox", `0 0 ${WIDTH * rows.length} ${HEIGHT}`);
      svg.innerHTML = rows.map((row, i) => {
        const height = (HEIGHT * heights[i]) / most, x = WIDTH * i;
        return `<g data-row="${i}"><rect class="hit" x="${x}" y="0" width="${WIDTH}" height="${HEIGHT}"/>
          <rect class="${shade(row.kind)}" x="${x + 1}" y="${HEIGHT - height}" width="${
          WIDTH - 2}" height="${height}"/></g>`;
      }).join("");
    }
  }

  function drawTable(rows) {
    find("tbody").innerHTML = rows.map((row) => `<tr><th scope="row">${row.name}</th><td>${row.kind}</td>
      <td>${times(row.shape)}</td><td>${spaced(row.parameters)}</td><td>${spaced(row.macs)}</td>
      <td>${field(row)}</td><td>${row.times}</td></tr>`).join("");
  }

  function drawFacts(rows, row) {
    const [parameters, macs] = [total(rows, "parameters"), total(rows, "macs")];
    const block = row.times > 1 ? `<p>Its block is there <b>${row.times}</b> times, from
      <code>${row.first}</code> to <code>${row.last}</code>. Bars and shares count all of them.</p>` : "";
    const sees = row.sees === null
      ? "Behind this layer a value may depend on <b>the whole input</b>."
      : `One value sees <b>${field(row)}</b> input pixels along a side; its neighbour looks <b>${
        row.jump}</b> further.`;
    find(".facts").innerHTML = `<p><b>${row.kind}</b>, <code>${row.name}</code></p>
      <dl><div><dt>puts out</dt><dd>${times(row.shape)}</dd></div>
      <div><dt>parameters</dt><dd>${spaced(row.parameters)} <span>(${
        percent(row.parameters * row.times, parameters)})</span></dd></div>
      <div><dt>MACs</dt><dd>${spaced(row.macs)} <span>(${
        percent(row.macs * row.times, macs)})</span></dd></div></dl><p>${sees}</p>${block}`;
  }

  function draw() {
    frame = undefined;
    const title = get("network"), network = get("networks")[title], rows = rowsOf(network);
    const place = chosen(rows);
    if (shown !== title) {
      shown = title;
      find("select").value = title;
      find(".walk input").max = rows.length;
      find(".whole").innerHTML = `${network.year}, input ${times(network.input)}:
        <b>${spaced(total(rows, "parameters"))}</b> parameters, <b>${
        spaced(total(rows, "macs"))}</b> MACs`;
      drawStrips(rows);
      drawTable(rows);
    }
    for (const group of root.querySelectorAll("[data-row]"))
      group.classList.toggle("chosen", Number(group.dataset.row) === place);
    [...find("tbody").children].forEach((line, i) => line.classList.toggle("chosen", i === place));
    find(".walk input").value = place + 1;
    find(".walk output").textContent = `${place + 1} of ${rows.length}`;
    Object.assign(root.dataset, { network: title, layer: place });
    drawFacts(rows, rows[place]);
  }
  const refresh = () => (frame ??= requestAnimationFrame(draw));

  function change(changes) {
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    model.save_changes();
    clearTimeout(speech);
    speech = setTimeout(() => {
      const rows = rowsOf(get("networks")[get("network")]), row = rows[chosen(rows)];
      find(".spoken").textContent = `Layer ${chosen(rows) + 1}, ${row.kind}: puts out ${
        times(row.shape)}, ${spaced(row.parameters)} parameters.`;
    }, 600);
    refresh();
  }

  root.addEventListener("input", ({ target }) => {
    if (target.matches("select")) change({ network: target.value, layer: 0 });
    else if (target.matches("[type=range]")) change({ layer: Number(target.value) - 1 });
  });
  root.addEventListener("click", ({ target }) => {
    const row = target.closest("[data-row]");
    if (row) change({ layer: Number(row.dataset.row) });
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
