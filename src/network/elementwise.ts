import { numberAttribute, type Constant, type Node } from '../graph/index.ts';
import { isFloat, sizeOf } from '../tensor/index.ts';
import { activation } from '../activation/index.ts';
import { numbersOf } from './roots.ts';
import type { Wiring } from './wiring.ts';

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
  BiasGelu: named('gelu'),
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

/** The stored tensor behind a value that is at most cast or handed on under another name. */
export function storedBehind(wiring: Wiring, value: string | undefined): Constant | undefined {
  let name = value ?? '';
  for (;;) {
    const constant = wiring.graph.constants.get(name);
    if (constant !== undefined) return constant;
    const node = wiring.producer.get(name);
    if (node?.operator !== 'Identity' && node?.operator !== 'Cast') return undefined;
    [name] = node.inputs;
  }
}

/** The number in a stored tensor of one element, `null` for anything else. */
export function storedScalar(wiring: Wiring, value: string | undefined): number | null {
  const constant = storedBehind(wiring, value);
  if (constant === undefined || sizeOf(constant.shape) !== 1) return null;
  if (isFloat(constant.dtype)) return numbersOf(constant)[0];
  return constant.dtype.includes('int') ? Number(constant.read().data[0]) : null;
}

/**
 * Every data value that is an elementwise function of one earlier value, however it is spelled:
 * `x · sigmoid(x)`, a GELU in eight operators and a fused `Gelu` come out alike. A node of `breaks`
 * applies a learned scalar, so what it makes starts anew.
 */
export function elementwiseMaps(
  wiring: Wiring,
  breaks: ReadonlySet<Node>,
): Map<string, ElementwiseMap> {
  const maps = new Map<string, ElementwiseMap>();
  const mapOf = (value: string): ElementwiseMap =>
    maps.get(value) ?? { source: value, samples: GRID };
  for (const node of wiring.graph.nodes) {
    const output = node.outputs[0];
    if (output === undefined || !wiring.isData(output) || breaks.has(node)) continue;
    const map = unaryMap(node, mapOf) ?? binaryMap(wiring, node, mapOf);
    if (map !== null) maps.set(output, map);
  }
  return maps;
}

/** Functions of their first input alone, up to a bias. */
const TAKES_MORE = new Set(['Dropout', 'BiasGelu', 'FastGelu']);

function unaryMap(node: Node, mapOf: (value: string) => ElementwiseMap): ElementwiseMap | null {
  if (node.operator === 'Clip') return null;
  if (node.operator === 'PRelu') {
    const { source, samples } = mapOf(node.inputs[0]);
    return { source, samples: samples.map((x) => (x < 0 ? PRELU_SLOPE * x : x)) };
  }
  const unary = UNARY[node.operator];
  if (unary === undefined || (!TAKES_MORE.has(node.operator) && node.inputs.length !== 1))
    return null;
  const { source, samples } = mapOf(node.inputs[0]);
  return { source, samples: samples.map(unary(node)) };
}

/** He et al. 2015 start the learned slope here. */
export const PRELU_SLOPE = 0.25;

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
