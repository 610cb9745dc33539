import { activation } from '../activation/index.ts';
import { GRID, PRELU_SLOPE, type ElementwiseMap } from './elementwise.ts';
import { usesOf, type Wiring } from './wiring.ts';

/** An activation of the network: `output = f(source)` where `f` is not affine. */
export interface ActivationSite {
  readonly source: string;
  readonly output: string;
  /** `relu`, `leaky_relu:0.2`, …; `custom` for a function without a name here. */
  readonly name: string;
  readonly samples: Float64Array;
}

/** Where elementwise functions end: the values that leave the region of their source, with their names. */
export function activationSites(
  wiring: Wiring,
  maps: ReadonlyMap<string, ElementwiseMap>,
): Map<string, ActivationSite> {
  const outputs = new Set(wiring.graph.outputs.map((output) => output.name));
  const sites = new Map<string, ActivationSite>();
  for (const [value, { source, samples }] of maps) {
    const leaves =
      outputs.has(value) ||
      usesOf(wiring, value).some(
        ({ node }) => node.outputs[0] === undefined || maps.get(node.outputs[0])?.source !== source,
      );
    if (!leaves || isAffine(samples) || !samples.every(Number.isFinite)) continue;
    const isLearned = wiring.producer.get(value)?.operator === 'PRelu';
    const name = isLearned ? `prelu:${PRELU_SLOPE}` : nameOf(samples);
    if (name === 'custom' && isStatistic(wiring, value)) continue;
    sites.set(value, { source, output: value, name, samples });
  }
  return sites;
}

/** A square that is only averaged belongs to a normalisation. */
function isStatistic(wiring: Wiring, value: string): boolean {
  const uses = usesOf(wiring, value);
  return uses.length > 0 && uses.every(({ node }) => node.operator.startsWith('Reduce'));
}

/** Whether samples on `GRID` lie on a line. */
export function isAffine(samples: Float64Array): boolean {
  const slope = (samples[samples.length - 1] - samples[0]) / 16;
  const middle = samples[(samples.length - 1) / 2];
  const scale = 1e-6 * Math.max(1, Math.abs(slope) * 8, Math.abs(middle));
  return samples.every((y, i) => Math.abs(y - (middle + slope * GRID[i])) <= scale);
}

/** Names without a parameter; the parametric families are fitted below. */
const PLAIN = [
  'relu',
  'relu6',
  'tanh',
  'sigmoid',
  'hard_tanh',
  'hard_swish',
  'erf',
  'arctan',
  'softsign',
  'softplus',
  'elu',
  'selu',
  'gelu',
  'gelu_tanh',
  'silu',
  'mish',
  'sin',
  'abs',
] as const;

/** Largest difference on the grid at which two functions count as one; GELU's two forms differ by 5e-4. */
const SAME = 1e-4;

/** The activation whose values these are on `GRID`, `custom` if there is none. */
export function nameOf(samples: Float64Array): string {
  let best = 'custom';
  let nearest = SAME;
  for (const name of [...PLAIN, ...fitted(samples)]) {
    const { f } = activation(name);
    let difference = 0;
    for (let i = 0; i < samples.length && difference < nearest; i++) {
      const gap = Math.abs(f(GRID[i]) - samples[i]);
      difference = gap <= nearest ? Math.max(difference, gap) : Infinity;
    }
    if (difference < nearest) {
      nearest = difference;
      best = name;
    }
  }
  return best;
}

const at = (samples: Float64Array, x: number): number => samples[128 + x * 16];
const rounded = (x: number): string => String(Number(x.toPrecision(6)));

/** Beyond it no parameter of an activation lies, but a fit to something else may. */
const isUsual = (value: number): boolean => Math.abs(value) < 1e6;

function fitted(samples: Float64Array): string[] {
  const slope = -at(samples, -1);
  const names = isUsual(slope) ? [`leaky_relu:${rounded(slope)}`] : [];
  const floor = -at(samples, -8);
  if (floor > 0 && isUsual(floor)) {
    names.push(`elu:${rounded(floor / -Math.expm1(-8))}`);
    let alpha = floor;
    for (let i = 0; i < 50; i++) alpha = floor / -Math.expm1(-8 / alpha);
    if (isUsual(alpha) && alpha > 0) names.push(`celu:${rounded(alpha)}`);
  }
  const steepness = at(samples, 0.5) - at(samples, -0.5);
  if (steepness > 0 && isUsual(steepness)) names.push(`hard_sigmoid:${rounded(steepness)}`);
  return names;
}

/** `E f(z)²` for z ~ N(0, 1) from the samples of f, by the trapezoidal rule. */
export function gaussianMoment(samples: Float64Array | null): number | null {
  if (samples === null) return null;
  let sum = 0;
  for (let i = 0; i < samples.length; i++) {
    sum += squareAt(samples, i) * Math.exp(-(GRID[i] ** 2) / 2);
  }
  return sum / 16 / Math.sqrt(2 * Math.PI);
}

/** `f²` at a node; where f jumps over its value there, as sign does at 0, the mean of both sides. */
function squareAt(samples: Float64Array, i: number): number {
  const y = samples[i];
  if (i < 2 || i + 2 >= samples.length) return y ** 2;
  const [fall, rise] = [samples[i - 1] - samples[i - 2], samples[i + 2] - samples[i + 1]];
  const [left, right] = [samples[i - 1] + fall, samples[i + 1] - rise];
  const usual = 8 * (Math.abs(fall) + Math.abs(rise)) + 1e-9;
  const isApart = Math.abs(y - left) > usual && Math.abs(y - right) > usual;
  return isApart ? 0.5 * (left ** 2 + right ** 2) : y ** 2;
}
