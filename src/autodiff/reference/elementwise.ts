import { numberAttribute, type Node } from '../../graph/index.ts';
import { erf } from '../../numeric/index.ts';
import { broadcastStrides, commonShape, filled, walk, type Numbers } from './array.ts';
import { kernel, type Kernel } from './kernel.ts';

/** `f(x)` for every element. */
export function map(x: Numbers, f: (value: number) => number): Numbers {
  return filled(x.dtype, x.shape, (index) => f(x.data[index]));
}

/** `f(a, b)` with broadcasting. */
export function zip(
  a: Numbers,
  b: Numbers,
  f: (a: number, b: number) => number,
  dtype: Numbers['dtype'] = a.dtype,
): Numbers {
  const shape = commonShape([a.shape, b.shape]);
  const result = filled(dtype, shape);
  const other = new Int32Array(result.data.length);
  walk(shape, broadcastStrides(b.shape, shape), 0, (place, source) => {
    other[place] = source;
  });
  walk(shape, broadcastStrides(a.shape, shape), 0, (place, source) => {
    result.data[place] = f(a.data[source], b.data[other[place]]);
  });
  return result;
}

const unary = (f: (x: number, node: Node) => number): Kernel =>
  kernel(([x], node) => map(x, (value) => f(value, node)));

const folded = (f: (a: number, b: number) => number): Kernel =>
  kernel((inputs) => inputs.reduce((a, b) => zip(a, b, f)));

const test = (f: (a: number, b: number) => boolean): Kernel =>
  kernel(([a, b]) => zip(a, b, (x, y) => Number(f(x, y)), 'bool'));

const attribute = (name: string, fallback: number) => (node: Node) =>
  numberAttribute(node, name, fallback);
const alpha = (fallback: number) => attribute('alpha', fallback);

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const clamp = (x: number): number => Math.min(Math.max(x, 0), 1);

function gelu(x: number, node: Node): number {
  if (node.attributes.approximate !== 'tanh') return (x / 2) * (1 + erf(x / Math.SQRT2));
  return (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

function roundEven(x: number): number {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}

const isWhole = ({ dtype }: Numbers): boolean => /int/.test(dtype);

const clip: Kernel = (_, [x, low, high]) => {
  if (x === undefined) return [];
  const [from, to] = [low?.data[0] ?? -Infinity, high?.data[0] ?? Infinity];
  return [map(x, (value) => Math.min(Math.max(value, from), to))];
};

const where = kernel(([condition, a, b]) => {
  const shape = commonShape([condition.shape, a.shape, b.shape]);
  const pick = (of: Numbers): Float64Array => {
    const result = new Float64Array(filled(of.dtype, shape).data.length);
    walk(shape, broadcastStrides(of.shape, shape), 0, (place, source) => {
      result[place] = of.data[source];
    });
    return result;
  };
  const [is, left, right] = [pick(condition), pick(a), pick(b)];
  return filled(a.dtype, shape, (index) => (is[index] !== 0 ? left[index] : right[index]));
});

/** Operators that work element by element, in float64. */
export const elementwise: Readonly<Record<string, Kernel>> = {
  Identity: unary((x) => x),
  Dropout: (_, [x]) => (x === undefined ? [] : [x, filled('bool', x.shape, () => 1)]),
  Neg: unary((x) => -x),
  Abs: unary(Math.abs),
  Sign: unary(Math.sign),
  Reciprocal: unary((x) => 1 / x),
  Sqrt: unary(Math.sqrt),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Sin: unary(Math.sin),
  Cos: unary(Math.cos),
  Tan: unary(Math.tan),
  Asin: unary(Math.asin),
  Acos: unary(Math.acos),
  Atan: unary(Math.atan),
  Sinh: unary(Math.sinh),
  Cosh: unary(Math.cosh),
  Tanh: unary(Math.tanh),
  Asinh: unary(Math.asinh),
  Acosh: unary(Math.acosh),
  Atanh: unary(Math.atanh),
  Erf: unary((x) => erf(x)),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Round: unary(roundEven),
  Relu: unary((x) => Math.max(x, 0)),
  LeakyRelu: unary((x, node) => (x < 0 ? alpha(0.01)(node) * x : x)),
  ThresholdedRelu: unary((x, node) => (x > alpha(1)(node) ? x : 0)),
  Elu: unary((x, node) => (x > 0 ? x : alpha(1)(node) * Math.expm1(x))),
  Celu: unary((x, node) => {
    const a = alpha(1)(node);
    return x > 0 ? x : a * Math.expm1(x / a);
  }),
  Selu: unary((x, node) => {
    const gamma = attribute('gamma', 1.0507009873554805)(node);
    return gamma * (x > 0 ? x : alpha(1.6732632423543772)(node) * Math.expm1(x));
  }),
  Sigmoid: unary(sigmoid),
  Softplus: unary(softplus),
  Softsign: unary((x) => x / (1 + Math.abs(x))),
  HardSigmoid: unary((x, node) => clamp(alpha(0.2)(node) * x + attribute('beta', 0.5)(node))),
  HardSwish: unary((x) => x * clamp(x / 6 + 0.5)),
  Swish: unary((x, node) => x * sigmoid(alpha(1)(node) * x)),
  Gelu: unary(gelu),
  Mish: unary((x) => x * Math.tanh(softplus(x))),
  Shrink: unary((x, node) => {
    const limit = attribute('lambd', 0.5)(node);
    const bias = attribute('bias', 0)(node);
    return x > limit ? x - bias : x < -limit ? x + bias : 0;
  }),
  PRelu: kernel(([x, a]) => zip(x, a, (value, slope) => (value < 0 ? slope * value : value))),
  Clip: clip,
  Add: folded((a, b) => a + b),
  Sum: folded((a, b) => a + b),
  Mean: kernel((inputs) =>
    map(
      inputs.reduce((a, b) => zip(a, b, (x, y) => x + y)),
      (sum) => sum / inputs.length,
    ),
  ),
  Sub: folded((a, b) => a - b),
  Mul: folded((a, b) => a * b),
  Div: kernel(([a, b]) => zip(a, b, isWhole(a) ? (x, y) => Math.trunc(x / y) : (x, y) => x / y)),
  Pow: kernel(([a, b]) => zip(a, b, (x, y) => x ** y)),
  Mod: kernel(([a, b], node) =>
    zip(a, b, (x, y) =>
      numberAttribute(node, 'fmod', 0) === 1 ? x % y : x - y * Math.floor(x / y),
    ),
  ),
  Max: folded(Math.max),
  Min: folded(Math.min),
  Where: where,
  Equal: test((a, b) => a === b),
  Greater: test((a, b) => a > b),
  GreaterOrEqual: test((a, b) => a >= b),
  Less: test((a, b) => a < b),
  LessOrEqual: test((a, b) => a <= b),
  And: test((a, b) => a !== 0 && b !== 0),
  Or: test((a, b) => a !== 0 || b !== 0),
  Xor: test((a, b) => (a !== 0) !== (b !== 0)),
  Not: unary((x) => Number(x === 0)),
  IsNaN: kernel(([x]) => filled('bool', x.shape, (index) => Number(Number.isNaN(x.data[index])))),
  IsInf: kernel(([x], node) => {
    const isFound = (value: number): boolean =>
      numberAttribute(node, value > 0 ? 'detect_positive' : 'detect_negative', 1) !== 0 &&
      Math.abs(value) === Infinity;
    return filled('bool', x.shape, (index) => Number(isFound(x.data[index])));
  }),
};
