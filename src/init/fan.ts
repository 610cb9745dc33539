import type { Spec } from './initializer.ts';

/** The names of what a variance can be divided by. */
export const modes = ['fan_in', 'fan_out', 'fan_avg', 'fan_geo_avg'] as const;

/** `n_in`, `n_out`, `(n_in + n_out)/2` or `√(n_in n_out)`. */
export function fanOf(spec: Spec, mode: string): number {
  const { fanIn, fanOut } = spec;
  if (mode === 'fan_in') return fanIn;
  if (mode === 'fan_out') return fanOut;
  return mode === 'fan_avg' ? (fanIn + fanOut) / 2 : Math.sqrt(fanIn * fanOut);
}

/** The problem of a tensor with elements whose fan is not a positive number, or `null`. */
export function badFan(spec: Spec, mode: string): string | null {
  const fan = fanOf(spec, mode);
  if (spec.shape.includes(0)) return null;
  return fan > 0 && fan < Infinity ? null : `${mode} must be positive and finite, got ${fan}`;
}
