import { define } from './define.ts';
import { badFan } from './fan.ts';
import type { Scheme, Spec } from './initializer.ts';
import { tensorOfStream } from './tensor.ts';

interface SirenOptions {
  readonly omega: number;
  readonly position: string;
}

function boundOf({ fanIn }: Spec, { omega, position }: SirenOptions): number {
  return position === 'first' ? 1 / fanIn : Math.sqrt(6 / fanIn) / omega;
}

/** `w ~ U(-b, b)`, `b = √(6 / fan_in) / omega` in hidden layers, `1 / fan_in` in the first one. */
export const siren: Scheme = define({
  name: 'siren',
  formula: 'w ~ U(-b, b), b = √(6 / fan_in) / omega (position=first: b = 1 / fan_in)',
  use: 'networks of layers sin(omega (W x + b)), such as those that represent an image or a field',
  reference: 'Sitzmann et al. 2020, section 3.2 and supplement, arXiv:2006.09661',
  options: { omega: 30, position: 'hidden' },
  choices: { position: ['first', 'hidden'] },
  problem: ({ omega }) =>
    omega > 0 && omega < Infinity ? null : `omega must be finite and > 0, got ${omega}`,
  undefinedFor: (spec) => badFan(spec, 'fan_in'),
  std: (spec, options) => boundOf(spec, options) / Math.sqrt(3),
  bound: boundOf,
  draw: (key, spec, options, kernels) => {
    const bound = boundOf(spec, options);
    return tensorOfStream(spec, kernels, (out, offset) =>
      kernels.uniform(key, out, -bound, bound, offset),
    );
  },
});
