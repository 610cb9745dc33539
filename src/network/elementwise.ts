import { numberAttribute, type Node } from '../graph/index.ts';
import { sizeOf } from '../tensor/index.ts';
import { activation } from '../activation/index.ts';
import { usesOf, type Wiring } from './wiring.ts';

/** A value that is a function of one other value, element by element, by its samples on `GRID`. */
export interface ElementwiseMap {
  readonly source: string;
  readonly samples: Float64Array;
}

/** Sample points of every elementwise function: -8 … 8 in steps of 1/16. */
export const GRID: Float64Array = Float64Array.from({ length: 257 }, (_, i) => (i - 128) / 16);

type Unary = (node: Node) => (x: number) => number;
type Binary = (a: number, b: number) => number;

const named = (text: string): Unary => {
  const f = (x: number): number => activation(text).f(x);
  return () => f;
};

const UNARY: Readonly<Record<string, Unary>> = {
  Identity: () => (x) => x,
  Cast: () => (x) => x,
  Dropout: () => (x) => x,
  Neg: () => (x) => -x,
  Abs: () => Math.abs,
  Sign: () => Math.sign,
  Exp: () => Math.exp,
  Log: () => Math.log,
  Sqrt: () => Math.sqrt,
  Reciprocal: () => (x) => 1 / x,
  Sin: () => Math.sin,
  Cos: () => Math.cos,
  Atan: () => Math.atan,
  Tanh: () => Math.tanh,
  Erf: named('erf'),
  Relu: () => (x) => Math.max(x, 0),
  LeakyRelu: (node) => {
    const slope = numberAttribute(node, 'alpha', 0.01);
    return (x) => (x < 0 ? slope * x : x);
  },
  ThresholdedRelu: (node) => {
    const threshold = numberAttribute(node, 'alpha', 1);
    return (x) => (x > threshold ? x : 0);
  },
  Elu: (node) => {
    const alpha = numberAttribute(node, 'alpha', 1);
    return (x) => (x < 0 ? alpha * Math.expm1(x) : x);
  },
  Celu: (node) => {
    const alpha = numberAttribute(node, 'alpha', 1);
    return (x) => (x < 0 ? alpha * Math.expm1(x / alpha) : x);
  },
  Selu: (node) => {
    const alpha = numberAttribute(node, 'alpha', 1.6732632423543772);
    const gamma = numberAttribute(node, 'gamma', 1.0507009873554805);
    return (x) => gamma * (x < 0 ? alpha * Math.expm1(x) : x);
  },
  Sigmoid: named('sigmoid'),
  HardSigmoid: (node) => {
    const alpha = numberAttribute(node, 'alpha', 0.2);
    const beta = numberAttribute(node, 'beta', 0.5);
    return (x) => Math.max(0, Math.min(1, alpha * x + beta));
  },
  HardSwish: named('hard_swish'),
  Softplus: named('softplus'),
  Softsign: named('softsign'),
  Mish: named('mish'),
  Gelu: (node) => named(node.attributes['approximate'] === 'tanh' ? 'gelu_tanh' : 'gelu')(node),
  FastGelu: named('gelu_tanh'),
  Swish: (node) => gatedBySigmoid(numberAttribute(node, 'alpha', 1)),
  QuickGelu: (node) => gatedBySigmoid(numberAttribute(node, 'alpha', 1.702)),
};

const BINARY: Readonly<Record<string, Binary>> = {
  Add: (a, b) => a + b,
  Sum: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Pow: (a, b) => a ** b,
  Max: Math.max,
  Min: Math.min,
};

function gatedBySigmoid(slope: number): (x: number) => number {
  return (x) => x / (1 + Math.exp(-slope * x));
}

/** The number in a stored tensor of one element, `null` for anything else. */
export function storedScalar(wiring: Wiring, value: string | undefined): number | null {
  if (value === undefined) return null;
  const constant = wiring.graph.constants.get(value);
  if (constant === undefined) {
    const node = wiring.producer.get(value);
    const passes = node?.operator === 'Identity' || node?.operator === 'Cast';
    return passes ? storedScalar(wiring, node.inputs[0]) : null;
  }
  if (sizeOf(constant.shape) !== 1) return null;
  if (
    constant.dtype !== 'float32' &&
    constant.dtype !== 'float64' &&
    !constant.dtype.includes('int')
  ) {
    return null;
  }
  return Number(constant.read().data[0]);
}

/**
 * Every data value that is an elementwise function of one earlier value, however it is spelled:
 * `x · sigmoid(x)`, a GELU in eight operators and a fused `Gelu` come out alike. What a residual sum
 * adds starts anew, since a scalar that closes a branch is learned.
 */
export function elementwiseMaps(
  wiring: Wiring,
  branches: ReadonlySet<string>,
): Map<string, ElementwiseMap> {
  const maps = new Map<string, ElementwiseMap>();
  const mapOf = (value: string): ElementwiseMap =>
    maps.get(value) ?? { source: value, samples: GRID };
  for (const node of wiring.graph.nodes) {
    const output = node.outputs[0];
    if (output === undefined || !wiring.isData(output) || branches.has(output)) continue;
    const map = unaryMap(node, mapOf) ?? binaryMap(wiring, node, mapOf);
    if (map !== null) maps.set(output, map);
  }
  return maps;
}

function unaryMap(node: Node, mapOf: (value: string) => ElementwiseMap): ElementwiseMap | null {
  if (node.operator === 'Clip') return null;
  if (node.operator === 'PRelu') {
    const { source, samples } = mapOf(node.inputs[0]);
    return { source, samples: samples.map((x) => (x < 0 ? PRELU_SLOPE * x : x)) };
  }
  const unary = UNARY[node.operator];
  if (unary === undefined || (node.operator !== 'Dropout' && node.inputs.length !== 1)) return null;
  const { source, samples } = mapOf(node.inputs[0]);
  return { source, samples: samples.map(unary(node)) };
}

/** He et al. 2015 start the learned slope here. */
const PRELU_SLOPE = 0.25;

function binaryMap(
  wiring: Wiring,
  node: Node,
  mapOf: (value: string) => ElementwiseMap,
): ElementwiseMap | null {
  if (node.operator === 'Clip') return clipped(wiring, node, mapOf);
  const binary = BINARY[node.operator];
  if (binary === undefined) return null;
  let source: string | null = null;
  const terms: ((i: number) => number)[] = [];
  for (const input of node.inputs) {
    if (wiring.isData(input)) {
      const map = mapOf(input);
      if (source !== null && source !== map.source) return null;
      source = map.source;
      terms.push((i) => map.samples[i]);
    } else {
      const scalar = storedScalar(wiring, input);
      if (scalar === null) return null;
      terms.push(() => scalar);
    }
  }
  if (source === null) return null;
  const samples = GRID.map((_, i) => terms.map((term) => term(i)).reduce((a, b) => binary(a, b)));
  return { source, samples };
}

function clipped(
  wiring: Wiring,
  node: Node,
  mapOf: (value: string) => ElementwiseMap,
): ElementwiseMap | null {
  const limit = (slot: number, name: string, fallback: number): number | null => {
    const input = node.inputs[slot];
    if (input === undefined || input === '') return numberAttribute(node, name, fallback);
    return storedScalar(wiring, input);
  };
  const low = limit(1, 'min', -Infinity);
  const high = limit(2, 'max', Infinity);
  if (low === null || high === null) return null;
  const { source, samples } = mapOf(node.inputs[0]);
  return { source, samples: samples.map((x) => Math.min(high, Math.max(low, x))) };
}

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

function isAffine(samples: Float64Array): boolean {
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

function nameOf(samples: Float64Array): string {
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

function fitted(samples: Float64Array): string[] {
  const slope = -at(samples, -1);
  const names = [`leaky_relu:${rounded(slope)}`];
  const floor = -at(samples, -8);
  if (floor > 0) {
    names.push(`elu:${rounded(floor / -Math.expm1(-8))}`);
    let alpha = floor;
    for (let i = 0; i < 50; i++) alpha = floor / -Math.expm1(-8 / alpha);
    if (Number.isFinite(alpha) && alpha > 0) names.push(`celu:${rounded(alpha)}`);
  }
  const steepness = at(samples, 0.5) - at(samples, -0.5);
  if (steepness > 0) names.push(`hard_sigmoid:${rounded(steepness)}`);
  return names;
}

/** `E f(z)²` for z ~ N(0, 1) from the samples of f, by the trapezoidal rule. */
export function gaussianMoment(samples: Float64Array | null): number | null {
  if (samples === null) return null;
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i] ** 2 * Math.exp(-(GRID[i] ** 2) / 2);
  return sum / 16 / Math.sqrt(2 * Math.PI);
}
