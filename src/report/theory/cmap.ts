import { table } from '../table.ts';
import type { TextOptions } from '../types.ts';
import { conclusion, heading, precise, rough } from './facts.ts';
import { figure, type Tone } from './figure.ts';

/** What correlations are of. */
export interface CmapTitle {
  readonly activation: string;
  readonly sigmaW2: number;
  readonly sigmaB2: number;
  readonly qStar: number;
  /** Where the variances come from, in a clause. */
  readonly source: string;
}

/** Layers that a table of `depth` shows: 1, 2, 3, 5, 7 and their tens, and the last. */
function layersShown(depth: number): readonly number[] {
  const shown: number[] = [];
  for (let power = 1; power <= depth; power *= 10) {
    shown.push(...[1, 2, 3, 5, 7].map((digit) => digit * power));
  }
  return [...shown.filter((layer) => layer < depth), depth];
}

/** Correlations by layer for people. */
export function cmapLines(
  c: readonly number[],
  value: readonly (readonly number[])[],
  title: CmapTitle,
  options: TextOptions,
): readonly string[] {
  const { activation, sigmaW2, sigmaB2, qStar, source } = title;
  const depth = value[0].length;
  const right = { align: 'right' } as const;
  const lines = table(
    [
      { title: 'layer', ...right },
      ...c.map((start) => ({ title: `c₀ = ${precise(start)}`, ...right })),
    ],
    layersShown(depth).map((layer) =>
      [String(layer)].concat(value.map((row) => precise(row[layer - 1]))),
    ),
    options,
  );
  const ends = value.map((row) => row[depth - 1]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const result =
    c.length === 1
      ? `a correlation of ${rough(c[0])} has become ${rough(low)}`
      : `correlations between ${rough(Math.min(...c))} and ${rough(Math.max(...c))} have become ${rough(low)} to ${rough(high)}`;
  return [
    ...heading(
      `Correlation of two inputs, ${activation}, σw² = ${precise(sigmaW2)}, σb² = ${precise(sigmaB2)}, q* = ${precise(qStar)} (${source})`,
      options,
    ),
    ...lines.map((line) => `  ${line}`),
    ...conclusion(`After ${depth} ${depth === 1 ? 'layer' : 'layers'} ${result}.`, options),
  ];
}

const ORDER: readonly Tone[] = ['blue', 'orange', 'green', 'violet', 'ink', 'grey'];

/** Correlations by layer as lines. */
export async function cmapChart(
  c: readonly number[],
  value: readonly (readonly number[])[],
  { activation, sigmaW2, sigmaB2 }: CmapTitle,
): Promise<string> {
  const depth = value[0].length;
  const low = Math.min(0, ...c, ...value.map((row) => row.reduce((a, b) => Math.min(a, b), 1)));
  // A long row is drawn at places that are evenly spaced.
  const step = Math.max(1, depth / 400);
  const places = (row: readonly number[]): [number, number][] =>
    Array.from({ length: Math.floor((depth - 1) / step) + 1 }, (_, i) => {
      const layer = 1 + Math.round(i * step);
      return [layer, row[layer - 1]];
    });
  return figure(
    [
      {
        title: `Correlation of two inputs, ${activation}, σw² = ${rough(sigmaW2)}, σb² = ${rough(sigmaB2)}`,
        x: { name: 'layer', low: 0, high: depth },
        y: { name: 'correlation c', low: Math.max(-1, Math.floor(5 * low) / 5), high: 1 },
        lines: c.map((start, i) => ({
          name: `c₀ = ${rough(start)}`,
          tone: ORDER[i % ORDER.length],
          dash: i >= ORDER.length,
          points: [[0, start], ...places(value[i])],
        })),
      },
    ],
    `Correlation of two inputs by layer, ${activation}: ${c.map((start, i) => `from ${rough(start)} to ${rough(value[i][depth - 1])}`).join(', ')} over ${depth} layers.`,
  );
}
