import { fold, permutation, type FloatArray, type Kernels, type Key } from '../random/index.ts';
import type { FloatDType, Tensor } from '../tensor/index.ts';
import { define, notFinite } from './define.ts';
import type { Scheme, Spec } from './initializer.ts';
import { linearMaps, mapSize, notLinear, sums } from './linear-map.ts';
import { tensorOfZeros } from './tensor.ts';

function badStd({ std }: { readonly std: number }): string | null {
  return notFinite({ std }) ?? (std >= 0 ? null : `std must be >= 0, got ${std}`);
}

/** Zeros among the outputs of one input. */
function zerosPerColumn(spec: Spec, sparsity: number): number {
  return Math.ceil(sparsity * mapSize(spec).outputs);
}

function drawSparse(
  key: Key,
  spec: Spec,
  { sparsity, std }: { readonly sparsity: number; readonly std: number },
  kernels: Kernels,
): Tensor<FloatDType> {
  const zeros = zerosPerColumn(spec, sparsity);
  return tensorOfZeros(spec, kernels, (values) => {
    kernels.normal(key, values, 0, std);
    const { bases, outputs, inputs, taps } = linearMaps(spec);
    const columns = sums(inputs, taps);
    for (const [g, base] of bases.entries()) {
      const own = fold(key, `group/${g}`);
      for (const [c, column] of columns.entries()) {
        const order = permutation(fold(own, `column/${c}`), outputs.length);
        for (let i = 0; i < zeros; i++) values[base + outputs[order[i]] + column] = 0;
      }
    }
  });
}

/**
 * `w ~ N(0, std²)`, but of the weights of each input `⌈sparsity · out⌉` are 0, chosen by a permutation of
 * the outputs; a column is one input at one tap, with the stream `group/g`, `column/c`.
 */
export const sparse: Scheme = define({
  name: 'sparse',
  formula: 'w ~ N(0, std²), ⌈sparsity · out⌉ of the weights of every input are 0',
  use: 'dense layers that are to begin with few connections, as many for every input',
  reference: 'Martens 2010, section 5 (here a share of zeros per input, as in PyTorch)',
  options: { sparsity: 0.1, std: 0.01 },
  problem: ({ sparsity, std }) =>
    sparsity >= 0 && sparsity <= 1
      ? badStd({ std })
      : `sparsity must be from 0 to 1, got ${sparsity}`,
  undefinedFor: notLinear,
  std: (spec, { sparsity, std }) =>
    std * Math.sqrt(1 - zerosPerColumn(spec, sparsity) / mapSize(spec).outputs),
  bound: () => null,
  draw: drawSparse,
});

/** Non-zero weights of one output. */
function connected(spec: Spec, connections: number): number {
  const { inputs, taps } = mapSize(spec);
  return Math.min(connections, inputs * taps);
}

function drawConnections(
  key: Key,
  spec: Spec,
  { connections, std }: { readonly connections: number; readonly std: number },
  kernels: Kernels,
): Tensor<FloatDType> {
  const count = connected(spec, connections);
  return tensorOfZeros(spec, kernels, (values) => {
    const { bases, outputs, inputs, taps } = linearMaps(spec);
    const columns = sums(inputs, taps);
    const weights: FloatArray = new Float64Array(bases.length * outputs.length * count);
    kernels.normal(key, weights, 0, std);
    let next = 0;
    for (const [g, base] of bases.entries()) {
      const own = fold(key, `group/${g}`);
      for (const [o, output] of outputs.entries()) {
        const order = permutation(fold(own, `unit/${o}`), columns.length);
        for (let i = 0; i < count; i++) values[base + output + columns[order[i]]] = weights[next++];
      }
    }
  });
}

/**
 * Every output has `connections` incoming weights from `N(0, std²)` (all of them if there are no more),
 * the others are 0; which ones says a permutation of the inputs with the stream `group/g`, `unit/o`.
 */
export const sparseMartens: Scheme = define({
  name: 'sparse_martens',
  formula: 'every output has k = connections incoming weights w ~ N(0, std²), the others are 0',
  use: 'layers of saturating units, whose input is then of one size whatever the width; tanh with std 0.25 and biases 0.5',
  reference: 'Martens 2010, section 5; Sutskever et al. 2013, section 3.1',
  options: { connections: 15, std: 1 },
  problem: ({ connections, std }) =>
    Number.isSafeInteger(connections) && connections >= 0
      ? badStd({ std })
      : `connections must be an integer >= 0, got ${connections}`,
  undefinedFor: notLinear,
  std: (spec, { connections, std }) => {
    const { inputs, taps } = mapSize(spec);
    return std * Math.sqrt(connected(spec, connections) / (inputs * taps));
  },
  bound: () => null,
  draw: drawConnections,
});
