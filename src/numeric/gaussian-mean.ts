import { gaussLegendre } from './gauss-legendre.ts';

/** How to take a Gaussian expectation. */
export interface GaussianMeanOptions {
  /** Where `f` is not smooth, or where a narrow feature of it stands; any order. */
  readonly breakpoints?: readonly number[];
  /** Accepted error of one panel in units of `E |f(z)|`; 1e-13 if not given. */
  readonly tolerance?: number;
}

const INVERSE_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

/** Beyond it the density is less than the smallest float64. */
const REACH = 38.6;

/** Ends of the first panels: the density changes by some powers of e over each. */
const LADDER = [0, 1, 2, 4, 8, 16, REACH] as const;

const RULE = gaussLegendre(16);

/** Panels after which `f` counts as impossible to integrate. */
const MOST_PANELS = 5000;

/**
 * Expectation `E f(z)`, `z ~ N(0, 1)`, by Gauss–Legendre panels that are halved until a panel and
 * its two halves agree. Panels end at the breakpoints, so a kink that is named there costs nothing; one
 * that is not is found. A jump should be named: the error at it can be some times the tolerance.
 *
 * `RangeError` if `f` is not finite at a node or never settles.
 */
export function gaussianMean(f: (z: number) => number, options: GaussianMeanOptions = {}): number {
  const { breakpoints = [], tolerance = 1e-13 } = options;
  const ends = panelEnds(breakpoints);
  const panels: Panel[] = [];
  let size = 0;
  for (let i = 0; i + 1 < ends.length; i++) {
    const panel = integrate(f, ends[i], ends[i + 1]);
    size += panel.size;
    panels.push(panel);
  }

  let mean = 0;
  let count = panels.length;
  for (let panel = panels.pop(); panel !== undefined; panel = panels.pop()) {
    const middle = 0.5 * (panel.low + panel.high);
    const left = integrate(f, panel.low, middle);
    const right = integrate(f, middle, panel.high);
    const value = left.value + right.value;
    // A feature that the first panels stepped over counts from here on.
    size = Math.max(size, left.size + right.size);
    const error = Math.abs(value - panel.value);
    if (error <= tolerance * size) {
      mean += value;
      continue;
    }
    count += 2;
    if (count > MOST_PANELS || middle <= panel.low || middle >= panel.high) {
      throw new RangeError(
        `gaussianMean: f must be resolved to ${tolerance} of E |f|, got an error of ` +
          `${error / size} near z = ${middle} after ${count} panels; name the kinks of f as ` +
          `breakpoints or raise the tolerance`,
      );
    }
    panels.push(left, right);
  }
  return mean;
}

/** `value = ∫ f φ` and `size = ∫ |f| φ` over one panel, by the rule. */
interface Panel {
  readonly low: number;
  readonly high: number;
  readonly value: number;
  readonly size: number;
}

function integrate(f: (z: number) => number, low: number, high: number): Panel {
  const middle = 0.5 * (low + high);
  const half = 0.5 * (high - low);
  let value = 0;
  let size = 0;
  for (let i = 0; i < RULE.nodes.length; i++) {
    const z = middle + half * RULE.nodes[i];
    const y = f(z);
    if (!Number.isFinite(y)) {
      throw new RangeError(`gaussianMean: f must be finite, got ${y} at z = ${z}`);
    }
    const term = half * RULE.weights[i] * INVERSE_SQRT_2PI * Math.exp(-0.5 * z * z) * y;
    value += term;
    size += Math.abs(term);
  }
  return { low, high, value, size };
}

function panelEnds(breakpoints: readonly number[]): number[] {
  const ends = new Set<number>();
  for (const end of LADDER) ends.add(end).add(end === 0 ? 0 : -end);
  for (const point of breakpoints) if (Math.abs(point) < REACH) ends.add(point === 0 ? 0 : point);
  return [...ends].sort((a, b) => a - b);
}
