// How the weight-sharing demo looks: its parts, and how they show one state of the traits.
import { LAYERS, moved, shortest, weightCounts } from "./moving_picture.js";
import {
  box, buttons, greyColour, grid, minus, paint, radios, signedColour,
} from "./board.js";

export const SETTINGS = {
  padding: ["Outside of the picture", [["zeros", "zeros"], ["circular", "the other side"]]],
  stride: ["Stride", [[1, "1"], [2, "2"]]],
  tied: ["Kernels of the local layer",
    [[0, "all different"], [0.5, "half-way"], [1, "all the same"]]],
};
const TITLES = { dense: "Dense", local: "Locally connected", convolution: "Convolution" };
const ROWS = {
  now: "map of the moved picture", along: "first map, moved along", difference: "difference",
};
const PICTURE_LABEL = `The picture. Arrow keys move it by one pixel, Home puts it back.`;
const STEPS = [["ArrowUp", "↑", "up"], ["ArrowLeft", "←", "left"], ["Home", "⌂", "back"],
  ["ArrowRight", "→", "right"], ["ArrowDown", "↓", "down"]];

export const skeleton = (images, kernels, group) => `
${buttons("image", "Picture", Object.keys(images))}
${buttons("kernel", "Kernel", Object.keys(kernels))}
<div class="stage">
  <div class="panel mover"><p><b>Picture</b></p>
    ${grid("image", `tabindex="0" role="application" aria-label="${PICTURE_LABEL}"`)}
    <p class="hint">Drag it, or use arrow keys.</p>
    <div class="steps" role="group" aria-label="Move the picture">${STEPS.map(([key, sign, word]) =>
      `<button type="button" data-key="${key}" aria-label="${word}">${sign}</button>`).join("")}
    </div>
    <p class="moved"></p></div>
  ${LAYERS.map((layer) => `<div class="panel layer" data-layer="${layer}">
    <p><b>${TITLES[layer]}</b></p><p class="count"></p>
    ${Object.entries(ROWS).map(([row, words]) => `<p class="row">${words}</p>
      ${grid(`${layer}-${row}`, `role="img" aria-label="${TITLES[layer]}: ${words}"`)}`).join("")}
    <p class="error">largest: <b></b></p></div>`).join("")}
</div>
<p class="panel remark" role="status" hidden></p>
<p class="verdict"></p>
<div class="settings">${Object.entries(SETTINGS).map(([name, [legend, options]]) =>
    radios(name, legend, options, group)).join("")}</div>
<p role="status" class="spoken"></p>`;

export const number = (value) => (value < 1e-9 ? "0" : minus(value.toFixed(2)));

export function way({ dy, dx, image }) {
  const [down, right] = [shortest(dy, image.length), shortest(dx, image[0].length)];
  const parts = [down && `${Math.abs(down)} ${down > 0 ? "down" : "up"}`,
    right && `${Math.abs(right)} ${right > 0 ? "right" : "left"}`].filter(Boolean);
  return parts.length ? `moved ${parts.join(", ")}` : "not moved";
}

// What the three differences teach, in the state that is shown.
export function verdict({ dy, dx, image, padding, stride }, seen) {
  const [down, right] = [shortest(dy, image.length), shortest(dx, image[0].length)];
  if (!down && !right) return "Move the picture: which maps move along?";
  if (stride > 1 && (down % stride || right % stride))
    return `With stride ${stride} no whole step of the map is as long as this move.`;
  if (seen.convolution.error < 1e-9)
    return "The map of the convolution has moved along, number by number.";
  return padding === "zeros"
    ? "The map of the convolution has moved along, but for the border, where zeros come in."
    : "The map of the convolution has not moved along.";
}

export function draw(find, state, seen, remark) {
  const { image, dy, dx } = state, extent = [image.length, image[0].length];
  const counts = weightCounts(state);
  paint(find("[data-grid=image]"), moved(image, dy, dx), (value) => greyColour(value / 255),
    extent, "");
  for (const layer of LAYERS) {
    const { still, difference, error } = seen[layer];
    const top = Math.max(...still.flat().map(Math.abs)) || 1;
    for (const row of Object.keys(ROWS)) {
      const values = seen[layer][row];
      const marks = row === "difference" ? difference.flatMap((line, y) => line.map((value, x) =>
        (Math.abs(value) > 1e-9 ? box("wrong", y, x) : ""))).join("") : "";
      paint(find(`[data-grid=${layer}-${row}]`), values, (value) => signedColour(value / top),
        [values.length, values[0].length], marks);
    }
    find(`[data-layer=${layer}] .count`).textContent =
      `${counts[layer].toLocaleString("en").replaceAll(",", " ")} weights`;
    find(`[data-layer=${layer}] .error b`).textContent = number(error);
    find(`[data-layer=${layer}] .error`).classList.toggle("exact", error < 1e-9);
  }
  find(".moved").textContent = way(state);
  find(".verdict").textContent = verdict(state, seen);
  find(".remark").hidden = !remark;
  if (find(".remark").textContent !== remark) find(".remark").textContent = remark ?? "";
}
