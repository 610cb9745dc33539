import { sample } from './chart-points.ts';
import { formatNumber } from './number.ts';
import {
  figure,
  type Axis,
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
export function rangeOf(values: readonly number[], log: boolean): readonly [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return log ? [0.1, 10] : [0, 1];
  if (!log) {
    const least = [0.1, 0.5, 1].find((value) => high <= value) ?? high;
    const [from, to] = [Math.min(0, low), least];
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
            tone: courses.length === 1 ? 'ink' : tone,
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
