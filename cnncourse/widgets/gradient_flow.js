// How large the gradient is at each layer of a network; the same as gradient_flow.py.
const WIDTH = 32, EXAMPLES = 32, EPSILON = 1e-5;

// Numbers from 0 to 1, the i-th a scrambled i. (Mulberry32, by Tommy Ettinger.)
function uniform(place, seed) {
  const state = (seed + Math.imul(place + 1, 0x6d2b79f5)) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const normals = (count, from, seed) => Float64Array.from({ length: count }, (_, i) =>
  Math.sqrt(-2 * Math.log(1 - uniform(2 * (from + i), seed))) *
  Math.cos(2 * Math.PI * uniform(2 * (from + i) + 1, seed)));

// Calls back with every example and channel, and its place in an array.
function each(act) {
  for (let n = 0, at = 0; n < EXAMPLES; n++) for (let c = 0; c < WIDTH; c++) act(at++, c);
}
function meanOfChannels(value) {
  const total = new Float64Array(WIDTH);
  each((at, c) => { total[c] += value(at) / EXAMPLES; });
  return total;
}

// In a layer's rows the bias stands behind the weights.
const ROW = WIDTH + 1;
function forward(x, layer) {
  const out = new Float64Array(EXAMPLES * WIDTH);
  each((at, c) => {
    const start = at - c;
    let sum = layer[c * ROW + WIDTH];
    for (let j = 0; j < WIDTH; j++) sum += x[start + j] * layer[c * ROW + j];
    out[at] = sum;
  });
  return out;
}
function backward(grad, layer) {
  const out = new Float64Array(EXAMPLES * WIDTH);
  each((at, c) => {
    const start = at - c;
    let sum = 0;
    for (let j = 0; j < WIDTH; j++) sum += grad[start + j] * layer[j * ROW + c];
    out[at] = sum;
  });
  return out;
}

// The norm of gradᵀ · inputs, which is the gradient of a weight.
function weightNorm(grad, inputs) {
  let squares = 0;
  for (let i = 0; i < WIDTH; i++)
    for (let j = 0; j < WIDTH; j++) {
      let sum = 0;
      for (let n = 0; n < EXAMPLES; n++) sum += grad[n * WIDTH + i] * inputs[n * WIDTH + j];
      squares += sum * sum;
    }
  return Math.sqrt(squares);
}

function normalise(before) {
  const mean = meanOfChannels((at) => before[at]);
  const variance = meanOfChannels((at) => (before[at] - mean[at % WIDTH]) ** 2);
  const deviation = variance.map((one) => Math.sqrt(one + EPSILON));
  each((at, c) => { before[at] = (before[at] - mean[c]) / deviation[c]; });
  return deviation;
}

// The norms of all weights' gradients, first layer to last, in relation to the last.
export function gradientSizes(depth, spread, batchNorm, skip, seed) {
  const first = EXAMPLES * WIDTH, size = WIDTH * ROW, steps = [];
  const wide = spread * Math.sqrt(2 / WIDTH), biased = Math.sqrt(1 / (3 * WIDTH));
  let x = normals(first, 0, seed);
  const targets = normals(first, first, seed);
  for (let layer = 0; layer < depth; layer++) {
    const weight = normals(size, 2 * first + layer * size, seed)
      .map((one, at) => one * (at % ROW < WIDTH ? wide : biased));
    const before = forward(x, weight);
    const deviation = batchNorm ? normalise(before) : undefined;
    steps.push({ x, weight, before, deviation });
    x = before.map((value, at) => Math.max(value, 0) + (skip ? x[at] : 0));
  }
  let arriving = x.map((value, at) => (2 * (value - targets[at])) / first);
  const sizes = new Array(depth);
  for (let layer = depth - 1; layer >= 0; layer--) {
    const { x, weight, before, deviation } = steps[layer];
    const grad = arriving.map((value, at) => (before[at] > 0 ? value : 0));
    if (batchNorm) {
      const mean = meanOfChannels((at) => grad[at]);
      const shared = meanOfChannels((at) => grad[at] * before[at]);
      each((at, c) => { grad[at] = (grad[at] - mean[c] - before[at] * shared[c]) / deviation[c]; });
    }
    sizes[layer] = weightNorm(grad, x);
    const around = arriving;
    arriving = backward(grad, weight);
    if (skip) each((at) => { arriving[at] += around[at]; });
  }
  return sizes.map((one) => one / sizes[depth - 1]);
}
