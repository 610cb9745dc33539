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
import { covarianceOf, seriesOf, type Series } from './series.ts';

/** Gates of one step, in the order of ONNX. */
interface Gates {
  readonly i: Series;
  readonly o: Series;
  readonly f: Series;
  readonly g: Series;
}

const meanOf = ({ coefficients }: Series): number => coefficients[0];

/**
 * `c_t = f c_{t-1} + i g`, `h_t = o φ(c_t)` over finitely many steps, with the same weights at every step: covariances of all
 * pairs of steps, `E c_t c_s` and `E c_t g_s` among them, since candidates of different steps share their weights.
 * Approximations: gates of one step are independent of each other (exact) and of those of other steps but for the pair
 * that is multiplied, and the cell is Gaussian.
 * Reference: Gilboa et al. 2019, arXiv:1901.08987, without the untied weights
 */
export function lstm(
  cell: RecurrentCell,
  { moments, steps }: RecurrentInput,
  start: { readonly h: Moments; readonly c: Moments },
): RecurrentOutput {
  const size = steps + 1;
  const at = (t: number, s: number): number => t * size + s;
  const [H, C, D, G] = [0, 1, 2, 3].map(() => emptyKernel(size));
  for (const [kernel, { pairs }] of [
    [H, start.h],
    [C, start.c],
  ] as const) {
    kernel.same[0] = pairs.q;
    kernel.other[0] = pairs.k;
  }
  const [fGate, fInner, fOuter] = cell.functions;
  const gateFunctions = [fGate, fGate, fGate, fInner];
  const gates: Gates[] = [];
  const outer: Series[] = [];
  const cellMeans = [start.c.mean];
  const means = [start.h.mean];
  const slopes: number[][] = [[]];
  for (let t = 1; t <= steps; t++) {
    const [i, o, f, g] = cell.gates.map((gate, index) =>
      gateAt(gateFunctions[index], gate, moments.pairs.q, H.same[at(t - 1, t - 1)]),
    );
    gates[t] = { i, o, f, g };
    cellMeans[t] = meanOf(f) * cellMeans[t - 1] + meanOf(i) * meanOf(g);
    for (const kind of KINDS) {
      const output = new Float64Array(t + 1);
      const products = new Float64Array(t + 1);
      const kept = new Float64Array(t + 1);
      for (let s = 1; s <= t; s++) {
        const x = inputAt(moments.pairs, kind, t, s);
        const h = H[kind][at(t - 1, s - 1)];
        const pair = (index: number, own: keyof Gates): number =>
          covarianceOf(gates[t][own], gates[s][own], preactivation(cell.gates[index], x, h));
        output[s] = pair(1, 'o');
        kept[s] = pair(2, 'f');
        G[kind][at(t, s)] = G[kind][at(s, t)] = pair(3, 'g');
        products[s] = pair(0, 'i') * G[kind][at(t, s)];
      }
      // E c_s g_t for s up to t, and E c_t g_s.
      D[kind][at(0, t)] = cellMeans[0] * meanOf(g);
      for (let s = 1; s <= t; s++) D[kind][at(s, t)] = carried(gates[s], D[kind], G[kind], s, t);
      for (let s = 1; s < t; s++) D[kind][at(t, s)] = carried(gates[t], D[kind], G[kind], t, s);
      for (let s = 1; s <= t; s++) {
        const cross =
          meanOf(f) * meanOf(gates[s].i) * D[kind][at(t - 1, s)] +
          meanOf(gates[s].f) * meanOf(i) * D[kind][at(s - 1, t)];
        const value = kept[s] * C[kind][at(t - 1, s - 1)] + cross + products[s];
        C[kind][at(t, s)] = C[kind][at(s, t)] = value;
      }
      if (kind === 'same') {
        outer[t] = seriesOf(fOuter, cellMeans[t], C.same[at(t, t)] - cellMeans[t] ** 2);
      }
      for (let s = 1; s <= t; s++) {
        const covariance = C[kind][at(t, s)] - cellMeans[t] * cellMeans[s];
        const value = output[s] * covarianceOf(outer[t], outer[s], covariance);
        H[kind][at(t, s)] = H[kind][at(s, t)] = value;
      }
    }
    means[t] = meanOf(o) * meanOf(outer[t]);
    slopes[t] = [i, o, f, g].map(({ variance }, index) =>
      slopeAt(gateFunctions[index], biasOf(cell.gates[index]), variance),
    );
    slopes[t].push(slopeAt(fOuter, cellMeans[t], outer[t].variance));
  }

  /** `E c_t g_s = E f E c_{t-1} g_s + E i E g_t g_s`. */
  function carried(gate: Gates, d: Float64Array, g: Float64Array, t: number, s: number): number {
    return meanOf(gate.f) * d[at(t - 1, s)] + meanOf(gate.i) * g[at(t, s)];
  }

  const lastOf = (kernel: typeof H, mean: number): Moments => {
    const [q, k] = [kernel.same[at(steps, steps)], kernel.other[at(steps, steps)]];
    return { mean, pairs: { q, k, p: q, r: k } };
  };
  return {
    every: {
      mean: means.slice(1).reduce((sum, mean) => sum + mean, 0) / steps,
      pairs: averagesOf(H, size),
    },
    last: lastOf(H, means[steps]),
    cell: lastOf(C, cellMeans[steps]),
    seconds: secondsOf(H, size),
    ...factorsOver(steps, (t, after) => {
      const { i, o, f, g } = gates[t];
      const [slopeI, slopeO, slopeF, slopeG, slopeOuter] = slopes[t];
      const atCell = after.c + after.h * o.second * slopeOuter;
      const back = throughWeights(cell, [
        atCell * slopeI * g.second,
        after.h * slopeO * outer[t].second,
        atCell * slopeF * C.same[at(t - 1, t - 1)],
        atCell * slopeG * i.second,
      ]);
      return { ...back, c: atCell * f.second };
    }),
  };
}
