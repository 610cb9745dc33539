import { activation } from '../../activation/index.ts';
import { numberAttribute, textAttribute, type Node } from '../../graph/index.ts';
import type { Step } from './transfer.ts';

type Maker = (node: Node) => Step;

const named =
  (text: string): Maker =>
  () =>
    activation(text);

const smooth =
  (f: Step['f'], df: Step['df']): Maker =>
  () => ({ f, df, breakpoints: [] });

const kinked =
  (f: Step['f'], df: Step['df'], ...breakpoints: number[]): Maker =>
  () => ({ f, df, breakpoints });

/** `x` where it is above a point, times a slope below it. */
const leaky = (slope: number): Step => ({
  f: (x) => (x < 0 ? slope * x : x),
  df: (x) => (x > 0 ? 1 : slope),
  breakpoints: [0],
});

const gated = (slope: number): Step => {
  const { f: gate } = activation('sigmoid');
  return {
    f: (x) => x * gate(slope * x),
    df: (x) => {
      const s = gate(slope * x);
      return s * (1 + slope * x * (1 - s));
    },
    breakpoints: [],
  };
};

/** `min(high, max(low, x))`. */
export function clipStep(low: number, high: number): Step {
  return {
    f: (x) => Math.min(high, Math.max(low, x)),
    df: (x) => (x > low && x <= high ? 1 : 0),
    breakpoints: [low, high].filter(Number.isFinite),
  };
}

/** `x^n`. */
export function powerStep(n: number): Step {
  return {
    f: (x) => x ** n,
    df: (x) => (n === 0 ? 0 : n * x ** (n - 1)),
    breakpoints: Number.isInteger(n) && n > 0 ? [] : [0],
    ...(n <= -0.5 ? { pole: 0 } : {}),
  };
}

/** `a / x`. */
export function reciprocalStep(a: number): Step {
  return { f: (x) => a / x, df: (x) => -a / (x * x), breakpoints: [0], pole: 0 };
}

/** A rectifier that a learned slope makes leaky. */
export const leakyStep: (slope: number) => Step = leaky;

const LN2 = Math.LN2;
const ONE_BELOW = 1 - Number.EPSILON;

/** Every operator of one argument that acts element by element, as a function with its kinks. */
export const STEPS: Readonly<Record<string, Maker>> = {
  Abs: named('abs'),
  Acos: kinked(Math.acos, (x) => -1 / Math.sqrt((1 - x) * (1 + x)), -ONE_BELOW, ONE_BELOW),
  Acosh: kinked(Math.acosh, (x) => 1 / Math.sqrt(x * x - 1), 1),
  Asin: kinked(Math.asin, (x) => 1 / Math.sqrt((1 - x) * (1 + x)), -ONE_BELOW, ONE_BELOW),
  Asinh: smooth(Math.asinh, (x) => 1 / Math.hypot(1, x)),
  Atan: named('arctan'),
  Atanh: kinked(Math.atanh, (x) => 1 / ((1 - x) * (1 + x)), -ONE_BELOW, ONE_BELOW),
  Ceil: kinked(Math.ceil, () => 0, ...Array.from({ length: 33 }, (_, i) => i - 16)),
  Celu: (node) => celu(numberAttribute(node, 'alpha', 1)),
  Cos: smooth(Math.cos, (x) => -Math.sin(x)),
  Cosh: smooth(Math.cosh, Math.sinh),
  Elu: (node) => elu(numberAttribute(node, 'alpha', 1), 1),
  Erf: named('erf'),
  Exp: smooth(Math.exp, Math.exp),
  FastGelu: named('gelu_tanh'),
  BiasGelu: named('gelu'),
  Floor: kinked(Math.floor, () => 0, ...Array.from({ length: 33 }, (_, i) => i - 16)),
  Gelu: (node) =>
    activation(textAttribute(node, 'approximate', 'none') === 'tanh' ? 'gelu_tanh' : 'gelu'),
  HardSigmoid: (node) => {
    const alpha = numberAttribute(node, 'alpha', 0.2);
    const beta = numberAttribute(node, 'beta', 0.5);
    return {
      f: (x) => Math.max(0, Math.min(1, alpha * x + beta)),
      df: (x) => (alpha * x + beta > 0 && alpha * x + beta < 1 ? alpha : 0),
      breakpoints: alpha === 0 ? [] : [-beta / alpha, (1 - beta) / alpha].sort((a, b) => a - b),
    };
  },
  HardSwish: named('hard_swish'),
  LeakyRelu: (node) => leaky(numberAttribute(node, 'alpha', 0.01)),
  Log: kinked(Math.log, (x) => 1 / x, 0),
  Mish: named('mish'),
  Neg: smooth(
    (x) => -x,
    () => -1,
  ),
  QuickGelu: (node) => gated(numberAttribute(node, 'alpha', 1.702)),
  Reciprocal: () => reciprocalStep(1),
  Relu: named('relu'),
  Round: kinked(Math.round, () => 0, ...Array.from({ length: 33 }, (_, i) => i - 16.5)),
  Selu: (node) =>
    elu(
      numberAttribute(node, 'alpha', 1.6732632423543772),
      numberAttribute(node, 'gamma', 1.0507009873554805),
    ),
  Shrink: (node) => {
    const bias = numberAttribute(node, 'bias', 0);
    const lambd = numberAttribute(node, 'lambd', 0.5);
    return {
      f: (x) => (x < -lambd ? x + bias : x > lambd ? x - bias : 0),
      df: (x) => (Math.abs(x) > lambd ? 1 : 0),
      breakpoints: [-lambd, lambd],
    };
  },
  Sigmoid: named('sigmoid'),
  Sign: kinked(Math.sign, () => 0, 0),
  Sin: named('sin'),
  Sinh: smooth(Math.sinh, Math.cosh),
  Softplus: named('softplus'),
  Softsign: named('softsign'),
  Sqrt: kinked(Math.sqrt, (x) => 0.5 / Math.sqrt(x), 0),
  Square: () => powerStep(2),
  Swish: (node) => gated(numberAttribute(node, 'alpha', 1)),
  Tan: () => ({
    f: Math.tan,
    df: (x) => 1 + Math.tan(x) ** 2,
    breakpoints: [],
    pole: Math.PI / 2,
    period: Math.PI,
  }),
  Tanh: named('tanh'),
  ThresholdedRelu: (node) => {
    const threshold = numberAttribute(node, 'alpha', 1);
    return {
      f: (x) => (x > threshold ? x : 0),
      df: (x) => (x > threshold ? 1 : 0),
      breakpoints: [threshold],
    };
  },
};

function elu(alpha: number, gamma: number): Step {
  return {
    f: (x) => gamma * (x < 0 ? alpha * Math.expm1(x) : x),
    df: (x) => gamma * (x > 0 ? 1 : alpha * Math.exp(x)),
    breakpoints: [0],
  };
}

function celu(alpha: number): Step {
  return {
    f: (x) => (x < 0 ? alpha * Math.expm1(x / alpha) : x),
    df: (x) => (x > 0 ? 1 : Math.exp(x / alpha)),
    breakpoints: [0],
  };
}

/** `2^x`, for `Pow` with a stored base. */
export function exponentialStep(base: number): Step {
  const rate = base === 2 ? LN2 : Math.log(base);
  return { f: (x) => base ** x, df: (x) => rate * base ** x, breakpoints: [] };
}
