import type { ShatteringMeasurement } from '../measure/index.ts';
import { rangeOf } from './course-chart.ts';
import { rough } from './theory/facts.ts';
import { figure, type Dots, type FigureOptions, type Tone } from './theory/figure.ts';

type Place = readonly [number, number];

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
            tone: 'ink',
            dash: true,
            thin: true,
            points: byLag(first.brown),
          },
          { name: 'white noise', tone: 'grey', dash: true, thin: true, points: byLag(first.white) },
        ],
        dots: all.map(({ name, tone, shattering }): Dots => ({
          name: all.length > 1 ? undefined : (name ?? 'measured'),
          tone,
          points: byLag(shattering.autocorrelation),
        })),
      },
    ],
    `Autocorrelation of gradients at lag 1: ${all.map(({ name, shattering }) => `${name ?? 'measured'} ${rough(shattering.autocorrelation[1] ?? NaN)}`).join(', ')}; brown noise ${rough(first.brown[1] ?? NaN)}, white noise ${rough(first.white[1] ?? NaN)}.`,
    options,
  );
}
