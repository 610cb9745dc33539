import { gaussLegendre, type Quadrature } from '../numeric/index.ts';
import { stepDown, stepUp, type Mesh } from './mesh.ts';

/** One of two correlated Gaussians `u` and what is averaged over: its standard deviation and mesh. */
export interface PlaneSide {
  readonly std: number;
  readonly mesh: Mesh;
  readonly breakpoints: readonly number[];
}

const INVERSE_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

const RULES = { 10: gaussLegendre(10), 16: gaussLegendre(16) } as const;

/** Ends of panels where there is nothing but the Gaussian to resolve. */
const LADDER = [0, 3.5, 8, 16, 32] as const;

/**
 * `E g(u₁, u₂)` over Gaussians whose correlation is the cosine of `theta`, `0 < θ ≤ π/2`, in the rotated coordinates
 * `u₁ = σ₁ (cos(θ/2) x + sin(θ/2) y)`, `u₂ = σ₂ (cos(θ/2) x - sin(θ/2) y)`: there the distance of the two is a
 * coordinate, so that nothing cancels for θ → 0. Gauss–Legendre panels of 16 points in both; those in y
 * end at the breakpoints of both sides, those in x where two of these lines cross. `g` must be smooth in between, and
 * what it contributes beyond `|x| = reach` negligible. `isEven` says that `g` is symmetric for equal
 * sides, so that half of the plane is enough.
 */
export function planeMean(
  g: (u1: number, u2: number) => number,
  first: PlaneSide,
  second: PlaneSide,
  theta: number,
  reach: number,
  isEven: boolean,
  points: 10 | 16 = 16,
): number {
  const rule = RULES[points];
  const cosine = Math.cos(0.5 * theta);
  const sine = Math.sin(0.5 * theta);
  const [x1, x2] = [first.std * cosine, second.std * cosine];
  const [y1, y2] = [first.std * sine, second.std * sine];
  const kinks1 = first.breakpoints.map((b) => b / first.std);
  const kinks2 = second.breakpoints.map((b) => b / second.std);

  const inner = (x: number): number => {
    const ends = kinks1.map((b) => (b - cosine * x) / sine);
    for (const b of kinks2) ends.push((cosine * x - b) / sine);
    const allowed = (y: number): number =>
      Math.min(
        stepUp(first.mesh, x1 * x + y1 * y) / y1,
        stepDown(second.mesh, x2 * x - y2 * y) / y2,
      );
    return panels(rule, isEven ? 0 : -reach, reach, ends, allowed, (y) =>
      g(x1 * x + y1 * y, x2 * x - y2 * y),
    );
  };

  const ends = [...kinks1, ...kinks2].map((b) => b / cosine);
  for (const b1 of kinks1) for (const b2 of kinks2) ends.push((b1 + b2) / (2 * cosine));
  const features = featuresAlong(first, second, cosine, sine);
  const allowed = (x: number): number => {
    let step = 4;
    for (const { low, high, width } of features) {
      if (x >= high) continue;
      step = Math.min(step, Math.max(width, x < low ? 0.6 * (low - x) : 0));
    }
    return step;
  };
  return (isEven ? 2 : 1) * panels(rule, -reach, reach, ends, allowed, inner);
}

/** An interval of x where panels must not be longer than `width`. */
interface Feature {
  readonly low: number;
  readonly high: number;
  readonly width: number;
}

/**
 * Where the average over y is not smooth on the scale of the Gaussian: along one line `u = const`, blurred over
 * `sin(θ/2)`, and where two such lines cross, which nothing blurs.
 */
function featuresAlong(
  first: PlaneSide,
  second: PlaneSide,
  cosine: number,
  sine: number,
): Feature[] {
  const features: Feature[] = [];
  const add = (low: number, high: number, width: number): void => {
    if (width < 4) features.push({ low: low / cosine, high: high / cosine, width });
  };
  // The scale of a Gaussian's own panels.
  const blur = (LADDER[1] * sine) / cosine;
  for (const { mesh, std, breakpoints } of first === second ? [first] : [first, second]) {
    for (let i = 0; i + 1 < mesh.length; i++) {
      const [low, high] = [mesh[i] / std, mesh[i + 1] / std];
      add(low, high, Math.max(blur, (high - low) / cosine));
    }
    for (const b of breakpoints) add(b / std - 8 * sine, b / std + 8 * sine, blur);
  }
  for (let i = 0; i + 1 < first.mesh.length; i++) {
    const [low1, high1] = [first.mesh[i] / first.std, first.mesh[i + 1] / first.std];
    if (high1 - low1 > 8) continue;
    for (let j = 0; j + 1 < second.mesh.length; j++) {
      const [low2, high2] = [second.mesh[j] / second.std, second.mesh[j + 1] / second.std];
      const width = (high1 - low1 + high2 - low2) / (2 * cosine);
      add(0.5 * (low1 + low2), 0.5 * (high1 + high2), width);
    }
  }
  return features;
}

/** `∫ f(z) n(z) dz` over panels that end at `ends`, on the ladder, and are as long as `allowed` where they begin. */
function panels(
  rule: Quadrature,
  low: number,
  high: number,
  ends: readonly number[],
  allowed: (z: number) => number,
  f: (z: number) => number,
): number {
  const stops = ends.filter((end) => end > low && end < high);
  for (const end of LADDER) {
    if (end < 0.75 * high) stops.push(end);
    if (-end > 0.75 * low) stops.push(-end);
  }
  stops.push(high);
  stops.sort((a, b) => a - b);
  let sum = 0;
  let from = low;
  for (const stop of stops) {
    while (from < stop) {
      const step = allowed(from);
      const left = stop - from;
      // Two equal panels rather than a long and a very short one.
      const to = left <= 1.01 * step ? stop : from + (left < 2 * step ? 0.5 * left : step);
      sum += panel(rule, from, to, f);
      from = to > from ? to : stop;
    }
  }
  return sum;
}

function panel(
  { nodes, weights }: Quadrature,
  low: number,
  high: number,
  f: (z: number) => number,
): number {
  const middle = 0.5 * (low + high);
  const half = 0.5 * (high - low);
  let sum = 0;
  for (let i = 0; i < nodes.length; i++) {
    const z = middle + half * nodes[i];
    sum += weights[i] * Math.exp(-0.5 * z * z) * f(z);
  }
  return INVERSE_SQRT_2PI * half * sum;
}
