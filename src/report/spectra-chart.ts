import type { JacobianSpectrum } from '../meanfield/index.ts';
import type { JacobianMeasurement } from '../measure/index.ts';
import { rough } from './theory/facts.ts';
import {
  figure,
  type Bars,
  type Dots,
  type FigureOptions,
  type Line,
  type Tone,
} from './theory/figure.ts';

type Place = readonly [number, number];

/** A Jacobian's singular values with the law they should have. */
export interface MeasuredSpectrum {
  readonly name?: string;
  readonly tone: Tone;
  readonly jacobian: JacobianMeasurement;
  readonly predicted: JacobianSpectrum | null;
}

/** Beyond this ratio of the largest singular value to the median, the axis is logarithmic. */
const WIDE = 25;

/** Singular values with weights that add up to 1. */
function weighted({
  jacobian,
}: MeasuredSpectrum): readonly (readonly [s: number, weight: number])[] {
  const { singularValues, density } = jacobian;
  if (singularValues !== null) return singularValues.map((s) => [s, 1 / singularValues.length]);
  return density === null ? [] : density.s.map((s, i) => [s, density.weight[i]]);
}

interface Scale {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
}

/** Edges of bins: even on the scale. */
function edgesOf({ low, high, log }: Scale, bins: number): readonly number[] {
  const [from, to] = log ? [Math.log(low), Math.log(high)] : [low, high];
  return Array.from({ length: bins + 1 }, (_, i) => {
    const at = from + (i / bins) * (to - from);
    return log ? Math.exp(at) : at;
  });
}

/** Share of the singular values per unit of s (of ln s on a log scale) in each bin. */
function histogram(spectrum: MeasuredSpectrum, scale: Scale, bins: number): Bars['items'] {
  const edges = edgesOf(scale, bins);
  const at = (s: number): number =>
    scale.log
      ? Math.log(s / scale.low) / Math.log(scale.high / scale.low)
      : (s - scale.low) / (scale.high - scale.low);
  const shares = new Float64Array(bins);
  for (const [s, weight] of weighted(spectrum)) {
    const share = at(s);
    if (share >= 0 && share <= 1) shares[Math.min(bins - 1, Math.floor(share * bins))] += weight;
  }
  return Array.from(shares, (share, i) => {
    const [from, to] = [edges[i], edges[i + 1]];
    return { from, to, height: share / (scale.log ? Math.log(to / from) : to - from) };
  });
}

/** The density of a law on the scale of the plot. */
function densityLine(law: JacobianSpectrum, { low, log }: Scale): readonly Place[] {
  const { s, rho } = law.density;
  return s
    .map((value, i): Place => [value, log ? value * rho[i] : rho[i]])
    .filter(([value, height]) => value >= low && Number.isFinite(height));
}

/**
 * The singular values of a Jacobian: of one as bars, of several as dots in the middle of their bins; the law of the wide
 * limit as a line, its atoms as stems.
 */
export async function spectraChart(
  spectra: readonly MeasuredSpectrum[],
  options: FigureOptions,
): Promise<string> {
  const scale = scaleOf(spectra);
  const most = Math.max(...spectra.map((spectrum) => weighted(spectrum).length));
  const bins = Math.min(60, Math.max(8, Math.round(1.6 * Math.sqrt(most))));
  const bars = spectra.map((spectrum) => histogram(spectrum, scale, bins));
  const laws = spectra.map(({ predicted }) =>
    predicted === null ? [] : densityLine(predicted, scale),
  );
  const heights = bars.flatMap((items) => items.map(({ height }) => height));
  // A density that runs to infinity at an edge is cut there, so that the rest is seen.
  const top = 1.25 * Math.max(...heights, 0) || 1;
  const one = spectra.length === 1;
  const lines = spectra.flatMap(({ tone, predicted }, i): Line[] => [
    ...(laws[i].length === 0
      ? []
      : [
          {
            tone: one ? ('ink' as const) : tone,
            thin: true,
            points: laws[i],
            ...(one ? { name: 'theory' } : {}),
          },
        ]),
    ...(predicted?.atoms ?? [])
      .filter(({ s }) => s > scale.low && s <= scale.high)
      .map(({ s, mass }): Line => ({
        tone: one ? 'ink' : tone,
        points: [
          [s, 0],
          [s, mass * top],
        ],
      })),
  ]);
  const { log } = scale;
  const lost = spectra.map((spectrum) =>
    weighted(spectrum).reduce((sum, [s, weight]) => (s < scale.low ? sum + weight : sum), 0),
  );
  const below =
    one && lost[0] > 0
      ? `; a share of ${rough(lost[0])} is ${log ? `below ${rough(scale.low)}` : 0}`
      : '';
  return figure(
    [
      {
        title: one ? titleOf(spectra[0].jacobian) : 'Singular values of the Jacobian',
        x: { name: `singular value s${below}`, ...scale },
        y: { name: log ? 'share per unit of ln s' : 'density', low: 0, high: top },
        lines,
        ...(one
          ? { bars: { name: 'measured', tone: spectra[0].tone, items: bars[0] } }
          : {
              dots: spectra.map(({ tone }, i): Dots => ({
                tone,
                points: bars[i]
                  .filter(({ height }) => height > 0)
                  .map(({ from, to, height }): Place => [
                    log ? Math.sqrt(from * to) : (from + to) / 2,
                    height,
                  ]),
              })),
            }),
      },
    ],
    spectra
      .map(
        ({ name, jacobian: { sMin, sMax } }) =>
          `${name ?? 'Singular values of the Jacobian'}: from ${rough(sMin)} to ${rough(sMax)}.`,
      )
      .join(' '),
    options,
  );
}

const titleOf = ({ rows, cols, from, to }: JacobianMeasurement): string =>
  `∂${to} / ∂${from}, ${rows} × ${cols}`;

/** An axis that shows all spectra: logarithmic where the largest singular value is far from the median. */
function scaleOf(spectra: readonly MeasuredSpectrum[]): Scale {
  const laws = spectra.flatMap(({ predicted }) => predicted ?? []);
  const sMax = Math.max(
    ...spectra.map(({ jacobian }) => jacobian.sMax),
    ...laws.map((law) => law.sMax),
  );
  const medians = spectra.map(({ jacobian }) => jacobian.deciles[5]);
  const lowest = Math.min(
    ...spectra.map(({ jacobian }) => jacobian.deciles[1]).filter((s) => s > 0),
    ...laws.map((law) => law.deciles[0]).filter((s) => s > 0),
    sMax,
  );
  if (!(sMax > 0)) return { low: 0, high: 1, log: false };
  const isWide = sMax > WIDE * Math.min(...medians) && medians.some((s) => s > 0);
  return isWide
    ? { low: Math.max(lowest / 10, 1e-12 * sMax), high: 2 * sMax, log: true }
    : { low: 0, high: 1.08 * sMax, log: false };
}
