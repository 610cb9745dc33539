import type { Shaping } from '../../meanfield/index.ts';
import type { TextOptions } from '../types.ts';
import { indent } from '../text.ts';
import { conclusion, facts, heading, precise } from './facts.ts';
import { figure } from './figure.ts';

/** What was shaped, and for what. */
export interface ShapeTitle {
  readonly activation: string;
  /** What the network is, e.g. `50 plain layers`. */
  readonly network: string;
}

type Curve = readonly (readonly [number, number])[];

/** What the picture of shaping shows. */
export interface ShapeCurves {
  readonly before: Curve;
  readonly after: Curve;
  /** Correlation map of the whole network, with the activation as it is and as it was made. */
  readonly networkBefore: Curve;
  readonly networkAfter: Curve;
}

const GOALS = {
  zeta: ['ζ', "largest slope C'(1) of the correlation maps of the network and its parts"],
  tau: ['τ', "largest curvature C''(1) of the correlation maps of the network and its parts"],
  eta: ['η', 'largest correlation that 0 becomes in the network and its parts'],
} as const;

/** What a shaped activation is, for people. */
export function shapeLines(
  shaping: Shaping,
  { activation, network }: ShapeTitle,
  options: TextOptions,
): readonly string[] {
  const { method, inputScale, inputShift, outputShift, outputScale, negativeSlope } = shaping;
  const { target, reached, local, notes } = shaping;
  const [symbol, meaning] = GOALS[target.name];
  return [
    ...heading(`${activation} shaped by ${method.toUpperCase()} for ${network}`, options),
    ...facts(
      [
        ['α', inputScale, 'inputScale: factor on what comes in'],
        ['β', inputShift, 'inputShift: added to that'],
        ['δ', outputShift, 'outputShift: added to what the activation gives'],
        ['γ', outputScale, 'outputScale: factor on that'],
        ...(negativeSlope === null
          ? []
          : [['a', negativeSlope, 'negativeSlope: slope of the activation below 0'] as const]),
        [symbol, reached, `${meaning}; asked for ${precise(target.value)}`],
        ["C'(1)", local.cSlope, 'slope of the correlation map of one layer'],
        [
          'C(0)',
          Math.abs(local.c0) < 1e-12 ? 0 : local.c0,
          'correlation that 0 becomes in one layer',
        ],
      ],
      options,
    ),
    ...notes.flatMap((note) => [''].concat(indent(note, Math.min(options.width, 110), 2))),
    ...conclusion(
      `${formula(shaping, activation)}, weights of variance 1 / fan_in and no biases.`,
      options,
    ),
  ];
}

/** The shaped activation as a formula, without what changes nothing. */
function formula(shaping: Shaping, activation: string): string {
  const { inputScale, inputShift, outputShift, outputScale, negativeSlope } = shaping;
  const plus = (x: number): string =>
    x === 0 ? '' : x < 0 ? ` - ${precise(-x)}` : ` + ${precise(x)}`;
  const input = `${inputScale === 1 ? '' : `${precise(inputScale)} `}x${plus(inputShift)}`;
  const inner = outputShift === 0 ? `φ(${input})` : `(φ(${input})${plus(outputShift)})`;
  const outer = outputScale === 1 ? inner : `${precise(outputScale)} ${inner}`;
  const slope = negativeSlope === null ? '' : ` with the slope ${precise(negativeSlope)} below 0`;
  return `Use ${outer} with φ = ${activation.replace(/:.*/, '')}${slope}`;
}

/** An activation before and after, and the correlation map of the network with either. */
export async function shapeChart(
  curves: ShapeCurves,
  { method }: Pick<Shaping, 'method'>,
  { activation, network }: ShapeTitle,
): Promise<string> {
  const { before, after, networkBefore, networkAfter } = curves;
  const [low, high] = [before[0][0], before.at(-1)![0]];
  const values = [...before, ...after].map(([, y]) => y);
  const [bottom, top] = [Math.min(...values), Math.max(...values)];
  const margin = 0.05 * (top - bottom);
  const least = Math.min(0, ...[...networkBefore, ...networkAfter].map(([, c]) => c));
  return figure(
    [
      {
        title: `${activation} as it is and shaped by ${method.toUpperCase()}`,
        x: { name: 'x', low, high },
        y: { name: 'φ(x)', low: bottom - margin, high: top + margin },
        lines: [
          { name: 'φ', tone: 'orange', dash: true, points: before },
          { name: 'φ̂, shaped', tone: 'blue', points: after },
        ],
      },
      {
        title: `Correlation map of the network, ${network}`,
        x: { name: 'c of two inputs', low: 0, high: 1 },
        y: { name: 'c at the output', low: Math.floor(5 * least) / 5, high: 1 },
        lines: [
          {
            name: 'unchanged',
            tone: 'grey',
            dash: true,
            thin: true,
            points: [
              [0, 0],
              [1, 1],
            ],
          },
          { name: 'with φ', tone: 'orange', dash: true, points: networkBefore },
          { name: 'with φ̂', tone: 'blue', points: networkAfter },
        ],
      },
    ],
    `${activation} shaped by ${method.toUpperCase()} for ${network}, and the correlation map of the network with either.`,
  );
}
