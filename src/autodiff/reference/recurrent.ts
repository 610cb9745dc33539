import { numberAttribute, numbersAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { filled, permuted, type Numbers } from './array.ts';
import type { Kernel } from './kernel.ts';

type Scalar = (x: number) => number;
type Parametric = (x: number, alpha: number, beta: number) => number;

/** Default numbers of the functions that take some, in their order; `NaN` for those without. */
const numbersOf: Readonly<Record<string, readonly number[]>> = {
  elu: [1],
  leakyrelu: [0.01],
  thresholdedrelu: [1],
  hardsigmoid: [0.2, 0.5],
  affine: [NaN, NaN],
  scaledtanh: [NaN, NaN],
};

const functions: Readonly<Record<string, Parametric>> = {
  relu: (x) => Math.max(x, 0),
  tanh: (x) => Math.tanh(x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softsign: (x) => x / (1 + Math.abs(x)),
  softplus: (x) => Math.log1p(Math.exp(x)),
  elu: (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x)),
  leakyrelu: (x, alpha) => (x < 0 ? alpha * x : x),
  thresholdedrelu: (x, alpha) => (x > alpha ? x : 0),
  hardsigmoid: (x, alpha, beta) => Math.min(Math.max(alpha * x + beta, 0), 1),
  affine: (x, alpha, beta) => alpha * x + beta,
  scaledtanh: (x, alpha, beta) => alpha * Math.tanh(beta * x),
};

/** The functions of all directions, which take their numbers from the lists of a node in turn. */
function functionsOf(node: Node, names: readonly string[], directions: number): Scalar[] {
  const list = node.attributes.activations;
  const given = ['alpha', 'beta'].map((name) =>
    Array.from(numbersAttribute(node, `activation_${name}`) ?? []),
  );
  return Array.from({ length: directions * names.length }, (_, index) => {
    const name = names[index % names.length];
    const own = Array.isArray(list) ? String(list[index] ?? name) : name;
    const f = functions[own.toLowerCase()];
    const defaults = numbersOf[own.toLowerCase()] ?? [];
    const [alpha = NaN, beta = NaN] = defaults.map((value, at) => given[at].shift() ?? value);
    return (x) => f(x, alpha, beta);
  });
}

/** The numbers of one direction, read by place. */
interface Weights {
  readonly hidden: number;
  readonly node: Node;
  readonly f: readonly Scalar[];
  /** Pre-activation of unit `unit` of gate `gate` from the input, with its bias. */
  readonly fromInput: (gate: number, unit: number) => number;
  /** The same from a hidden state. */
  readonly fromState: (gate: number, unit: number, h: Float64Array) => number;
  readonly peephole: (gate: number, unit: number) => number;
}

type Unit = (of: Weights, h: Float64Array, c: Float64Array) => [h: Float64Array, c: Float64Array];

const simple: Unit = ({ f, fromInput, fromState }, h, c) => [
  h.map((_, j) => f[0](fromInput(0, j) + fromState(0, j, h))),
  c,
];

const longShort: Unit = ({ node, f, fromInput, fromState, peephole }, h, c) => {
  const gate = (k: number, j: number): number => fromInput(k, j) + fromState(k, j, h);
  const isCoupled = numberAttribute(node, 'input_forget', 0) !== 0;
  const cell = c.map((before, j) => {
    const i = f[0](gate(0, j) + peephole(0, j) * before);
    const forget = isCoupled ? 1 - i : f[0](gate(2, j) + peephole(2, j) * before);
    return forget * before + i * f[1](gate(3, j));
  });
  const next = h.map((_, j) => f[0](gate(1, j) + peephole(1, j) * cell[j]) * f[2](cell[j]));
  return [next, cell];
};

const gated: Unit = ({ node, f, fromInput, fromState }, h, c) => {
  const isLinearFirst = numberAttribute(node, 'linear_before_reset', 0) !== 0;
  const z = h.map((_, j) => f[0](fromInput(0, j) + fromState(0, j, h)));
  const r = h.map((_, j) => f[0](fromInput(1, j) + fromState(1, j, h)));
  const held = h.map((value, j) => value * r[j]);
  const next = h.map((before, j) => {
    const inner = isLinearFirst ? r[j] * fromState(2, j, h) : fromState(2, j, held);
    return (1 - z[j]) * f[1](fromInput(2, j) + inner) + z[j] * before;
  });
  return [next, c];
};

function recurrentKernel(
  gates: number,
  names: readonly string[],
  unit: Unit,
  states: number,
): Kernel {
  return (node, [given, w, r, b, lengths, h0, c0, p]) => {
    if (given === undefined || w === undefined || r === undefined) return [];
    const isBatchFirst = numberAttribute(node, 'layout', 0) !== 0;
    const turned = (x: Numbers): Numbers => (isBatchFirst ? permuted(x, [1, 0, 2]) : x);
    const x = turned(given);
    const [steps, batch, inputs] = x.shape;
    const [directions, , hidden] = r.shape;
    const y = filled(x.dtype, [steps, directions, batch, hidden]);
    const last = [0, 1].map(() => filled(x.dtype, [directions, batch, hidden]));
    const all = functionsOf(node, names, directions);
    const start = [h0, c0].map((state) => (state === undefined ? undefined : turned(state)));
    const clip = numberAttribute(node, 'clip', 0);
    const clipped = (f: Scalar): Scalar =>
      clip > 0 ? (value) => f(Math.min(Math.max(value, -clip), clip)) : f;
    for (let d = 0; d < directions; d++) {
      const f = names.map((_, index) => clipped(all[d * names.length + index]));
      const isReverse = textAttribute(node, 'direction', 'forward') === 'reverse' || d === 1;
      for (let n = 0; n < batch; n++) {
        const initial = (which: number): Float64Array => {
          const from = (d * batch + n) * hidden;
          return start[which]?.data.slice(from, from + hidden) ?? new Float64Array(hidden);
        };
        let [h, c] = [initial(0), initial(1)];
        const length = lengths?.data[n] ?? steps;
        for (let index = 0; index < length; index++) {
          const t = isReverse ? length - 1 - index : index;
          const bias = (k: number, j: number, half: number): number =>
            b?.data[(d * 2 + half) * gates * hidden + k * hidden + j] ?? 0;
          const of: Weights = {
            hidden,
            node,
            f,
            fromInput: (k, j) => {
              let sum = bias(k, j, 0);
              const row = ((d * gates + k) * hidden + j) * inputs;
              for (let i = 0; i < inputs; i++) {
                sum += w.data[row + i] * x.data[(t * batch + n) * inputs + i];
              }
              return sum;
            },
            fromState: (k, j, state) => {
              const row = ((d * gates + k) * hidden + j) * hidden;
              let sum = bias(k, j, 1);
              for (let i = 0; i < hidden; i++) sum += r.data[row + i] * state[i];
              return sum;
            },
            peephole: (k, j) => p?.data[(d * 3 + k) * hidden + j] ?? 0,
          };
          [h, c] = unit(of, h, c);
          y.data.set(h, ((t * directions + d) * batch + n) * hidden);
        }
        last[0].data.set(h, (d * batch + n) * hidden);
        last[1].data.set(c, (d * batch + n) * hidden);
      }
    }
    const whole = isBatchFirst ? permuted(y, [2, 0, 1, 3]) : y;
    return [whole, ...last.slice(0, states).map(turned)];
  };
}

/** Recurrent layers, in float64. */
export const recurrent: Readonly<Record<string, Kernel>> = {
  RNN: recurrentKernel(1, ['Tanh'], simple, 1),
  LSTM: recurrentKernel(4, ['Sigmoid', 'Tanh', 'Tanh'], longShort, 2),
  GRU: recurrentKernel(3, ['Sigmoid', 'Tanh'], gated, 1),
};
