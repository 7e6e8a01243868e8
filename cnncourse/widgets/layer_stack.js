// What a stack of layers sees and what it weighs, as in layer_stack.py.
export function sights(layers) {
  const found = [{ size: 1, jump: 1, weights: 0 }];
  for (const [kernel, stride, dilation] of layers) {
    const { size, jump, weights } = found.at(-1);
    found.push({ size: size + jump * dilation * (kernel - 1), jump: jump * stride,
      weights: weights + kernel ** 2 });
  }
  return found;
}
