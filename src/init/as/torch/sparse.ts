import { fillTorchNormal } from './box-muller.ts';
import { shown } from './fans.ts';
import { numberOf, type TorchFunction } from './function.ts';
import { bits32, type TorchGenerator } from './mersenne.ts';
import { checkedStd } from './plain.ts';

const call = 'torch.nn.init.sparse_';

/** `torch.randperm(n)`: the first of a shuffle from the front. */
function permute(generator: TorchGenerator, order: Uint32Array): void {
  for (let i = 0; i < order.length; i++) order[i] = i;
  for (let i = 0; i < order.length - 1; i++) {
    const j = i + (bits32(generator) % (order.length - i));
    const moved = order[i];
    order[i] = order[j];
    order[j] = moved;
  }
}

function checkedSparsity(sparsity: number): number {
  if (sparsity >= 0 && sparsity <= 1) return sparsity;
  throw new RangeError(`${call}: sparsity must be from 0 to 1, got ${sparsity}`);
}

/**
 * `N(0, std²)` with `⌈sparsity rows⌉` zeros in every column. PyTorch wants the sparsity to be given; it
 * is 0.1 here if left out.
 */
export const sparse: TorchFunction = {
  call,
  options: { sparsity: 0.1, std: 0.01 },
  choices: {},
  tolerance: 0,
  fill: (generator, out, shape, options) => {
    if (shape.length !== 2) {
      throw new RangeError(`${call}: shape must have 2 dimensions, got ${shown(shape)}`);
    }
    const [rows, columns] = shape;
    const zeros = Math.ceil(checkedSparsity(numberOf(options, 'sparsity')) * rows);
    fillTorchNormal(generator, out, 0, checkedStd(call, numberOf(options, 'std')));
    const order = new Uint32Array(rows);
    for (let column = 0; column < columns; column++) {
      permute(generator, order);
      for (let i = 0; i < zeros; i++) out[order[i] * columns + column] = 0;
    }
  },
  spread: ([rows], options) => {
    const std = checkedStd(call, numberOf(options, 'std'));
    const zeros = Math.ceil(checkedSparsity(numberOf(options, 'sparsity')) * rows);
    return { std: rows === 0 ? 0 : std * Math.sqrt(1 - zeros / rows), bound: null };
  },
};
