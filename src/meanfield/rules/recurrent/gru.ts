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

const meanOf = ({ coefficients }: Series): number => coefficients[0];

/**
 * `h_t = z h_{t-1} + (1-z) n`, `n = φ(W x + U (r h_{t-1}) + b)`, or with `resetLast` `φ(W x + b + r (U h_{t-1} + b'))`, over finitely
 * many steps with the same weights at every step: covariances of all pairs of steps, `E h_t n_s` among them.
 * Approximations: the gates of one step are independent of those of other steps but for the pair that is
 * multiplied, the reset gate of the state that it multiplies, and the argument of φ is Gaussian.
 */
export function gru(
  cell: RecurrentCell,
  { moments, steps }: RecurrentInput,
  start: Moments,
): RecurrentOutput {
  const size = steps + 1;
  const at = (t: number, s: number): number => t * size + s;
  const [H, D, N] = [0, 1, 2].map(() => emptyKernel(size));
  H.same[0] = start.pairs.q;
  H.other[0] = start.pairs.k;
  const [fGate, fInner] = cell.functions;
  const [update, reset, candidate] = cell.gates;
  const { resetLast = false } = cell;
  const [z, r, n]: Series[][] = [[], [], []];
  const means = [start.mean];
  const slopes: number[][] = [[]];
  /** Covariance of the argument of φ with that of the reset gates. */
  const inner = (x: number, h: number, resets: number): number => {
    const own = candidate.input * x + candidate.inputBias.variance;
    const bias = candidate.hiddenBias.variance;
    return resetLast
      ? own + resets * (candidate.hidden * h + bias)
      : own + candidate.hidden * resets * h + bias;
  };
  for (let t = 1; t <= steps; t++) {
    const before = H.same[at(t - 1, t - 1)];
    z[t] = gateAt(fGate, update, moments.pairs.q, before);
    r[t] = gateAt(fGate, reset, moments.pairs.q, before);
    const shift = candidate.hiddenBias.mean;
    const center = candidate.inputBias.mean + (resetLast ? meanOf(r[t]) * shift : shift);
    const spread = resetLast ? (r[t].second - meanOf(r[t]) ** 2) * shift * shift : 0;
    const variance = inner(moments.pairs.q, before, r[t].second) + spread;
    n[t] = seriesOf(fInner, center, variance);
    means[t] = meanOf(z[t]) * means[t - 1] + (1 - meanOf(z[t])) * meanOf(n[t]);
    slopes[t] = [
      slopeAt(fGate, biasOf(update), z[t].variance),
      slopeAt(fGate, biasOf(reset), r[t].variance),
      slopeAt(fInner, center, variance),
    ];
    for (const kind of KINDS) {
      const updates = new Float64Array(t + 1);
      for (let s = 1; s <= t; s++) {
        const x = inputAt(moments.pairs, kind, t, s);
        const h = H[kind][at(t - 1, s - 1)];
        updates[s] = covarianceOf(z[t], z[s], preactivation(update, x, h));
        const resets = covarianceOf(r[t], r[s], preactivation(reset, x, h));
        const apart = resetLast ? (resets - meanOf(r[t]) * meanOf(r[s])) * shift * shift : 0;
        const value = covarianceOf(n[t], n[s], inner(x, h, resets) + apart);
        N[kind][at(t, s)] = N[kind][at(s, t)] = value;
      }
      // E h_s n_t for s up to t, and E h_t n_s.
      D[kind][at(0, t)] = means[0] * meanOf(n[t]);
      for (let s = 1; s <= t; s++) D[kind][at(s, t)] = carried(D[kind], N[kind], s, t);
      for (let s = 1; s < t; s++) D[kind][at(t, s)] = carried(D[kind], N[kind], t, s);
      for (let s = 1; s <= t; s++) {
        const both = updates[s];
        const value =
          both * H[kind][at(t - 1, s - 1)] +
          (meanOf(z[t]) - both) * D[kind][at(t - 1, s)] +
          (meanOf(z[s]) - both) * D[kind][at(s - 1, t)] +
          (1 - meanOf(z[t]) - meanOf(z[s]) + both) * N[kind][at(t, s)];
        H[kind][at(t, s)] = H[kind][at(s, t)] = value;
      }
    }
  }

  /** `E h_t n_s = E z E h_{t-1} n_s + E(1-z) E n_t n_s`. */
  function carried(d: Float64Array, own: Float64Array, t: number, s: number): number {
    return meanOf(z[t]) * d[at(t - 1, s)] + (1 - meanOf(z[t])) * own[at(t, s)];
  }

  const [q, k] = [H.same[at(steps, steps)], H.other[at(steps, steps)]];
  return {
    every: {
      mean: means.slice(1).reduce((sum, mean) => sum + mean, 0) / steps,
      pairs: averagesOf(H, size),
    },
    last: { mean: means[steps], pairs: { q, k, p: q, r: k } },
    cell: null,
    seconds: secondsOf(H, size),
    ...factorsOver(steps, (t, after) => {
      const [slopeZ, slopeR, slopeN] = slopes[t];
      const before = H.same[at(t - 1, t - 1)];
      const keeps = 1 - 2 * meanOf(z[t]) + z[t].second;
      const difference = n[t].second + before - 2 * D.same[at(t - 1, t)];
      const atCandidate = after.h * keeps * slopeN;
      const product = candidate.hidden * before + (resetLast ? candidate.hiddenBias.variance : 0);
      const toReset = atCandidate * slopeR * product;
      const back = throughWeights(cell, [after.h * slopeZ * difference, toReset, 0]);
      const { x } = throughWeights(cell, [0, 0, atCandidate]);
      return {
        h: after.h * z[t].second + back.h + candidate.hidden * r[t].second * atCandidate,
        x: back.x + x,
        c: 0,
      };
    }),
  };
}
