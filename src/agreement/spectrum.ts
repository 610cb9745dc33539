import type { Graph } from '../graph/index.ts';
import type { JacobianMeasurement } from '../measure/index.ts';
import {
  chainScatter,
  chainSpectrum,
  fluctuations,
  jacobianChain,
  type ChainOptions,
  type ChainScatter,
  type JacobianSpectrum,
  type Laws,
} from '../meanfield/index.ts';
import type { Network } from '../network/index.ts';
import type { Agreement } from './agreement.ts';
import { compareNumber, type Scatter } from './compare.ts';

/** The law of the singular values between two values of a network, or why there is none. */
export type SpectrumPrediction =
  | {
      readonly spectrum: JacobianSpectrum;
      readonly scatter: ChainScatter;
      /** Units and positions of every layer. */
      readonly width: number;
      readonly places: number;
      /** Relative variance of the mean of the squares by that of the pre-activations. */
      readonly drift: number;
      readonly reason: null;
    }
  | { readonly spectrum: null; readonly reason: string };

/**
 * The law of the singular values of the Jacobian `∂to/∂from` of a wide network at an input of second moment `q`, where
 * the path is a plain chain: square layers of Gaussian or orthogonal weights, each with one function of its outputs,
 * whose pre-activations may vary from layer to layer. Else the reason, in one sentence.
 */
export function predictedSpectrum(
  graph: Graph,
  network: Network,
  laws: Laws,
  options: ChainOptions,
): SpectrumPrediction {
  const chain = jacobianChain(graph, network, laws, options);
  const none = (why: string): SpectrumPrediction => ({
    spectrum: null,
    reason: `The law of the singular values is not known here: ${why}.`,
  });
  if (typeof chain === 'string') return none(chain);
  const { layers, width, places, preactivations } = chain;
  if (width < NARROW)
    return none(
      `layers of ${width === 1 ? '1 unit' : `${width} units`} are too narrow for a law of wide ones`,
    );
  try {
    const spectrum = chainSpectrum(layers);
    if (!isSampled(spectrum)) return none('the points of its density are too far apart');
    // Pre-activations are as many as there are positions, the matrices as large as there are units.
    const scatter = chainScatter(layers, width);
    const known = fluctuations(graph, network, laws, {
      examples: 1,
      ...(options.q === undefined ? {} : { q: options.q }),
    });
    let drift = 0;
    const slopes = layers.filter((layer) => !layer.phi.homogeneous);
    for (const [i, name] of preactivations.entries()) {
      const { variance } = known.get(name)?.q ?? { variance: 0 };
      const layer = slopes[i];
      if (layer !== undefined) drift += steepness(layer) * Math.sqrt(variance ?? 0);
    }
    return { spectrum, scatter, width, places, drift: drift ** 2, reason: null };
  } catch (error) {
    if (error instanceof RangeError) return none(error.message);
    throw error;
  }
}

/** Fewer singular values have no deciles, and their variance scatters over orders of magnitude. */
const NARROW = 10;

/** Mass between two neighbouring points of a density that is drawn well. */
const COARSE = 0.08;

function isSampled({ atoms, density: { s, cdf } }: JacobianSpectrum): boolean {
  const masses = atoms.map((atom) => atom.mass);
  return s.every((at, i) => {
    if (i === 0) return true;
    const inside = atoms.reduce(
      (sum, atom, j) => (atom.s > s[i - 1] && atom.s <= at ? sum + masses[j] : sum),
      0,
    );
    return cdf[i] - cdf[i - 1] - inside < COARSE;
  });
}

/** `|d ln E φ'² / d ln q|`. */
function steepness({
  phi,
  q,
}: {
  readonly phi: { readonly df: (x: number) => number };
  readonly q: number;
}): number {
  const mean = (variance: number): number => {
    let sum = 0;
    for (let i = -48; i <= 48; i++) {
      const z = i / 8;
      sum += Math.exp(-0.5 * z * z) * phi.df(Math.sqrt(variance) * z) ** 2;
    }
    return sum;
  };
  const h = 0.02;
  return Math.abs(Math.log(mean(q * (1 + h)) / mean(q * (1 - h))) / (2 * h));
}

/** A measured spectrum beside its law. */
export interface SpectrumAgreement {
  /** Of the largest singular value of a draw, its mean over draws. */
  readonly sMax: Agreement;
  /** Mean and variance of the squares. */
  readonly mean: Agreement;
  readonly variance: Agreement;
  /** The nine deciles of the singular values. */
  readonly deciles: readonly Agreement[];
  readonly verdict: string;
}

/** Roundoff of float32 relative to the largest singular value: below, singular values are noise. */
const ROUNDING = 2 ** -22;

const DIFFERENT = 4;

/**
 * Holds measured singular values against their law: 4 standard errors are a difference. The error is that of matrices of this
 * width: the law of the largest at the edge, slopes and pre-activations that are samples of so many units, one
 * place in N for every decile, and what all orders of 1/N leave to the variance.
 */
export function agreeSpectrum(
  measured: JacobianMeasurement,
  prediction: SpectrumPrediction & { readonly spectrum: JacobianSpectrum },
): SpectrumAgreement {
  const { spectrum, scatter, places, drift } = prediction;
  const { draws } = measured;
  const count = Math.max(1, draws.mean.length);
  const size = Math.min(measured.rows, measured.cols);
  // Positions have slopes of their own.
  const own = 1 / places;
  const floor = ROUNDING * Math.sqrt(size) * spectrum.sMax;
  const logs = (values: readonly number[]): readonly number[] => values.map(Math.log);
  const average = (values: readonly number[]): number =>
    values.reduce((sum, x) => sum + x, 0) / values.length;

  const { edge } = scatter;
  const common = 0.25 * drift;
  const edgeScatter: Scatter | null =
    edge === null
      ? null
      : {
          variance: edge.deviation ** 2 + common,
          // Of several independent blocks the largest lies further out.
          bias: Math.abs(edge.shift) + (places > 1 ? edge.deviation : 0),
          sample: 0,
        };
  const shift = places > 1 ? 0 : (edge?.shift ?? 0);
  const sMax = compareNumber(
    {
      values: logs(draws.sMax),
      target: Math.log(spectrum.sMax) + shift,
      scatter: edgeScatter && {
        ...edgeScatter,
        bias: Math.abs(shift) * 0.25 + (places > 1 ? edgeScatter.bias : 0),
      },
      rounding: ROUNDING,
    },
    { measured: average(draws.sMax), predicted: spectrum.sMax, step: spectrum.sMax },
    DIFFERENT,
  );
  const meanVariance = scatter.mean * own + drift;
  const mean = compareNumber(
    {
      values: logs(draws.mean),
      target: Math.log(spectrum.mean),
      scatter: { variance: meanVariance, bias: 0.5 * meanVariance + 1 / size, sample: 0 },
      rounding: ROUNDING,
    },
    { measured: measured.mean, predicted: spectrum.mean, step: spectrum.mean },
    DIFFERENT,
  );
  // Of the variance there is one number for all draws.
  const varianceOfVariance = scatter.variance * own + 4 * drift;
  const variance = compareNumber(
    {
      values: [Math.log(Math.max(measured.variance, Number.MIN_VALUE))],
      target: Math.log(Math.max(spectrum.variance, Number.MIN_VALUE)),
      scatter: {
        variance: varianceOfVariance / count,
        bias: scatter.varianceBias + varianceOfVariance,
        sample: 0,
      },
      rounding: spectrum.variance > 0 ? floor ** 2 / spectrum.variance : Infinity,
    },
    { measured: measured.variance, predicted: spectrum.variance, step: spectrum.variance },
    DIFFERENT,
  );
  const deciles = spectrum.deciles.map((s, i) => {
    const found = measured.deciles[i + 1];
    const density = densityAt(spectrum, s);
    const steps = Math.sqrt((scatter.below(s) * own) / count);
    // Where there is no density, as at an atom, a decile is where the atom is, unless its weight is less.
    const atom = spectrum.atoms.find((one) => Math.abs(one.s - s) <= floor)?.mass ?? 0;
    const weight = Math.sqrt((atom * (1 - atom) * own) / (size * count)) + 1 / (size * DIFFERENT);
    const reach = (at: number): number => Math.abs(quantileOf(spectrum, at) - s) / DIFFERENT;
    const share = (i + 1) / 10;
    const beside =
      atom === 0
        ? 0
        : Math.max(reach(share - DIFFERENT * weight), reach(share + DIFFERENT * weight));
    const spread = density > 0 ? steps / density : 0;
    const place = density > 0 ? 1 / (size * density) : 0;
    return compareNumber(
      {
        values: [found],
        target: s,
        scatter: {
          variance: spread ** 2 + (0.25 * drift * s * s) / count,
          bias: beside + Math.min(place, s + floor) + s * (0.25 * meanVariance + 1 / size),
          sample: 0,
        },
        rounding: floor,
      },
      { measured: found, predicted: s, step: 1 },
      DIFFERENT,
    );
  });
  const all = [sMax, mean, variance, ...deciles];
  return {
    sMax,
    mean,
    variance,
    deciles,
    verdict: sentenceOf(all, { sMax, mean, variance, deciles }),
  };
}

/** The singular value below which this share of a law lies. */
function quantileOf({ atoms, density: { s, cdf } }: JacobianSpectrum, share: number): number {
  const next = cdf.findIndex((below) => below >= share);
  const least = Math.min(s[0] ?? Infinity, ...atoms.map((atom) => atom.s));
  if (next === 0) return least;
  if (next === -1) return Math.max(s.at(-1) ?? 0, ...atoms.map((atom) => atom.s));
  const part = (share - cdf[next - 1]) / (cdf[next] - cdf[next - 1]);
  return s[next - 1] + part * (s[next] - s[next - 1]);
}

function densityAt({ density: { s, rho } }: JacobianSpectrum, at: number): number {
  if (s.length === 0 || at < s[0] || at > s[s.length - 1]) return 0;
  let low = 0;
  while (low + 2 < s.length && s[low + 1] < at) low++;
  const part = (at - s[low]) / (s[low + 1] - s[low]);
  return rho[low] + part * (rho[low + 1] - rho[low]);
}

function sentenceOf(
  all: readonly Agreement[],
  { sMax, mean, variance }: Omit<SpectrumAgreement, 'verdict'>,
): string {
  const differing = all.filter(({ verdict }) => verdict === 'differs');
  if (differing.length === 0) return 'The singular values follow the law of wide networks.';
  const [first] = differing;
  const name =
    first === sMax
      ? 'the largest'
      : first === mean
        ? 'the mean of their squares'
        : first === variance
          ? 'the variance of their squares'
          : 'a decile';
  const short = (x: number | null): string => String(Number((x ?? 0).toPrecision(3)));
  return (
    `The singular values do not follow the law of wide networks: ${name} is ${short(first.measured)} where ` +
    `${short(first.predicted)} is predicted, ${short(first.errors)} standard errors away.`
  );
}
