import { gaussLegendre, normalPdf } from '../../numeric/index.ts';

/** A Gauss–Legendre panel of the standard normal variable z. */
export interface Panel {
  readonly low: number;
  readonly high: number;
  readonly z: readonly number[];
  readonly weights: readonly number[];
  readonly d: readonly number[];
}

/** Beyond it lies 2e-19 of the mass of the standard normal. */
const REACH = 9;
/** Widest panel of z. */
export const WIDEST = 0.5;
/** Largest change of ln d over a panel: `1/(w - d)` has poles at distance `arg w` in ln d. */
const STEEPEST = 3;
/** Narrowest panel in units of `1 / max(1, √q)`: at a zero of d, ln d never changes little. */
const NARROWEST = 4e-3;
const MOST_PANELS = 1500;
const RULE = gaussLegendre(16);
/**
 * Panels over [-9, 9] between the breakpoints, halved until `ln d` changes little over each and the
 * integral of d is settled.
 */
export function panelsOf(
  slope2: (z: number) => number,
  breakpoints: readonly number[],
  std: number,
): { panels: Panel[]; breaks: number[] } {
  const breaks = [
    ...new Set(breakpoints.map((x) => x / std).filter((z) => Math.abs(z) < REACH)),
  ].sort((a, b) => a - b);
  const ends = new Set([-REACH, 0, REACH, ...breaks]);
  // φ bends near x = 0, which can be narrow in z.
  for (let z = REACH; z > Math.min(0.5 / std, 1) && z > 1e-12; z /= 2) ends.add(z).add(-z);
  const all = [...ends].sort((a, b) => a - b);
  const waiting: Panel[] = [];
  for (let i = all.length - 2; i >= 0; i--) {
    const count = Math.ceil((all[i + 1] - all[i]) / WIDEST);
    const width = (all[i + 1] - all[i]) / count;
    for (let part = count - 1; part >= 0; part--) {
      const high = part === count - 1 ? all[i + 1] : all[i] + (part + 1) * width;
      waiting.push(panelOf(slope2, part === 0 ? all[i] : all[i] + part * width, high));
    }
  }
  const narrowest = NARROWEST / Math.max(1, std);
  const panels: Panel[] = [];
  let scale = waiting.reduce((sum, panel) => sum + integral(panel), 0);
  for (let panel = waiting.pop(); panel !== undefined; panel = waiting.pop()) {
    const { low, high } = panel;
    const middle = 0.5 * (low + high);
    if (high - low < narrowest || panels.length + waiting.length > MOST_PANELS) {
      panels.push(panel);
      continue;
    }
    const left = panelOf(slope2, low, middle);
    const right = panelOf(slope2, middle, high);
    const parts = integral(left) + integral(right);
    scale = Math.max(scale, parts);
    const isSettled = Math.abs(parts - integral(panel)) <= 1e-14 * scale;
    if (isSettled && changeOf(panel.d) <= STEEPEST) panels.push(panel);
    else waiting.push(right, left);
  }
  return { panels, breaks };
}

function panelOf(slope2: (z: number) => number, low: number, high: number): Panel {
  const middle = 0.5 * (low + high);
  const half = 0.5 * (high - low);
  const z = Array.from(RULE.nodes, (x) => middle + half * x);
  const weights = z.map((at, i) => half * RULE.weights[i] * normalPdf(at));
  return { low, high, z, weights, d: z.map(slope2) };
}

function integral({ weights, d }: Panel): number {
  let sum = 0;
  for (let i = 0; i < d.length; i++) sum += weights[i] * d[i];
  return sum;
}

/** Change of ln d, where a d that underflows counts as the smallest float64. */
function changeOf(d: readonly number[]): number {
  return (
    Math.log(Math.max(Math.max(...d), Number.MIN_VALUE)) -
    Math.log(Math.max(Math.min(...d), Number.MIN_VALUE))
  );
}

/** Variation of d, relative to it, that is noise if d goes up and down over a panel. */
const NOISE = 1e-7;

/**
 * The values of d on panels over which it is constant, `null` for others. Constant is what varies by rounding, as well
 * as what wavers by as little as a derivative by differences does; of values that are so near to each other
 * one is taken for all.
 */
export function constantsOf(panels: readonly Panel[]): (number | null)[] {
  const known: number[] = [];
  const nearest = (value: number): number => {
    const near = known.find((other) => Math.abs(other - value) <= NOISE * value);
    if (near === undefined) known.push(value);
    return near ?? value;
  };
  const values = panels.map(({ d }) => {
    const [least, most] = [Math.min(...d), Math.max(...d)];
    return most - least <= 4e-16 * most ? nearest(d[0]) : null;
  });
  return panels.map(({ d }, p) => {
    if (values[p] !== null || !wavers(d)) return values[p];
    return nearest([...d].sort((a, b) => a - b)[d.length >> 1]);
  });
}

/** Whether d varies by noise alone: little, and with more turns than a smooth function has over a panel. */
function wavers(d: readonly number[]): boolean {
  const most = Math.max(...d);
  if (most - Math.min(...d) > NOISE * most) return false;
  let turns = 0;
  for (let i = 2; i < d.length; i++) if ((d[i] - d[i - 1]) * (d[i - 1] - d[i - 2]) < 0) turns++;
  return turns > 3;
}
