import type { PhasePoint } from '../../meanfield/index.ts';
import type { TextOptions } from '../types.ts';
import { conclusion, facts, heading, precise, rough } from './facts.ts';
import { figure, type Line } from './figure.ts';

/** What a point of the phase diagram is of. */
export interface PointTitle {
  readonly activation: string;
  readonly sigmaW2: number;
  readonly sigmaB2: number;
}

/** Layers within which a network has been found to train, in units of ξ_c. */
const TRAINABLE = 6;

/** What becomes of inputs and gradients, in one sentence. */
export function phaseSentence(point: PhasePoint): string {
  const { phase, cStar, xiC, xiGradient } = point;
  const pace = xiGradient > 0 ? `by e over ${rough(xiGradient)} layers` : 'at once';
  const reach = Number.isFinite(xiC)
    ? `trainable to about ${TRAINABLE} ξ_c = ${rough(TRAINABLE * xiC)} layers (Schoenholz et al. 2017)`
    : 'no depth scale limits the depth';
  if (phase === 'ordered') {
    return `Ordered: inputs become alike and gradients vanish, ${pace}; ${reach}.`;
  }
  if (phase === 'chaotic') {
    return `Chaotic: inputs become different, down to a correlation of ${rough(cStar)}, and gradients explode, ${pace}; ${reach}.`;
  }
  return `Critical: gradients keep their size at any depth, and ${reach}.`;
}

/** A point of the phase diagram for people. */
export function pointLines(
  point: PhasePoint,
  { activation, sigmaW2, sigmaB2 }: PointTitle,
  options: TextOptions,
): readonly string[] {
  return [
    ...heading(`${activation} at σw² = ${precise(sigmaW2)}, σb² = ${precise(sigmaB2)}`, options),
    ...facts(
      [
        ['q*', point.qStar, 'second moment of pre-activations that signals run to'],
        ['c*', point.cStar, 'correlation that two inputs run to'],
        ['χ₁', point.chi1, 'factor per layer of the second moment of gradients'],
        ['χ_c', point.chiC, 'factor per layer of a small difference of the correlation from c*'],
        ['χ_q', point.chiQ, 'factor per layer of a small difference of q from q*'],
        ['ξ_q', point.xiQ, 'layers over which a difference from q* falls by e'],
        ['ξ_c', point.xiC, 'layers over which a difference from c* falls by e'],
        ['ξ_∇', point.xiGradient, 'layers over which gradients change by e'],
        ['phase', point.phase, 'ordered for χ₁ < 1, critical for χ₁ = 1, chaotic for χ₁ > 1'],
      ],
      options,
    ),
    ...conclusion(phaseSentence(point), options),
  ];
}

/** The iterates of a map as the stairs between it and the diagonal. */
function cobweb(map: (x: number) => number, start: number, steps: number): [number, number][] {
  const stairs: [number, number][] = [[start, start]];
  let x = start;
  for (let i = 0; i < steps; i++) {
    const y = map(x);
    stairs.push([x, y], [y, y]);
    x = y;
  }
  return stairs;
}

function curve(map: (x: number) => number, low: number, high: number): [number, number][] {
  return Array.from({ length: 201 }, (_, i) => {
    const x = i === 200 ? high : low + ((high - low) * i) / 200;
    return [x, map(x)];
  });
}

/** Both maps of a point with their fixed points, and how iterates run to them. */
export async function pointChart(
  point: PhasePoint,
  { activation, sigmaW2, sigmaB2 }: PointTitle,
  maps: {
    readonly variance: (q: number) => number;
    readonly correlation: (c: number) => number;
  },
): Promise<string> {
  const { qStar, cStar, phase } = point;
  const widest = qStar === 0 ? 1 : 2 * qStar;
  const from = cStar < 0 || maps.correlation(0) < 0 ? -1 : 0;
  const startC = phase === 'chaotic' ? 0.98 : from;
  const diagonal = (low: number, high: number): Line => ({
    tone: 'grey',
    dash: true,
    thin: true,
    points: [
      [low, low],
      [high, high],
    ],
  });
  const starts = qStar === 0 ? [1] : [0.05 * widest, 0.95 * widest];
  const at = `σw² = ${precise(sigmaW2)}, σb² = ${precise(sigmaB2)}`;
  return figure(
    [
      {
        title: `Variance map of ${activation}, ${at}`,
        x: { name: 'q of a layer', low: 0, high: widest },
        y: { name: 'q of the next layer', low: 0, high: widest },
        lines: [
          diagonal(0, widest),
          ...starts.map((start, i): Line => ({
            name: i === 0 ? 'q from layer to layer' : undefined,
            tone: 'orange',
            thin: true,
            points: cobweb(maps.variance, start, 12),
          })),
          { name: 'V(q)', tone: 'blue', points: curve(maps.variance, 0, widest) },
        ],
        marks: [
          {
            at: [qStar, qStar],
            tone: 'blue',
            label: `q* = ${rough(qStar)}, χ_q = ${rough(point.chiQ)}`,
          },
        ],
      },
      {
        title: `Correlation map, ${phase}`,
        x: { name: 'c of a layer', low: from, high: 1 },
        y: { name: 'c of the next layer', low: from, high: 1 },
        lines: [
          diagonal(from, 1),
          {
            name: 'c from layer to layer',
            tone: 'orange',
            thin: true,
            points: cobweb(maps.correlation, startC, 12),
          },
          { name: 'C(c)', tone: 'blue', points: curve(maps.correlation, from, 1) },
        ],
        marks: [
          ...(cStar < 1 ? [{ at: [1, 1], tone: 'blue', hollow: true } as const] : []),
          {
            at: [cStar, cStar],
            tone: 'blue',
            label: `c* = ${rough(cStar)}, χ₁ = ${rough(point.chi1)}`,
            ...(cStar > 0.9 && { side: 'left' as const }),
          },
        ],
      },
    ],
    `Variance map and correlation map of ${activation} at ${at}: q* = ${rough(qStar)}, c* = ${rough(cStar)}, ${phase}.`,
  );
}
