import type { PhaseDiagram } from '../../meanfield/index.ts';
import type { TextOptions } from '../types.ts';
import { conclusion, facts, heading, rough } from './facts.ts';
import { figure, type Line, type Tone } from './figure.ts';
import { ramp, type Heat } from './heat.ts';

const LEVELS = 60;

/** Blue for order, white at χ₁ = 1, orange for chaos. */
const DIVERGING = ramp(['#08407f', '#3f86d0', '#f7f7f5', '#d8843a', '#7a3605'], LEVELS);

/** Pale for shallow, dark for deep. */
const DEEPER = ramp(['#f6f4ec', '#a9cfd0', '#3f8fa6', '#1d4f7c', '#171b3f'], LEVELS);

/** What the grid says, for people who have the picture or the JSON besides. */
export function diagramLines(
  diagram: PhaseDiagram,
  activation: string,
  options: TextOptions,
): readonly string[] {
  const { sigmaW2, sigmaB2, chi1, xiC, edge } = diagram;
  const cells = Array.from(chi1);
  const known = cells.filter((value) => !Number.isNaN(value));
  const share = (test: (value: number) => boolean): string =>
    `${((100 * known.filter(test).length) / Math.max(1, known.length)).toFixed(1)}%`;
  const deepest = Array.from(xiC).filter(Number.isFinite);
  const lost = cells.length - known.length;
  return [
    ...heading(
      `${activation} at ${sigmaW2.length} × ${sigmaB2.length} points, σw² from ${rough(sigmaW2[0])} to ${rough(sigmaW2.at(-1)!)}, σb² from ${rough(sigmaB2[0])} to ${rough(sigmaB2.at(-1)!)}`,
      options,
    ),
    ...facts(
      [
        ['ordered', share((value) => value < 1), 'of these points: gradients vanish'],
        ['chaotic', share((value) => value > 1), 'of these points: gradients explode'],
        [
          'ξ_c',
          deepest.length === 0 ? null : deepest.reduce((a, b) => Math.max(a, b)),
          'layers, the greatest depth scale on the grid',
        ],
        ...(lost === 0
          ? []
          : [['no q*', `${lost}`, 'points at which signals have no fixed point'] as const]),
      ],
      options,
    ),
    ...conclusion(edgeSentence(edge), options),
  ];
}

function edgeSentence(edge: PhaseDiagram['edge']): string {
  if (edge.length === 0) return 'The edge of chaos does not pass through this range.';
  const [first, last] = [edge[0], edge.at(-1)!];
  const at = ({ sigmaW2, sigmaB2 }: typeof first): string =>
    `σw² = ${rough(sigmaW2)}, σb² = ${rough(sigmaB2)}`;
  return edge.length === 1
    ? `The edge of chaos is the point ${at(first)}.`
    : `The edge of chaos runs from ${at(first)} to ${at(last)}.`;
}

/** Largest |log₂ χ₁| that has a colour of its own. */
const REACH = 2;

const DEPTHS = [1, 10, 100, 1000] as const;

/** χ₁ and ξ_c in colours over both variances, with the edge of chaos. */
export async function diagramChart(diagram: PhaseDiagram, activation: string): Promise<string> {
  const { sigmaW2, sigmaB2, chi1, xiC, edge } = diagram;
  const size = { columns: sigmaW2.length, rows: sigmaB2.length };
  const slopes: Heat = {
    ...size,
    values: Array.from(chi1, Math.log2),
    low: -REACH,
    high: REACH,
    colours: DIVERGING,
    labels: [-2, -1, 0, 1, 2].map((power) => [
      power,
      `${power === -REACH ? '≤ ' : power === REACH ? '≥ ' : ''}${2 ** power}`,
    ]),
  };
  const depths: Heat = {
    ...size,
    values: Array.from(xiC, Math.log10),
    low: 0,
    high: 3,
    colours: DEEPER,
    labels: DEPTHS.map((depth) => [
      Math.log10(depth),
      `${depth === 1 ? '≤ ' : depth === 1000 ? '≥ ' : ''}${depth}`,
    ]),
  };
  const half = (values: readonly number[]): number =>
    (values.at(-1)! - values[0]) / (2 * (values.length - 1));
  const isBounded = chi1.every((value) => !Number.isNaN(value));
  const axes = {
    x: {
      name: `σw², variance of a weight × fan_in${isBounded ? '' : '; grey: signals grow without bound'}`,
      low: sigmaW2[0] - half(sigmaW2),
      high: sigmaW2.at(-1)! + half(sigmaW2),
    },
    y: {
      name: 'σb², variance of a bias',
      low: sigmaB2[0] - half(sigmaB2),
      high: sigmaB2.at(-1)! + half(sigmaB2),
    },
  };
  const runs = stretches(diagram);
  const point = runs.length === 1 && runs[0].length === 1 ? runs[0][0] : undefined;
  const marks =
    point === undefined ? [] : [{ at: point, tone: 'ink', label: 'edge of chaos' } as const];
  const lines = (name: string, tone: Tone, dash: boolean): Line[] =>
    point !== undefined
      ? []
      : runs.map((points, i) => ({ name: i === 0 ? name : undefined, tone, dash, points }));
  return figure(
    [
      {
        title: `χ₁ of ${activation}: gradients per layer`,
        ...axes,
        heat: slopes,
        lines: lines('edge of chaos', 'ink', false),
        marks,
      },
      {
        title: 'ξ_c: layers over which correlations settle',
        ...axes,
        heat: depths,
        lines: lines('edge of chaos, ξ_c = ∞', 'orange', true),
        marks,
      },
    ],
    `χ₁ and ξ_c of ${activation} over σw² and σb². ${edgeSentence(edge)}`,
  );
}

/** Steps of the edge this much longer than usual lead through what is outside the range. */
const GAP = 8;

/** The parts of the edge inside the range. */
function stretches({
  sigmaW2,
  sigmaB2,
  edge,
}: PhaseDiagram): readonly (readonly [number, number])[][] {
  const [width, height] = [sigmaW2, sigmaB2].map((values) => values.at(-1)! - values[0]);
  const steps = edge
    .slice(1)
    .map((point, i) =>
      Math.hypot(
        (point.sigmaW2 - edge[i].sigmaW2) / width,
        (point.sigmaB2 - edge[i].sigmaB2) / height,
      ),
    );
  const usual = steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  const runs: [number, number][][] = [];
  edge.forEach((point, i) => {
    if (i === 0 || steps[i - 1] > GAP * usual) runs.push([]);
    runs.at(-1)!.push([point.sigmaW2, point.sigmaB2]);
  });
  return runs;
}
