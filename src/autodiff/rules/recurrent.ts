import { numberAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { emit, emitAll } from '../emit.ts';
import { finishBody } from '../instantiate.ts';
import { add, extents, mul, slice, squeeze, sub, transpose, unsqueeze } from '../ops.ts';
import { addInput, ints, scalar, subscope, typeOf, type Scope } from '../scope.ts';
import { typed } from '../type.ts';
import { isPlain, longShortDirectly } from './long-short.ts';
import { activationsOf } from './recurrent-activations.ts';
import { inPlace, type Rule } from './rule.ts';

/** One direction of a recurrent layer, its weights as values of the graph around the loop. */
interface Direction {
  readonly node: Node;
  readonly hidden: number;
  /** The activation functions, in the operator's order, with a clip before them. */
  readonly activate: (s: Scope, which: number, x: string) => string;
  /** `[hidden, gates · hidden]`. */
  readonly recurrent: string;
  /** The bias of the recurrent part, `''` if there is none. */
  readonly bias: string;
  /** Peepholes `[3 · hidden]`, `''` if there are none. */
  readonly peepholes: string;
}

/** One step: the next states from those before and what the input gives to all gates. */
type Step = (s: Scope, states: readonly string[], input: string, of: Direction) => string[];

function parts(s: Scope, value: string, count: number): readonly string[] {
  return emitAll(s, 'Split', [value], { axis: -1, num_outputs: count }, count);
}

/** `h R + b`. */
function recurrentPart(s: Scope, h: string, { recurrent, bias }: Direction): string {
  const product = emit(s, 'MatMul', [h, recurrent]);
  return bias === '' ? product : add(s, product, bias);
}

/** `h' = f(x W + h R + b)`. */
const simple: Step = (s, [h], input, of) => [
  of.activate(s, 0, add(s, input, recurrentPart(s, h, of))),
];

/** Gates i, o, f and the candidate c: `C' = f C + i c`, `h' = o · h(C')`. */
const longShort: Step = (s, [h, cell], input, of) => {
  const [i, o, f, c] = parts(s, add(s, input, recurrentPart(s, h, of)), 4);
  const peeps = of.peepholes === '' ? null : parts(s, of.peepholes, 3);
  const peeping = (gate: string, which: number, at: string): string =>
    peeps === null ? gate : add(s, gate, mul(s, peeps[which], at));
  const input1 = of.activate(s, 0, peeping(i, 0, cell));
  const isCoupled = numberAttribute(of.node, 'input_forget', 0) !== 0;
  const forget = isCoupled
    ? sub(s, scalar(s, 1, input1), input1)
    : of.activate(s, 0, peeping(f, 2, cell));
  const candidate = of.activate(s, 1, c);
  const next = add(s, mul(s, forget, cell), mul(s, input1, candidate));
  const output = of.activate(s, 0, peeping(o, 1, next));
  return [mul(s, output, of.activate(s, 2, next)), next];
};

/** Gates z, r and the candidate: `h' = (1 - z) c + z h`. */
const gated: Step = (s, [h], input, of) => {
  const { hidden, recurrent, bias, node } = of;
  const [z, r, c] = parts(s, input, 3);
  const whole = recurrentPart(s, h, of);
  const [hz, hr, hc] = parts(s, whole, 3);
  const update = of.activate(s, 0, add(s, z, hz));
  const reset = of.activate(s, 0, add(s, r, hr));
  let inner = mul(s, reset, hc);
  if (numberAttribute(node, 'linear_before_reset', 0) === 0) {
    const matrix = slice(s, recurrent, 1, 2 * hidden, 3 * hidden);
    inner = emit(s, 'MatMul', [mul(s, reset, h), matrix]);
    if (bias !== '') inner = add(s, inner, slice(s, bias, 0, 2 * hidden, 3 * hidden));
  }
  const candidate = of.activate(s, 1, add(s, c, inner));
  const kept = sub(s, scalar(s, 1, update), update);
  return [add(s, mul(s, kept, candidate), mul(s, update, h))];
};

function activation(
  node: Node,
  defaults: readonly string[],
  direction: number,
  directions: number,
): Direction['activate'] {
  const all = activationsOf(node, defaults, directions);
  const clip = numberAttribute(node, 'clip', 0);
  return (s, which, x) => {
    const inside = clip > 0 ? emit(s, 'Clip', [x, scalar(s, -clip, x), scalar(s, clip, x)]) : x;
    return all[direction * defaults.length + which](s, inside);
  };
}

/** Row `at` of a tensor whose first axis is the direction, `''` if there is none. */
function row(s: Scope, value: string, at: number, count: number): string {
  if (value === '') return '';
  return squeeze(s, count === 1 ? value : slice(s, value, 0, at, at + 1), [0]);
}

interface Kind {
  readonly gates: number;
  readonly states: number;
  readonly activations: readonly string[];
  readonly step: Step;
}

/** What one direction makes: all hidden states, and the last of each state. */
interface Run {
  readonly stack: string;
  readonly last: readonly string[];
}

interface Layer {
  readonly s: Scope;
  readonly node: Node;
  readonly kind: Kind;
  /** `[steps, batch, inputs]`. */
  readonly x: string;
  readonly directions: number;
  readonly hidden: number;
}

function runDirection(layer: Layer, at: number): Run {
  const { s, node, kind, x, directions, hidden } = layer;
  const [, w, r, b = '', lengths = '', h0 = '', c0 = '', p = ''] = node.inputs;
  const width = kind.gates * hidden;
  const pick = (value: string): string => row(s, value, at, directions);
  const biases = pick(b);
  const of: Direction = {
    node,
    hidden,
    activate: activation(node, kind.activations, at, directions),
    recurrent: transpose(s, pick(r), [1, 0]),
    bias: biases === '' ? '' : slice(s, biases, 0, width, 2 * width),
    peepholes: pick(p),
  };
  const product = emit(s, 'MatMul', [x, transpose(s, pick(w), [1, 0])]);
  const input = biases === '' ? product : add(s, product, slice(s, biases, 0, 0, width));
  const batch = extents(s, x, 1, 2);
  const zeros = (): string =>
    emit(s, 'Expand', [
      scalar(s, 0, x),
      emit(s, 'Concat', [batch, ints(s, [hidden])], { axis: 0 }),
    ]);
  const starts = [h0, c0].slice(0, kind.states).map((start) => {
    if (start === '') return zeros();
    const isBatchFirst = numberAttribute(node, 'layout', 0) !== 0;
    return pick(isBatchFirst ? transpose(s, start, [1, 0, 2]) : start);
  });
  const child = subscope(s);
  const { dtype, shape } = typeOf(s, x);
  const extent = shape?.[1] ?? null;
  const own = starts.map(() => addInput(child, 'd/state', typed(dtype, [extent, hidden])));
  const given = addInput(child, 'd/input', typed(dtype, [extent, width]));
  const isMasked = lengths !== '';
  const time = isMasked ? addInput(child, 'd/step', typed('int64', [])) : '';
  const made = kind.step(child, own, given, of);
  const isOn = isMasked ? emit(child, 'Less', [time, columnOf(s, lengths)]) : '';
  const next = made.map((state, index) =>
    isMasked ? emit(child, 'Where', [isOn, state, own[index]]) : state,
  );
  const shown = isMasked
    ? emit(child, 'Where', [isOn, made[0], scalar(child, 0, made[0])])
    : made[0];
  const direction = textAttribute(node, 'direction', 'forward');
  const isReverse = direction === 'reverse' || at === 1;
  const sequences = isMasked ? [input, steps(s, x)] : [input];
  const outputs = emitAll(
    s,
    'Scan',
    [...starts, ...sequences],
    {
      body: finishBody(child, [...next, shown]),
      num_scan_inputs: sequences.length,
      scan_input_directions: sequences.map(() => (isReverse ? 1 : 0)),
      scan_output_directions: [isReverse ? 1 : 0],
    },
    starts.length + 1,
  );
  return { stack: outputs[starts.length], last: outputs.slice(0, starts.length) };
}

function columnOf(s: Scope, lengths: string): string {
  return unsqueeze(s, emit(s, 'Cast', [lengths], { to: 7 }), [1]);
}

/** `0, 1, 2, …` for the steps of a sequence. */
function steps(s: Scope, x: string): string {
  const count = squeeze(s, extents(s, x, 0, 1), [0]);
  return emit(s, 'Range', [ints(s, [0], []), count, ints(s, [1], [])]);
}

/** A recurrent layer as one `Scan` for each direction, which keeps its products for the way back. */
function asScans(kind: Kind): Rule {
  return inPlace((s, node) => {
    const isBatchFirst = numberAttribute(node, 'layout', 0) !== 0;
    const directions = textAttribute(node, 'direction', 'forward') === 'bidirectional' ? 2 : 1;
    const hidden = numberAttribute(node, 'hidden_size', 0);
    const [first] = node.inputs;
    const x = isBatchFirst ? transpose(s, first, [1, 0, 2]) : first;
    const layer: Layer = { s, node, kind, x, directions, hidden };
    const runs = Array.from({ length: directions }, (_, at) => runDirection(layer, at));
    const join = (values: readonly string[], axis: number): string => {
      const wide = values.map((value) => unsqueeze(s, value, [axis]));
      return wide.length === 1 ? wide[0] : emit(s, 'Concat', wide, { axis });
    };
    const whole = join(
      runs.map(({ stack }) => stack),
      1,
    );
    const lasts = Array.from({ length: kind.states }, (_, index) => {
      const last = join(
        runs.map(({ last: states }) => states[index]),
        0,
      );
      return isBatchFirst ? transpose(s, last, [1, 0, 2]) : last;
    });
    return [isBatchFirst ? transpose(s, whole, [2, 0, 1, 3]) : whole, ...lasts];
  });
}

const longShortByExpansion: Rule = asScans({
  gates: 4,
  states: 2,
  activations: ['Sigmoid', 'Tanh', 'Tanh'],
  step: longShort,
});

const longShortMemory: Rule = {
  vjp: (call) => (isPlain(call.node) ? longShortDirectly(call) : longShortByExpansion.vjp(call)),
};

/** Recurrent layers. */
export const recurrent: Readonly<Record<string, Rule>> = {
  RNN: asScans({ gates: 1, states: 1, activations: ['Tanh'], step: simple }),
  LSTM: longShortMemory,
  GRU: asScans({ gates: 3, states: 1, activations: ['Sigmoid', 'Tanh'], step: gated }),
};
