import { brent, gaussianRule } from '../../numeric/index.ts';
import { chainCurve } from './chain-curve.ts';
import { groupsOf, type ChainLayer } from './chain-spectrum.ts';
import { angleVariance } from './sums.ts';

/** How the singular values of one matrix of a chain of finite width scatter about the law. */
export interface ChainScatter {
  /** Of the largest: relative standard deviation, and relative shift of its mean; `null` where the law has no soft edge. */
  readonly edge: { readonly deviation: number; readonly shift: number } | null;
  /** Relative variance of the mean of the squares. */
  readonly mean: number;
  /** Relative variance and bias of the variance of the squares. */
  readonly variance: number;
  readonly varianceBias: number;
  /** Variance of the fraction of singular values below s. */
  readonly below: (s: number) => number;
}

/** Mean and standard deviation of the Tracy–Widom law of real matrices. */
const TRACY_WIDOM = { mean: -1.20653, deviation: 1.26798 } as const;

/** Slopes of equal layers in units of their mean. */
interface Slopes {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
  readonly count: number;
  readonly spread2: number;
}

/**
 * The scatter of a chain of layers of `width` units. In every layer the slopes are a sample of so many units, which moves
 * all eigenvalues, and at a given λ the fraction below by `Σ Var arg(w - d)/(π² N)`; at an edge where the density is a root
 * the largest eigenvalue scatters besides by the law of Tracy and Widom, whose scale, relative to it, is
 * `(N √(2/B))^(-2/3)`, `B = d² ln λ/dm²` at the edge.
 * Reference: Tracy and Widom 1996, arXiv:solv-int/9509007
 */
export function chainScatter(layers: readonly ChainLayer[], width: number): ChainScatter {
  const slopes = slopesOf(layers);
  const gaussian = layers.filter(({ weights }) => weights === 'gaussian').length;
  const spread = slopes.reduce((sum, { count, spread2 }) => sum + count * spread2, gaussian);
  let [mean, variance] = [0, 0];
  for (const { nodes, weights, count, spread2 } of slopes) {
    mean += (count * spread2) / width;
    // What one d does to ln var = 2 ln mean + ln (var/mean²).
    // Without a variance nothing is relative to it.
    const share = spread > 1e-12 ? 1 / spread : 0;
    const influence = nodes.map((d) => 2 * d + share * (d * d - 2 * (1 + spread2) * d));
    const middle = influence.reduce((sum, x, i) => sum + weights[i] * x, 0);
    const square = influence.reduce((sum, x, i) => sum + weights[i] * (x - middle) ** 2, 0);
    variance += (count * square) / width;
  }
  const { groups } = groupsOf(layers);
  const lnMean =
    layers.reduce((sum, { sigmaW2 }) => sum + Math.log(sigmaW2), 0) +
    groups.reduce((sum, { law, count }) => sum + count * Math.log(law.mean), 0);
  const isCurve = groups.reduce((sum, { count }) => sum + count, 0) > 1 || gaussian > 0;
  const curve = isCurve ? chainCurve(groups) : null;
  return {
    edge: edgeOf(slopes, gaussian, width),
    mean,
    variance,
    // One part in N of what every factor adds.
    varianceBias: spread > 0 ? ((1 + spread) * (spread + gaussian)) / (spread * width) : 0,
    below: (s) => {
      if (curve === null || !(s > 0)) return 0;
      const { t, theta } = curve.stateAt(2 * Math.log(s) - lnMean);
      return groups.reduce(
        (sum, { law, count }, l) =>
          sum + (count * angleVariance(law, t[l], theta[l])) / (Math.PI ** 2 * width),
        0,
      );
    },
  };
}

function slopesOf(layers: readonly ChainLayer[]): readonly Slopes[] {
  const counts = new Map<string, { readonly layer: ChainLayer; count: number }>();
  for (const layer of layers) {
    const name = `${layer.phi.name} ${layer.phi.homogeneous ? 1 : layer.q}`;
    const known = counts.get(name);
    if (known === undefined) counts.set(name, { layer, count: 1 });
    else known.count++;
  }
  return Array.from(counts.values(), ({ layer: { phi, q }, count }) => {
    const std = Math.sqrt(phi.homogeneous ? 1 : q);
    const { nodes: z, weights } = gaussianRule(std > 0 ? phi.breakpoints.map((x) => x / std) : []);
    const values = z.map((node) => phi.df(std * node) ** 2);
    const average = values.reduce((sum, d, i) => sum + weights[i] * d, 0);
    const nodes = values.map((d) => d / average);
    const spread2 = nodes.reduce((sum, d, i) => sum + weights[i] * (d - 1) ** 2, 0);
    return { nodes, weights, count, spread2 };
  });
}

/** The soft upper edge: where λ, as a function of a real m > 0, is smallest. */
function edgeOf(slopes: readonly Slopes[], gaussian: number, width: number): ChainScatter['edge'] {
  const count = slopes.reduce((sum, one) => sum + one.count, 0);
  /** `d ln λ/dm`, and the relative variance of λ by the slopes being samples. */
  const at = (m: number): { readonly slope: number; readonly variance: number } => {
    let slope = (count - 1) / m + (gaussian + 1 - count) / (1 + m);
    let variance = 0;
    for (const one of slopes) {
      const w = placeOf(one, m);
      let [first, second] = [0, 0];
      for (let i = 0; i < one.nodes.length; i++) {
        const d = one.nodes[i];
        first += (one.weights[i] * d) / (w - d) ** 2;
        second += one.weights[i] * (d / (w - d)) ** 2;
      }
      slope -= one.count / (first * w);
      variance += (one.count * (second - m * m)) / (width * (first * w) ** 2);
    }
    return { slope, variance };
  };
  const slopeAt = (lnM: number): number => at(Math.exp(lnM)).slope;
  let low = -12;
  if (!(slopeAt(low) < 0)) return null;
  let high = low + 1;
  while (!(slopeAt(high) > 0)) {
    low = high;
    high += 1;
    // Beyond, m is a pole of a rule and not of the law.
    if (high > 12) return null;
  }
  const m = Math.exp(brent(slopeAt, low, high, 1e-6));
  const step = 1e-3 * m;
  const bend = (at(m + step).slope - at(m - step).slope) / (2 * step);
  if (!(bend > 0)) return null;
  const scale = (width * Math.sqrt(2 / bend)) ** (-2 / 3);
  // Of s half of what λ does.
  return {
    deviation:
      0.5 * Math.hypot(TRACY_WIDOM.deviation * scale, Math.sqrt(Math.max(0, at(m).variance))),
    shift: 0.5 * TRACY_WIDOM.mean * scale,
  };
}

/** The w above all d at which `E d/(w - d) = m`. */
function placeOf({ nodes, weights }: Slopes, m: number): number {
  let largest = 0;
  for (const d of nodes) largest = Math.max(largest, d);
  // In ln(w - largest), where the sum is close to a power.
  const excess = (u: number): number => {
    const w = largest + Math.exp(u);
    let sum = 0;
    for (let i = 0; i < nodes.length; i++) sum += (weights[i] * nodes[i]) / (w - nodes[i]);
    return Math.log(sum / m);
  };
  let [low, high] = [-5, 1];
  while (!(excess(low) > 0) && low > -60) low -= 5;
  while (!(excess(high) < 0) && high < 60) high += 5;
  return largest + Math.exp(brent(excess, low, high, 1e-9));
}
