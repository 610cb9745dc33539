import type { TextOptions } from '../types.ts';
import { conclusion, facts, heading, precise, rough } from './facts.ts';
import { figure } from './figure.ts';

/** What is learned. */
export interface SaxeTitle {
  readonly layers: number;
  readonly s: number;
  readonly u0: number;
  readonly uf: number;
}

/** How long learning takes. */
export interface Learning {
  /** In units of τ, or of τ/N for infinitely many layers N. */
  readonly tOverTau: number;
  /** Steps of gradient descent at the optimal rate; in the limit for infinitely many layers. */
  readonly steps: number;
  /** The optimal rate, one over the largest curvature; 0 for infinitely many layers. */
  readonly rate: number;
}

/** What the picture of learning shows. */
export interface SaxeCurves extends Learning {
  readonly times: readonly number[];
  /** Strength of the mode at these times. */
  readonly strength: readonly number[];
  /** Steps at the optimal rate by layers. */
  readonly byLayers: readonly (readonly [layers: number, steps: number])[];
  /** Steps at the optimal rate for infinitely many layers. */
  readonly limit: number;
}

const depthOf = (layers: number): string =>
  Number.isFinite(layers) ? `${layers} layers of neurons` : 'infinitely many layers';

/** The symbol of time: in the limit of depth it is measured in units of τ/N. */
const timeOf = (layers: number): string => (Number.isFinite(layers) ? 't/τ' : 't N/τ');

/** A learning time for people. */
export function saxeLines(
  { tOverTau, steps, rate }: Learning,
  { layers, s, u0, uf }: SaxeTitle,
  options: TextOptions,
): readonly string[] {
  const isFinite = Number.isFinite(layers);
  const unit = isFinite ? 'τ is one over the learning rate' : 'N counts the layers';
  return [
    ...heading(`A deep linear network, ${depthOf(layers)}, learns one mode`, options),
    ...facts(
      [
        ['s', s, 'strength of the mode in the data'],
        ['u₀', u0, 'strength in the network at the start'],
        ['u_f', uf, 'strength at which it counts as learned'],
        [timeOf(layers), tOverTau, `time from u₀ to u_f; ${unit}`],
      ],
      options,
    ),
    ...conclusion(
      isFinite
        ? `Gradient descent at the optimal rate, ${rough(rate)}, takes about ${Math.ceil(steps)} steps.`
        : `However deep the network, gradient descent at its optimal rate takes about ${Math.ceil(steps)} steps.`,
      options,
    ),
  ];
}

/** The strength of a mode over time, and how many steps learning takes by depth. */
export async function saxeChart(curves: SaxeCurves, title: SaxeTitle): Promise<string> {
  const { tOverTau, steps, times, strength, byLayers, limit } = curves;
  const { layers, s, u0, uf } = title;
  const most = Math.max(limit, ...byLayers.map(([, count]) => count));
  const end = times.at(-1)!;
  const time = timeOf(layers);
  return figure(
    [
      {
        title: `Strength of a mode, ${depthOf(layers)}`,
        x: { name: `time ${time}`, low: 0, high: end },
        y: { name: 'strength u', low: 0, high: 1.1 * s },
        lines: [
          {
            name: `s = ${rough(s)}`,
            tone: 'grey',
            dash: true,
            thin: true,
            points: [
              [0, s],
              [end, s],
            ],
          },
          { name: 'u(t)', tone: 'blue', points: times.map((t, i) => [t, strength[i]]) },
        ],
        marks: [
          {
            at: [tOverTau, uf],
            tone: 'orange',
            label: `learned at ${time} = ${rough(tOverTau)}`,
            side: uf > 0.9 * s ? 'top' : 'left',
          },
        ],
      },
      {
        title: `From u₀ = ${precise(u0)} to u_f = ${precise(uf)} at the optimal rate`,
        x: { name: 'layers of neurons', low: 1, high: 1000, log: true },
        y: { name: 'steps', low: 0, high: 1.1 * most },
        lines: [
          {
            name: 'infinitely many layers',
            tone: 'grey',
            dash: true,
            thin: true,
            points: [
              [1, limit],
              [1000, limit],
            ],
          },
          { name: 'steps', tone: 'blue', points: byLayers },
        ],
        marks: layers <= 1000 ? [{ at: [layers, steps], tone: 'orange' }] : [],
      },
    ],
    `Strength of a mode of a deep linear network over time: ${depthOf(layers)} take ${time} = ${precise(tOverTau)} from ${precise(u0)} to ${precise(uf)}.`,
  );
}
