// What a small network costs and what it can know, as in design.py.
export const [SIDE, CLASSES, BUDGET, SHAPE] = [20, 4, 3000, 6];

export function costs(layers, ending) {
  const rows = [];
  let [channels, side, sees, jump] = [1, SIDE, 1, 1];
  for (const [kind, kernel, filters] of layers) {
    if (kind === "conv") {
      const weights = kernel ** 2 * channels * filters;
      sees += (kernel - 1) * jump;
      rows.push({ channels: filters, side, parameters: weights + 3 * filters,
        products: weights * side ** 2, sees });
      channels = filters;
    } else {
      [sees, jump, side] = [sees + jump, 2 * jump, Math.floor(side / 2)];
      rows.push({ channels, side, parameters: 0, products: 0, sees });
    }
  }
  const weights = (ending === "flatten" ? channels * side ** 2 : channels) * CLASSES;
  rows.push({ channels: CLASSES, side: 1, parameters: weights + CLASSES, products: weights,
    sees: SIDE });
  return rows;
}

export const sum = (rows, key) => rows.reduce((total, row) => total + row[key], 0);

export function verdicts(layers, ending) {
  const rows = costs(layers, ending), total = sum(rows, "parameters");
  const convolutions = layers.filter(([kind]) => kind === "conv").length;
  return [2 * rows.at(-1).parameters <= total, total <= BUDGET, ending !== "flatten",
    convolutions >= 2 && rows.at(-2).sees >= SHAPE, convolutions >= 1];
}
