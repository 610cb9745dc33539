import type { TextOptions } from '../types.ts';
import { conclusion, facts, heading, rough } from './facts.ts';

/** Both gains of an activation for people. */
export function gainLines(
  gain: {
    readonly activation: string;
    readonly q: number;
    readonly forward: number;
    readonly backward: number;
  },
  options: TextOptions,
): readonly string[] {
  const { activation, q, forward, backward } = gain;
  const chi1 = (forward / backward) ** 2;
  const isBoth = Math.abs(chi1 - 1) < 1e-9;
  return [
    ...heading(`Gains of ${activation} at q = ${q}`, options),
    ...facts(
      [
        ['forward', forward, 'keeps the second moment q of pre-activations: √(q / E φ(√q z)²)'],
        ['backward', backward, 'keeps the second moment of gradients: 1 / √(E φ′(√q z)²)'],
      ],
      options,
    ),
    ...conclusion(
      !Number.isFinite(forward)
        ? 'No weights keep signals of this size: the activation is 0 wherever they reach.'
        : isBoth
          ? `One gain keeps both signals and gradients: weights of variance ${rough(forward ** 2)} / fan_in.`
          : `Weights of variance ${rough(forward ** 2)} / fan_in keep signals of this size, and gradients ${fate(chi1)}.`,
      options,
    ),
  ];
}

/** What a factor of the second moment of gradients does; 0 and infinite are those of constants and of jumps. */
function fate(chi1: number): string {
  if (chi1 === 0) return 'vanish in one layer: the slope is 0';
  if (chi1 === Infinity) return 'explode in one layer: the activation jumps';
  return chi1 > 1
    ? `grow by the factor ${rough(chi1)} per layer`
    : `shrink by the factor ${rough(1 / chi1)} per layer`;
}
