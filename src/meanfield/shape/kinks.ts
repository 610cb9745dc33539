import type { Nonlinearity } from '../../activation/index.ts';

/** Where `φ` itself jumps, and where its slope does, at the breakpoints; `null` where they do not. */
export interface Jumps {
  readonly value: number | null;
  readonly slope: number | null;
}

/** Distance from a breakpoint, relative to it or absolute, at which both sides are compared. */
const NEAR = 1e-9;

/** Differences above this much of the values count as jumps; over 2e-9 an activation changes far less. */
const JUMP = 1e-6;

/** Looks at both sides of every breakpoint. */
export function jumpsOf({ f, df, breakpoints }: Nonlinearity): Jumps {
  const jumps = (g: (x: number) => number) => (point: number) => {
    const step = NEAR * Math.max(1, Math.abs(point));
    const [left, right] = [g(point - step), g(point + step)];
    return Math.abs(right - left) > JUMP * Math.max(1, Math.abs(left), Math.abs(right));
  };
  return {
    value: breakpoints.find(jumps(f)) ?? null,
    slope: breakpoints.find(jumps(df)) ?? null,
  };
}
