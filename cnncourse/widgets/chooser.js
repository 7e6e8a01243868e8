// The second live demo of lesson 11-vit. The traits of chooser.py are its whole interface.

const TRAITS = ["table", "max_latency_ms", "max_params", "min_top1"];
const NEEDS = [
  ["max_latency_ms", "at most", "ms for an image", [15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000]],
  ["max_params", "at most", "million parameters", [5.5, 8, 10, 15, 20, 30, 50, 80, 100, 150]],
  ["min_top1", "at least", "% right (top-1)", [60, 70, 72, 75, 77, 78, 80, 82, 83, 84]],
];
const MILLION = 1e6;
// The drawing, in units of its own: room for the axes on the left and below.
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BELOW] = [640, 340, 46, 20, 16, 40];

// As fitting in chooser.py: those that meet all needs, best first.
function fittingRows(table, need) {
  const within = (value, limit) => limit === null || limit === undefined || value <= limit;
  const least = need.min_top1 ?? null;
  return table.filter((row) => within(row.latency_ms, need.max_latency_ms) &&
    within(row.params, need.max_params) && within(-row.top1, least === null ? null : -least))
    .sort((a, b) => b.top1 - a.top1 || a.latency_ms - b.latency_ms || a.params - b.params);
}

// As front in chooser.py: those that no other beats in both.
function frontNames(table) {
  let best = -Infinity;
  return [...table].sort((a, b) => a.latency_ms - b.latency_ms || b.top1 - a.top1)
    .filter((row) => row.top1 > best && ((best = row.top1), true)).map((row) => row.name);
}

const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const short = (number) => String(+number.toPrecision(3));
const unit = (name, value) => (name === "max_params" ? value * MILLION : value);

const skeleton = `
<div class="needs">${NEEDS.map(([name, word, what, values]) => `<label><span>${word}</span>
  <select data-need="${name}" aria-label="${word} how many ${what}"><option value="">any</option>${
  values.map((value) => `<option value="${unit(name, value)}">${value}</option>`).join("")}</select>
  <span>${what}</span></label>`).join("")}
  <button type="button" class="reset">no needs</button></div>
<p class="answer remark" role="status"></p>
<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"></svg>
<p class="key"><span class="dot best"></span> chosen <span class="dot fits"></span> fits
  <span class="dot"></span> does not fit <span class="line"></span> nothing is both faster and better</p>
<details><summary>The table</summary><div class="scroll" tabindex="0" role="group" aria-label="All networks"><table><thead>
  <tr><th scope="col">network</th><th scope="col">ms</th><th scope="col">million parameters</th>
  <th scope="col">top-1, %</th><th scope="col">fits</th></tr></thead><tbody></tbody></table></div></details>`;

// Round steps between two numbers: 1, 2, 5, 10, ... for the time, every five for the accuracy.
const timeMarks = (low, high) => [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
  .filter((value) => value >= low && value <= high);
const rateMarks = (low, high) => Array.from({ length: 21 }, (_, i) => 5 * i)
  .filter((value) => value >= low && value <= high);

function drawing(table, kept, need) {
  const times = table.map((row) => row.latency_ms), rates = table.map((row) => row.top1);
  const [first, last] = [Math.min(...times) / 1.25, Math.max(...times) * 1.25];
  const [low, high] = [Math.min(...rates) - 2, Math.max(...rates) + 2];
  const x = (time) => LEFT + ((WIDTH - LEFT - RIGHT) * Math.log(time / first)) / Math.log(last / first);
  const y = (rate) => TOP + ((HEIGHT - TOP - BELOW) * (high - rate)) / (high - low);
  const [right, bottom] = [WIDTH - RIGHT, HEIGHT - BELOW];
  const parts = timeMarks(first, last).map((time) =>
    `<path class="mark" d="M${x(time)} ${TOP}V${bottom}"/><text x="${x(time)}" y="${bottom + 16}"
      text-anchor="middle">${time}</text>`);
  parts.push(...rateMarks(low, high).map((rate) =>
    `<path class="mark" d="M${LEFT} ${y(rate)}H${right}"/><text x="${LEFT - 6}" y="${y(rate) + 4}"
      text-anchor="end">${rate}</text>`));
  parts.push(`<text x="${(LEFT + right) / 2}" y="${HEIGHT - 6}" text-anchor="middle">ms for one image (each
    line is 2 to 2.5 times the last)</text><text x="12" y="${(TOP + bottom) / 2}" text-anchor="middle"
    transform="rotate(-90 12 ${(TOP + bottom) / 2})">top-1, %</text>`);
  const limit = need.max_latency_ms, least = need.min_top1;
  if (limit && limit < last) parts.push(`<path class="limit" d="M${Math.max(LEFT, x(limit))} ${TOP}V${bottom}"/>`);
  if (least && least > low && least < high) parts.push(`<path class="limit" d="M${LEFT} ${y(least)}H${right}"/>`);
  const rows = frontNames(table).map((name) => table.find((row) => row.name === name));
  parts.push(`<path class="front" d="M${rows.map((row) => `${x(row.latency_ms)} ${y(row.top1)}`).join("L")}"/>`);
  const best = kept[0];
  // The chosen one last, so that no other point covers it.
  for (const row of [...table.filter((row) => row !== best), ...(best ? [best] : [])]) {
    const kind = row === best ? "best" : kept.includes(row) ? "fits" : "";
    parts.push(`<circle class="${kind}" data-name="${escaped(row.name)}" cx="${x(row.latency_ms)}"
      cy="${y(row.top1)}" r="${row === best ? 8 : 5}"><title>${escaped(row.name)}</title></circle>`);
  }
  if (best) {
    const far = x(best.latency_ms) > WIDTH / 2;
    parts.push(`<text class="name" x="${x(best.latency_ms) + (far ? -13 : 13)}" y="${y(best.top1) + 18}"
      text-anchor="${far ? "end" : "start"}">${escaped(best.name)}</text>`);
  }
  return parts.join("");
}

function render({ model, el }) {
  const get = (key) => model.get(key);
  const root = document.createElement("div");
  root.className = "course-demo chooser-demo";
  root.innerHTML = skeleton;
  const find = (selector) => root.querySelector(`:scope ${selector}`);
  for (const element of root.querySelectorAll("button, select, summary, [tabindex]"))
    element.dataset.lmSuppressShortcuts = "true";
  let frame;

  function answer(table, kept) {
    if (!kept.length) return "<b>Nothing fits.</b> One of the needs has to give way: which one would you ask about?";
    const [best, next] = kept;
    const more = next ? ` Next best that fits: ${escaped(next.name)}, ${short(next.top1)}%.` : "";
    return `<b>${escaped(best.name)}</b>: ${short(best.top1)}% right, ${short(best.latency_ms)} ms,
      ${short(best.params / MILLION)} million parameters. ${kept.length} of ${table.length} fit.${more}`;
  }
  function draw() {
    frame = undefined;
    const table = get("table"), need = Object.fromEntries(NEEDS.map(([name]) => [name, get(name)]));
    const kept = fittingRows(table, need);
    find(".answer").innerHTML = answer(table, kept);
    find(".plot").innerHTML = drawing(table, kept, need);
    find(".plot").ariaLabel = `${table.length} networks by time and accuracy. ${
      kept.length ? `Chosen: ${kept[0].name}` : "None fits"}.`;
    find(".plot").dataset.front = JSON.stringify(frontNames(table));
    find("tbody").innerHTML = [...table].sort((a, b) => b.top1 - a.top1).map((row) =>
      `<tr data-fits="${kept.includes(row)}"><th scope="row">${escaped(row.name)}</th><td>${
        short(row.latency_ms)}</td><td>${short(row.params / MILLION)}</td><td>${short(row.top1)}</td><td>${
        row === kept[0] ? "chosen" : kept.includes(row) ? "yes" : "no"}</td></tr>`).join("");
    for (const [name] of NEEDS) {
      const select = find(`[data-need=${name}]`), value = need[name] ?? "";
      // A need from outside may be none of those on offer.
      if (![...select.options].some((option) => option.value === String(value)))
        select.add(new Option(short(name === "max_params" ? value / MILLION : value), value));
      select.value = String(value);
    }
  }
  const refresh = () => { frame ??= requestAnimationFrame(draw); };
  function change(changes) {
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    model.save_changes();
    refresh();
  }
  root.addEventListener("change", ({ target }) => {
    const { need } = target.dataset;
    if (need) change({ [need]: target.value === "" ? null : Number(target.value) });
  });
  find(".reset").addEventListener("click", () =>
    change(Object.fromEntries(NEEDS.map(([name]) => [name, null]))));

  el.append(root);
  draw();
  for (const trait of TRAITS) model.on(`change:${trait}`, refresh);
  return () => {
    cancelAnimationFrame(frame);
    for (const trait of TRAITS) model.off(`change:${trait}`, refresh);
  };
}

export default { render };
