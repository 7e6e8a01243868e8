// The live demo of lesson 05-depth: stack layers, and see how far one value looks.
// The traits of depth.py are its whole interface, in Jupyter and on a static page.
import { sights } from "./layer_stack.js";
import { buttons, clamp, radios } from "./board.js";

const TRAITS = ["layers", "looking", "side"];
const CHOICES = [
  ["kernel", [1, 2, 3, 5, 7, 11]],
  ["stride", [1, 2, 3, 4]],
  ["dilation", [1, 2, 4, 8]],
];
const MOST = 20;

const skeleton = (stacks, sides, group) => `
${buttons("stack", "Stack", Object.keys(stacks))}
<div class="stage">
  <div class="view"><div class="photo" role="img"><svg aria-hidden="true">
      <image/><g></g></svg></div>
    <label class="look">Look through <output></output> layers
      <input type="range" min="0" step="1" aria-label="How many layers to look through"></label>
    ${radios("side", "Photograph", sides.map((n) => [n, `${n} × ${n}`]), group)}
  </div>
  <div class="stack"><table><thead><tr><th scope="col">layer</th>${CHOICES.map(([name]) =>
    `<th scope="col">${name}</th>`).join("")}<th scope="col">sees</th><th scope="col">jump</th>
    <th><span class="quiet">remove</span></th></tr></thead><tbody></tbody></table>
    <button type="button" class="add">+ add a layer</button></div>
</div>
<div class="facts"></div>
<p role="status" class="spoken"></p>`;

const select = (row, place, value) => {
  const [name, values] = CHOICES[place];
  const options = values.map((n) => `<option${n === value ? " selected" : ""}>${n}</option>`);
  return `<td><select data-row="${row}" data-place="${place}" aria-label="${name} of layer ${
    row + 1}">${options.join("")}</select></td>`;
};

const square = (kind, side, size, shift = 0) => {
  const low = Math.floor(side / 2) - Math.floor(size / 2) + shift;
  return `<rect class="${kind}" x="${low}" y="${low - shift}" width="${size}" height="${size}"/>`;
};

function render({ model, el }) {
  const get = (key) => model.get(key);
  const root = document.createElement("div");
  root.className = "course-demo depth-demo";
  const sides = Object.keys(get("pictures")).map(Number);
  root.innerHTML = skeleton(get("stacks"), sides, Math.random().toString(36).slice(2));
  const find = (selector) => root.querySelector(`:scope ${selector}`);
  // JupyterLab would take arrows and Enter for itself. It looks at the focused element first.
  for (const element of root.querySelectorAll("button, input"))
    element.dataset.lmSuppressShortcuts = "true";
  let frame, speech;

  const behind = () => clamp(get("looking"), 0, get("layers").length);

  function drawPhoto(seen, chosen) {
    const side = get("side"), { size, jump } = seen[chosen];
    const photo = find(".photo"), image = find(".photo image"), source = get("pictures")[side];
    // Inside of the drawing, where no style of the host's for pictures can move it.
    if (image.getAttribute("href") !== source)
      for (const [name, value] of [["href", source], ["width", side], ["height", side]])
        image.setAttribute(name, value);
    find(".photo svg").setAttribute("viewBox", `0 0 ${side} ${side}`);
    const hole = `M0 0H${side}V${side}H0Z`, low = Math.floor(side / 2) - Math.floor(size / 2);
    find(".photo g").innerHTML = `<path class="shade" fill-rule="evenodd" d="${hole}M${low} ${low}h${size}v${
      size}h${-size}Z"/>` + seen.slice(0, chosen).map(({ size }) => square("seen", side, size))
      .join("") + square("neighbour", side, size, jump) + square("halo", side, size) +
      square("chosen", side, size);
    photo.dataset.size = size;
    photo.dataset.jump = jump;
    const more = size > side ? ", more than there is" : "";
    photo.ariaLabel = `A photograph of ${side} by ${side} pixels. Behind ${chosen} layers, one
      value sees ${size} by ${size} of them${more}.`;
  }

  function drawRows(seen, chosen) {
    const body = find("tbody"), layers = get("layers"), text = JSON.stringify(layers);
    if (body.dataset.layers !== text) {
      const focused = body.contains(document.activeElement) ? document.activeElement : null;
      const { row, place } = focused?.dataset ?? {};
      body.dataset.layers = text;
      body.innerHTML = layers.map((sizes, i) => `<tr data-layer="${i + 1}"><th scope="row">${
        i + 1}</th>${sizes.map((value, place) => select(i, place, value)).join("")}<td>${
        seen[i + 1].size}</td><td>${seen[i + 1].jump}</td><td><button type="button" data-remove="${
        i}" aria-label="Remove layer ${i + 1}">×</button></td></tr>`).join("");
      for (const element of body.querySelectorAll("select, button"))
        element.dataset.lmSuppressShortcuts = "true";
      if (place) body.querySelector(`[data-row="${row}"][data-place="${place}"]`)?.focus();
      else if (focused) (body.querySelector("[data-remove]:last-of-type") ?? find(".add")).focus();
    }
    for (const row of body.children)
      row.className = Number(row.dataset.layer) > chosen ? "beyond" : "";
    find(".add").disabled = layers.length >= MOST;
  }

  function drawFacts(seen, chosen) {
    const { size, jump, weights } = seen[chosen], side = get("side");
    const one = size ** 2;
    const more = size > side ? ` That is more than the photograph has.` : "";
    const cost = !chosen ? "Without a layer, a value is a pixel."
      : `As convolutions with C channels everywhere, these layers have <b>${weights} · C²</b>
        weights. One layer that sees as much has <b>${one} · C²</b>.`;
    find(".facts").innerHTML = `<p>One value sees <b>${size} × ${size}</b> pixels.${more} Its
      neighbour, dashed, looks <b>${jump}</b> ${jump === 1 ? "pixel" : "pixels"} further.</p>
      <p>${cost}</p>`;
  }

  function draw() {
    frame = undefined;
    const layers = get("layers"), seen = sights(layers), chosen = behind();
    drawPhoto(seen, chosen);
    drawRows(seen, chosen);
    drawFacts(seen, chosen);
    const slider = find(".look input");
    slider.max = layers.length;
    slider.value = chosen;
    find(".look output").textContent = `${chosen} of ${layers.length}`;
    for (const input of root.querySelectorAll("[data-setting=side] input"))
      input.checked = Number(input.value) === get("side");
    for (const button of root.querySelectorAll("[data-stack]"))
      button.ariaPressed =
        JSON.stringify(get("stacks")[button.dataset.stack]) === JSON.stringify(layers);
  }
  const refresh = () => (frame ??= requestAnimationFrame(draw));

  function change(changes) {
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    model.save_changes();
    clearTimeout(speech);
    speech = setTimeout(() => {
      const { size, jump } = sights(get("layers"))[behind()];
      find(".spoken").textContent = `One value sees ${size} by ${size} pixels, jump ${jump}.`;
    }, 600);
    refresh();
  }
  // Who looks through the whole stack goes on doing so when it grows.
  function stack(layers) {
    const whole = behind() === get("layers").length;
    change({ layers, looking: whole ? layers.length : Math.min(behind(), layers.length) });
  }

  root.addEventListener("input", ({ target }) => {
    if (target.matches("[type=range]")) change({ looking: Number(target.value) });
    else if (target.closest("[data-setting=side]")) change({ side: Number(target.value) });
    else if (target.dataset.place) {
      const { row, place } = target.dataset, layers = get("layers");
      stack(layers.with(row, layers[row].with(place, Number(target.value))));
    }
  });
  root.addEventListener("click", ({ target }) => {
    const layers = get("layers"), { stack: name, remove } = target.dataset;
    if (name) {
      const chosen = get("stacks")[name], { size } = sights(chosen).at(-1);
      const side = sides.find((one) => one > size) ?? sides.at(-1);
      change({ layers: chosen, looking: chosen.length, side });
    } else if (remove) stack(layers.toSpliced(Number(remove), 1));
    else if (target.matches(".add")) stack([...layers, layers.at(-1) ?? [3, 1, 1]]);
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
