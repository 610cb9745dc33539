import type { JacobianSpectrum } from '../meanfield/index.ts';
import type { JacobianMeasurement, ShatteringMeasurement } from '../measure/index.ts';
import { sample } from './chart-points.ts';
import { formatNumber } from './number.ts';
import { rough } from './theory/facts.ts';
import {
  figure,
  type Axis,
  type Bars,
  type Dots,
  type FigureOptions,
  type Line,
  type Mark,
  type Tone,
} from './theory/figure.ts';

/** The colours of things side by side, in turn. */
export const seriesTones: readonly Tone[] = ['blue', 'orange', 'green', 'violet', 'red', 'grey'];

/** A quantity by layer: what was measured as dots, what the theory gives as a line; `null` for gaps. */
export interface Course {
  /** What it is called in the legend; without a name it has none. */
  readonly name?: string;
  readonly tone: Tone;
  readonly measured: readonly (number | null)[];
  readonly theory: readonly (number | null)[];
}

/** A chart of courses. */
export interface CourseTitle {
  readonly title: string;
  readonly quantity: string;
  readonly log: boolean;
}

type Place = readonly [number, number];

/** Numbered from 1, thinned out where there are many; a gap is NaN. */
function placed(values: readonly (number | null)[]): readonly Place[] {
  return sample(values.map((value, i) => [i + 1, value])).map(([index, value]): Place => [
    index,
    value ?? NaN,
  ]);
}

const isShown =
  (log: boolean) =>
  (value: number | null): value is number =>
    value !== null && Number.isFinite(value) && (!log || value > 0);

/** Range of an axis that shows all values: whole decades, or with a little room. */
function rangeOf(values: readonly number[], log: boolean): readonly [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return log ? [0.1, 10] : [0, 1];
  if (!log) {
    const [from, to] = [Math.min(0, low), Math.max(1, high)];
    return [from < 0 ? from - 0.05 * (to - from) : 0, to + 0.05 * (to - from)];
  }
  let [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  while (to - from < 2) {
    if (Math.log10(low) - from < to - Math.log10(high)) from--;
    else to++;
  }
  return [10 ** Math.max(from, -300), 10 ** Math.min(to, 300)];
}

function layerAxis(count: number): Axis {
  const pad = Math.max(0.5, 0.02 * count);
  return { name: 'layer', low: 1 - pad, high: Math.max(1, count) + pad, whole: true };
}

/** Courses by layer, theory as lines and measurement as dots. */
export async function courseChart(
  courses: readonly Course[],
  { title, quantity, log }: CourseTitle,
  options: FigureOptions,
): Promise<string> {
  const count = Math.max(0, ...courses.map(({ measured }) => measured.length));
  const shown = courses.flatMap(({ measured, theory }) =>
    [...measured, ...theory].filter(isShown(log)),
  );
  const [low, high] = rangeOf(shown, log);
  const lines = courses.flatMap(({ name, tone, theory }): Line[] => {
    const isForeseen = theory.some(isShown(log));
    return isForeseen
      ? [
          {
            tone,
            thin: true,
            points: placed(theory),
            ...(name === undefined ? {} : { name: 'theory' }),
          },
        ]
      : [];
  });
  const dots = courses.map(({ name, tone, measured }): Dots => ({
    name,
    tone,
    points: placed(measured),
  }));
  return figure(
    [
      {
        title,
        x: layerAxis(count),
        y: { name: quantity, low, high, log },
        lines,
        dots,
        marks: log ? zerosOf(courses, low) : [],
      },
    ],
    courseSays(title, courses),
    options,
  );
}

/** Where what is measured is 0 first, which a log axis cannot show. */
function zerosOf(courses: readonly Course[], low: number): readonly Mark[] {
  return courses.flatMap(({ tone, measured }): Mark[] => {
    const first = measured.indexOf(0);
    return first < 0
      ? []
      : [{ at: [first + 1, low], tone, hollow: true, label: `0 from layer ${first + 1}` }];
  });
}

function courseSays(title: string, courses: readonly Course[]): string {
  const each = courses.map(({ name, measured }) => {
    const known = measured.filter((value) => value !== null);
    const ends =
      known.length === 0
        ? 'nothing measured'
        : `${formatNumber(known[0])} at the first layer, ${formatNumber(known[known.length - 1])} at the last`;
    return `${name ?? 'measured'}: ${ends}`;
  });
  return `${title}. ${each.join('; ')}.`;
}

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
              dots: spectra.map(({ name, tone }, i): Dots => ({
                name,
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

/** What shattering looks like: the autocorrelation of gradients by lag, beside brown and white noise. */
export interface MeasuredShattering {
  readonly name?: string;
  readonly tone: Tone;
  readonly shattering: ShatteringMeasurement;
}

/** Autocorrelations by lag as dots on a thin line, white and brown noise beside them. */
export async function shatteringChart(
  all: readonly MeasuredShattering[],
  options: FigureOptions,
): Promise<string> {
  const byLag = (values: readonly number[]): readonly Place[] =>
    values.map((value, lag) => [lag, value]);
  const lags = Math.max(...all.map(({ shattering }) => shattering.autocorrelation.length)) - 1;
  const values = all.flatMap(({ shattering }) => [
    ...shattering.autocorrelation,
    ...shattering.white,
    ...shattering.brown,
  ]);
  const [low, high] = rangeOf(values.filter(Number.isFinite), false);
  const [{ shattering: first }] = all;
  return figure(
    [
      {
        title: 'Autocorrelation of gradients by lag',
        x: { name: 'lag', low: -0.02 * lags, high: 1.02 * lags, whole: true },
        y: { name: 'autocorrelation', low, high },
        lines: [
          {
            name: 'brown noise',
            tone: 'orange',
            dash: true,
            thin: true,
            points: byLag(first.brown),
          },
          { name: 'white noise', tone: 'grey', dash: true, thin: true, points: byLag(first.white) },
        ],
        dots: all.map(({ name, tone, shattering }): Dots => ({
          name: name ?? 'measured',
          tone,
          points: byLag(shattering.autocorrelation),
        })),
      },
    ],
    `Autocorrelation of gradients at lag 1: ${all.map(({ name, shattering }) => `${name ?? 'measured'} ${rough(shattering.autocorrelation[1] ?? NaN)}`).join(', ')}; brown noise ${rough(first.brown[1] ?? NaN)}, white noise ${rough(first.white[1] ?? NaN)}.`,
    options,
  );
}
