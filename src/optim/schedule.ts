/** A learning rate over the steps of a run, counted from 0. */
export type Schedule = (step: number) => number;

/** The same learning rate at every step. */
export function constant(rate: number): Schedule {
  return () => rate;
}

/** A learning rate that is multiplied by `factor` at each of the steps in `at`. */
export function stepwise(rate: number, at: readonly number[], factor = 0.1): Schedule {
  return (step) => rate * factor ** at.filter((mark) => step >= mark).length;
}

/**
 * Half a cosine from `rate` down to `least` (0 if not given) at step `steps`, where it stays. `RangeError` unless
 * `steps` is positive.
 *
 * Reference: Loshchilov & Hutter 2017, eq. 5, arXiv:1608.03983, without restarts.
 */
export function cosine(rate: number, steps: number, least = 0): Schedule {
  if (!(steps > 0)) throw new RangeError(`cosine: steps must be positive, got ${steps}`);
  return (step) =>
    least + 0.5 * (rate - least) * (1 + Math.cos((Math.PI * Math.min(step, steps)) / steps));
}

/** A schedule behind a straight line that reaches it from nearly 0 in `steps` steps, the first of which is not 0. */
export function warmUp(schedule: Schedule, steps: number): Schedule {
  return (step) => schedule(step) * (step < steps ? (step + 1) / (steps + 1) : 1);
}
