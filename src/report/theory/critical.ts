import type { CriticalPoint } from '../../meanfield/index.ts';
import { table } from '../table.ts';
import type { TextOptions } from '../types.ts';
import { conclusion, heading, precise, rough } from './facts.ts';
import { figure, type Line } from './figure.ts';

const HALF_STABLE = 1e-6;

function stability({ chiQ }: CriticalPoint): string {
  if (Math.abs(chiQ - 1) < HALF_STABLE) return 'half-stable';
  return chiQ < 1 ? 'stable' : 'unstable';
}

/** Points of the edge of chaos for people. */
export function criticalLines(
  points: readonly CriticalPoint[],
  activation: string,
  options: TextOptions,
): readonly string[] {
  const right = { align: 'right' } as const;
  const lines = table(
    [
      { title: 'σw²', ...right },
      { title: 'σb²', ...right },
      { title: 'q*', ...right },
      { title: 'χ_q', ...right },
      { title: 'signals at q*' },
    ],
    points.map((point) => [
      precise(point.sigmaW2),
      precise(point.sigmaB2),
      precise(point.qStar),
      precise(point.chiQ),
      stability(point),
    ]),
    options,
  );
  return [
    ...heading(`Edge of chaos of ${activation}`, options),
    ...lines.map((line) => `  ${line}`),
    ...conclusion(sentence(points), options),
  ];
}

function sentence(points: readonly CriticalPoint[]): string {
  const best = points.toSorted((a, b) => a.chiQ - b.chiQ)[0];
  const { sigmaW2, sigmaB2, qStar, chiQ } = best;
  const draw = `Weights of variance ${rough(sigmaW2)} / fan_in and biases of variance ${rough(sigmaB2)}`;
  const keep = `${draw} keep gradients at their size, whatever the depth`;
  if (chiQ < 1 - HALF_STABLE) return `${keep}, and signals run to q* = ${rough(qStar)}.`;
  if (chiQ < 1 + HALF_STABLE)
    return `${keep}; a small error of q neither falls nor grows by a factor per layer.`;
  return `${keep}, but only for signals of q = ${rough(qStar)}: an error of q grows by ${rough(chiQ)} per layer.`;
}

/** The edge of chaos with the points that were found on it. */
export async function criticalChart(
  points: readonly CriticalPoint[],
  activation: string,
  edge: readonly CriticalPoint[],
): Promise<string> {
  const most = (pick: (point: CriticalPoint) => number): number => Math.max(...points.map(pick));
  const width = 1.6 * most(({ sigmaW2 }) => sigmaW2);
  const height = most(({ sigmaB2 }) => sigmaB2);
  const runs = stretches(edge).map(({ isStable, points: run }, i, all): Line => ({
    tone: isStable ? 'blue' : 'orange',
    dash: !isStable,
    points: run.map(({ sigmaW2, sigmaB2 }) => [sigmaW2, sigmaB2]),
    name:
      all.findIndex((other) => other.isStable === isStable) !== i
        ? undefined
        : isStable
          ? 'edge, signals stable'
          : 'edge, signals unstable',
  }));
  const label = (point: CriticalPoint): string =>
    `σw² = ${rough(point.sigmaW2)}, q* = ${rough(point.qStar)}`;
  return figure(
    [
      {
        title: `Edge of chaos of ${activation}`,
        x: { name: 'σw², variance of a weight × fan_in', low: 0, high: width },
        y: { name: 'σb², variance of a bias', low: 0, high: height > 0 ? 1.8 * height : 1 },
        lines: runs,
        marks: points.map((point) => ({
          at: [point.sigmaW2, point.sigmaB2],
          tone: point.chiQ > 1 + HALF_STABLE ? 'orange' : 'blue',
          label: label(point),
        })),
      },
    ],
    `Edge of chaos of ${activation} over σw² and σb²: ${points.map(label).join('; ')}.`,
  );
}

interface Stretch {
  readonly isStable: boolean;
  readonly points: CriticalPoint[];
}

/** Neighbours on the edge that are all stable or all unstable; each begins where the last one ends. */
function stretches(edge: readonly CriticalPoint[]): readonly Stretch[] {
  const found: Stretch[] = [];
  for (const point of edge) {
    const isStable = point.chiQ <= 1 + HALF_STABLE;
    const last = found.at(-1);
    last?.points.push(point);
    if (last?.isStable !== isStable) found.push({ isStable, points: [point] });
  }
  return found;
}
