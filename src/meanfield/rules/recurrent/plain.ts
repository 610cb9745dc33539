import type { Moments } from '../pairs.ts';
import type { RecurrentCell, RecurrentInput, RecurrentOutput } from './cell.ts';
import {
  biasOf,
  factorsOver,
  gateAt,
  inputAt,
  preactivation,
  secondsOf,
  slopeAt,
  throughWeights,
} from './gates.ts';
import { averagesOf, emptyKernel, KINDS } from './kernel.ts';
import { covarianceOf, type Series } from './series.ts';

/**
 * `h_t = φ(W x_t + U h_{t-1} + b)` over finitely many steps: the pre-activations of any two steps are Gaussian with
 * `E u_t u_s = σw² E x_t x_s + σu² E h_{t-1} h_{s-1} + σb²`, exact in the wide limit with the same U at every step.
 */
export function plainRecurrent(
  cell: RecurrentCell,
  { moments, steps }: RecurrentInput,
  start: Moments,
): RecurrentOutput {
  const size = steps + 1;
  const H = emptyKernel(size);
  H.same[0] = start.pairs.q;
  H.other[0] = start.pairs.k;
  const [gate] = cell.gates;
  const [f] = cell.functions;
  const series: Series[] = [];
  const means = [start.mean];
  const slopes = [0];
  for (let t = 1; t <= steps; t++) {
    const h = H.same[(t - 1) * (size + 1)];
    series[t] = gateAt(f, gate, moments.pairs.q, h);
    means.push(series[t].coefficients[0]);
    slopes.push(slopeAt(f, biasOf(gate), series[t].variance));
    for (let s = 1; s <= t; s++) {
      for (const kind of KINDS) {
        const before = H[kind][(t - 1) * size + s - 1];
        const pre = preactivation(gate, inputAt(moments.pairs, kind, t, s), before);
        const value = covarianceOf(series[t], series[s], pre);
        H[kind][t * size + s] = H[kind][s * size + t] = value;
      }
    }
  }
  const last = H.same[size * size - 1];
  const lastOther = H.other[size * size - 1];
  return {
    every: {
      mean: means.slice(1).reduce((sum, mean) => sum + mean, 0) / steps,
      pairs: averagesOf(H, size),
    },
    last: {
      mean: means[steps],
      pairs: { q: last, k: lastOther, p: last, r: lastOther },
    },
    cell: null,
    seconds: secondsOf(H, size),
    ...factorsOver(steps, (t, after) => ({
      ...throughWeights(cell, [after.h * slopes[t]]),
      c: 0,
    })),
  };
}
