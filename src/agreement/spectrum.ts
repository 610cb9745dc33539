import type { Graph } from '../graph/index.ts';
import type { JacobianMeasurement } from '../measure/index.ts';
import {
  chainErrors,
  chainSpectrum,
  jacobianChain,
  type ChainErrors,
  type ChainOptions,
  type JacobianSpectrum,
  type Laws,
} from '../meanfield/index.ts';
import type { Network } from '../network/index.ts';
import type { Agreement } from './agreement.ts';
import { compareNumber, type Scatter } from './compare.ts';
import { short } from './sentence.ts';

/** The law of the singular values between two values of a network, or why there is none. */
export type SpectrumPrediction =
  | {
      readonly spectrum: JacobianSpectrum;
      /** Of one network of this width; `cdf` at those deciles where the law has a density, in their order. */
      readonly errors: ChainErrors;
      /** By how much the variance of the squares is off its wide limit, relative to it. */
      readonly varianceBias: number;
      /** Positions of every layer. */
      readonly places: number;
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
  const { layers, width, places } = chain;
  if (width < NARROW)
    return none(
      `layers of ${width === 1 ? '1 unit' : `${width} units`} are too narrow for a law of wide ones`,
    );
  try {
    const spectrum = chainSpectrum(layers);
    if (!isSampled(spectrum)) return none('the points of its density are too far apart');
    const inside = spectrum.deciles.filter((s) => densityAt(spectrum, s) > 0);
    const errors = chainErrors(layers, width, inside, places);
    // One part in N of what every factor adds.
    const relative = spectrum.variance / spectrum.mean ** 2;
    const gaussian = layers.filter(({ weights }) => weights === 'gaussian').length;
    const varianceBias =
      relative > 0 ? ((1 + relative) * (relative + gaussian)) / (relative * width) : 0;
    return { spectrum, errors, varianceBias, places, reason: null };
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
 * width (`chainErrors`), one place in N for every decile, and what all orders of 1/N leave to the variance.
 */
export function agreeSpectrum(
  measured: JacobianMeasurement,
  prediction: SpectrumPrediction & { readonly spectrum: JacobianSpectrum },
): SpectrumAgreement {
  const { spectrum, errors, varianceBias, places } = prediction;
  const { draws } = measured;
  const count = Math.max(1, draws.mean.length);
  const size = Math.min(measured.rows, measured.cols);
  const floor = ROUNDING * Math.sqrt(size) * spectrum.sMax;
  const logs = (values: readonly number[]): readonly number[] => values.map(Math.log);
  const average = (values: readonly number[]): number =>
    values.reduce((sum, x) => sum + x, 0) / values.length;

  const { lnSMax } = errors;
  // Of several independent blocks the largest lies further out.
  const shift = places > 1 ? 0 : (lnSMax?.shift ?? 0);
  const further = places > 1 ? Math.abs(lnSMax?.shift ?? 0) + (lnSMax?.error ?? 0) : 0;
  const edgeScatter: Scatter | null = lnSMax && {
    variance: lnSMax.error ** 2,
    bias: 0.25 * Math.abs(shift) + further,
    sample: 0,
  };
  const sMax = compareNumber(
    {
      values: logs(draws.sMax),
      target: Math.log(spectrum.sMax) + shift,
      scatter: edgeScatter,
      rounding: ROUNDING,
    },
    { measured: average(draws.sMax), predicted: spectrum.sMax, step: spectrum.sMax },
    DIFFERENT,
  );
  const meanVariance = errors.lnMean ** 2;
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
  const varianceOfVariance = (errors.lnVariance ?? 0) ** 2;
  const variance = compareNumber(
    {
      values: [Math.log(Math.max(measured.variance, Number.MIN_VALUE))],
      target: Math.log(Math.max(spectrum.variance, Number.MIN_VALUE)),
      scatter: {
        variance: varianceOfVariance / count,
        bias: varianceBias + varianceOfVariance,
        sample: 0,
      },
      rounding: spectrum.variance > 0 ? floor ** 2 / spectrum.variance : Infinity,
    },
    { measured: measured.variance, predicted: spectrum.variance, step: spectrum.variance },
    DIFFERENT,
  );
  let next = 0;
  const deciles = spectrum.deciles.map((s, i) => {
    const found = measured.deciles[i + 1];
    const density = densityAt(spectrum, s);
    // Where there is no density, as at an atom, a decile is where the atom is, unless its weight is less.
    const atom = spectrum.atoms.find((one) => Math.abs(one.s - s) <= floor)?.mass ?? 0;
    const weight =
      Math.sqrt((atom * (1 - atom)) / (places * size * count)) + 1 / (size * DIFFERENT);
    const reach = (at: number): number => Math.abs(quantileOf(spectrum, at) - s) / DIFFERENT;
    const share = (i + 1) / 10;
    const beside =
      atom === 0
        ? 0
        : Math.max(reach(share - DIFFERENT * weight), reach(share + DIFFERENT * weight));
    const spread = density > 0 ? errors.cdf[next++] / density / Math.sqrt(count) : 0;
    const place = density > 0 ? 1 / (size * density) : 0;
    return compareNumber(
      {
        values: [found],
        target: s,
        scatter: {
          variance: spread ** 2,
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
  return (
    `The singular values do not follow the law of wide networks: ${name} is ${short(first.measured ?? 0)} where ` +
    `${short(first.predicted ?? 0)} is predicted, ${short(first.errors ?? 0)} standard errors away.`
  );
}
