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
  const [change, word] = chi1 > 1 ? [chi1, 'grow'] : [1 / chi1, 'shrink'];
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
      isBoth
        ? `One gain keeps both signals and gradients: weights of variance ${rough(forward ** 2)} / fan_in.`
        : `Weights of variance ${rough(forward ** 2)} / fan_in keep signals of this size, and gradients ${word} by the factor ${rough(change)} per layer.`,
      options,
    ),
  ];
}
