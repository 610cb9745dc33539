import { badGain, define } from './define.ts';
import type { Scheme, Spec } from './initializer.ts';
import { linearMaps, mapSize, notLinear } from './linear-map.ts';
import { tensorOfZeros } from './tensor.ts';

/** Entry (n, k) of the HiPPO-LegS matrix. */
function entry(n: number, k: number): number {
  if (k > n) return 0;
  return k === n ? -(n + 1) : -Math.sqrt((2 * n + 1) * (2 * k + 1));
}

interface Moments {
  readonly mean: number;
  readonly std: number;
  readonly bound: number;
}

/** Below the diagonal row n adds up `-√(2n+1) Σ √(2k+1)` and, squared, `(2n+1) n²`. */
function momentsOf(spec: Spec, gain: number): Moments {
  const { outputs: order } = mapSize(spec);
  const size = order * order;
  let [roots, sum, squares] = [0, 0, 0];
  for (let n = 0; n < order; n++) {
    sum -= Math.sqrt(2 * n + 1) * roots + n + 1;
    squares += (2 * n + 1) * n * n + (n + 1) * (n + 1);
    roots += Math.sqrt(2 * n + 1);
  }
  const mean = sum / size;
  const least = order === 1 ? -1 : Math.min(-order, entry(order - 1, order - 2));
  return {
    mean: gain * mean,
    std: gain * Math.sqrt(Math.max(0, squares / size - mean * mean)),
    bound: order === 1 ? 0 : gain * Math.max(mean - least, -mean),
  };
}

/**
 * `A_nk = -√((2n+1)(2k+1))` below the diagonal, `-(n+1)` on it, 0 above, times gain: the state matrix whose
 * states are the coefficients, in Legendre polynomials scaled to all of the past, of what was put in.
 */
export const hippo: Scheme = define({
  name: 'hippo',
  formula: 'A_nk = -gain √((2n + 1)(2k + 1)) for n > k, -gain (n + 1) for n = k, 0 for n < k',
  use: 'the state matrix of a state-space layer, which then remembers all of its past (HiPPO-LegS)',
  reference: 'Gu et al. 2020, theorem 2, arXiv:2008.07669',
  options: { gain: 1 },
  problem: badGain,
  undefinedFor: (spec) => {
    const problem = notLinear(spec);
    if (problem !== null) return problem;
    const { outputs, inputs } = mapSize(spec);
    const isSquare = outputs === inputs && !spec.layout.includes('kernel');
    return isSquare
      ? null
      : `shape must be that of a square matrix, got [${spec.shape.join(', ')}]`;
  },
  mean: (spec, { gain }) => momentsOf(spec, gain).mean,
  std: (spec, { gain }) => momentsOf(spec, gain).std,
  bound: (spec, { gain }) => momentsOf(spec, gain).bound,
  draw: (_, spec, { gain }, kernels) =>
    tensorOfZeros(spec, kernels, (values) => {
      const { bases, outputs, inputs } = linearMaps(spec);
      for (const base of bases) {
        for (const [n, output] of outputs.entries()) {
          for (let k = 0; k <= n; k++) values[base + output + inputs[k]] = gain * entry(n, k);
        }
      }
    }),
});
