import { numberAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { emit, emitAll } from '../emit.ts';
import { finishBody } from '../instantiate.ts';
import { insteadOf } from '../instead.ts';
import { add, extents, mul, slice, squeeze, sub, sumOver, transpose, unsqueeze } from '../ops.ts';
import { addInput, ints, scalar, subscope, typeOf, type Scope } from '../scope.ts';
import { typed } from '../type.ts';
import { rows } from './products.ts';
import type { Call, Lazy } from './rule.ts';

/** Whether an `LSTM` is a plain one: forward, with its own activations and none of its extras. */
export function isPlain({ inputs, attributes, ...node }: Node): boolean {
  const whole = { ...node, inputs, attributes };
  const [, , , , lengths = '', , , peepholes = ''] = inputs;
  return (
    lengths === '' &&
    peepholes === '' &&
    attributes['activations'] === undefined &&
    textAttribute(whole, 'direction', 'forward') === 'forward' &&
    ['layout', 'clip', 'input_forget'].every((name) => numberAttribute(whole, name, 0) === 0)
  );
}

/** What the way back reads of a plain layer; stacks are [steps, batch, hidden]. */
interface Kept {
  readonly x: string;
  /** `W` [4 · hidden, inputs] and `R` [4 · hidden, hidden]. */
  readonly w: string;
  readonly r: string;
  /** The hidden states before the first step and after each. */
  readonly first: string;
  readonly states: string;
  /** The gates i, o, f and the candidate g. */
  readonly input: string;
  readonly output: string;
  readonly forget: string;
  readonly candidate: string;
  /** `tanh c`, `i g`, and `f c` with the cell before the step. */
  readonly shown: string;
  readonly fresh: string;
  readonly old: string;
}

/** What goes into each gate from the inputs: four stacks `x Wᵀ + b`. */
function fromInputs(s: Scope, x: string, w: string, b: string, hidden: number): readonly string[] {
  const quarters = (value: string): readonly string[] =>
    emitAll(s, 'Split', [value], { axis: 0, num_outputs: 4 }, 4);
  const halves = b === '' ? [] : [0, 4 * hidden].map((at) => slice(s, b, 1, at, at + 4 * hidden));
  const biases = halves.length === 0 ? [] : quarters(squeeze(s, add(s, halves[0], halves[1]), [0]));
  const shape = emit(s, 'Concat', [extents(s, x, 0, 2), ints(s, [hidden])], { axis: 0 });
  const flat = rows(s, x);
  return quarters(w).map((matrix, gate) => {
    const more = biases.length === 0 ? [] : [biases[gate]];
    const product = emit(s, 'Gemm', [flat, matrix, ...more], { transB: 1 });
    return emit(s, 'Reshape', [product, shape]);
  });
}

/**
 * The layer as a `Scan` in place of the operator, which does not give its gates: a step is `c = f c + i g`, `h = o tanh c`.
 * Values are the same, and it takes about as long.
 */
function keepingGates(s: Scope, node: Node): Kept {
  const [x, w3, r3, b = '', , h0 = '', c0 = ''] = node.inputs;
  const hidden = numberAttribute(node, 'hidden_size', 0);
  return insteadOf(s, node, (place) => {
    const [w, r] = [w3, r3].map((value) => squeeze(place, value, [0]));
    const given = fromInputs(place, x, w, b, hidden);
    const size = [extents(place, x, 1, 2), ints(place, [hidden])];
    const zeros = (): string =>
      emit(place, 'Expand', [scalar(place, 0, x), emit(place, 'Concat', size, { axis: 0 })]);
    const [h, c] = [h0, c0].map((value) => (value === '' ? zeros() : squeeze(place, value, [0])));
    const turned = transpose(place, r, [1, 0]);
    const matrices = emitAll(place, 'Split', [turned], { axis: 1, num_outputs: 4 }, 4);

    const child = subscope(place);
    const { dtype, shape } = typeOf(place, x);
    const type = typed(dtype, [shape?.[1] ?? null, hidden]);
    const [state, cell] = ['d/state', 'd/cell'].map((name) => addInput(child, name, type));
    const sums = given.map((_, gate) => {
      const own = addInput(child, 'd/gate', type);
      return emit(child, 'Gemm', [state, matrices[gate], own]);
    });
    const [input, output, forget] = sums.slice(0, 3).map((sum) => emit(child, 'Sigmoid', [sum]));
    const candidate = emit(child, 'Tanh', [sums[3]]);
    const [old, fresh] = [mul(child, forget, cell), mul(child, input, candidate)];
    const nextCell = add(child, old, fresh);
    const shown = emit(child, 'Tanh', [nextCell]);
    const next = mul(child, output, shown);
    const all = [next, nextCell, next, input, output, forget, candidate, shown, fresh, old];
    const attributes = { body: finishBody(child, all), num_scan_inputs: 4 };
    const made = emitAll(place, 'Scan', [h, c, ...given], attributes, all.length);
    const [last, lastCell, states, ...stacks] = made;
    const outputs = [unsqueeze(place, states, [1])].concat(
      [last, lastCell].map((value) => unsqueeze(place, value, [0])),
    );
    const [i, o, f, g, tanh, ig, fc] = stacks;
    const gates = { input: i, output: o, forget: f, candidate: g };
    return [outputs, { x, w, r, first: h, states, ...gates, shown: tanh, fresh: ig, old: fc }];
  });
}

/** What a cotangent of `h` makes of those of `c` and of the output gate, one of `c` of those of the others. */
interface Slopes {
  readonly ofCell: string;
  readonly ofOutput: string;
  readonly ofInput: string;
  readonly ofForget: string;
  readonly ofCandidate: string;
}

/**
 * All steps at once: `∂h/∂c = o (1 - tanh² c) = o - h tanh c`, and likewise `h - o h`, `i g - i (i g)`, `f c - f (f c)` and
 * `i - g (i g)` for what goes into the gates.
 */
function slopesOf(s: Scope, kept: Kept): Slopes {
  const { states, input, output, forget, candidate, shown, fresh, old } = kept;
  const less = (a: string, b: string, c: string): string => sub(s, a, mul(s, b, c));
  return {
    ofCell: less(output, shown, states),
    ofOutput: less(states, output, states),
    ofInput: less(fresh, input, fresh),
    ofForget: less(old, forget, old),
    ofCandidate: less(input, candidate, fresh),
  };
}

/** What the way back gives: cotangents of the first states and of what goes into all gates, [steps, batch, 4 · hidden]. */
interface Back {
  readonly state: string;
  readonly cell: string;
  readonly gates: string;
}

/**
 * From the last step to the first: `h̄ += ȳ`, `c̄ += h̄ ∂h/∂c`, the cotangents of the gates, then `h̄ = ḡ R` and
 * `c̄ = c̄ f`.
 */
function wayBack(s: Scope, kept: Kept, cotangents: Call['cotangents']): Back {
  const [ofStack = null, ofState = null, ofLast = null] = cotangents;
  const { forget } = kept;
  const { ofCell, ofOutput, ofInput, ofForget, ofCandidate } = slopesOf(s, kept);
  const child = subscope(s);
  const { dtype, shape } = typeOf(s, forget);
  const type = typed(dtype, shape?.slice(1) ?? null);
  const take = (name: string): string => addInput(child, name, type);
  const [state, cell] = ['d/state', 'd/cell'].map(take);
  const sequences = [ofCell, ofOutput, ofInput, ofForget, ofCandidate, forget];
  const [toCell, toOutput, toInput, toForget, toCandidate, remaining] = sequences.map(() =>
    take('d/slope'),
  );
  const h = ofStack === null ? state : add(child, state, take('d/stack'));
  const c = add(child, cell, mul(child, h, toCell));
  const gates = emit(
    child,
    'Concat',
    [
      mul(child, c, toInput),
      mul(child, h, toOutput),
      mul(child, c, toForget),
      mul(child, c, toCandidate),
    ],
    { axis: -1 },
  );
  const body = finishBody(child, [
    emit(child, 'MatMul', [gates, kept.r]),
    mul(child, c, remaining),
    gates,
  ]);
  const zeros = (): string => emit(s, 'Expand', [scalar(s, 0, kept.x), extents(s, forget, 1)]);
  const given = ofStack === null ? sequences : [...sequences, squeeze(s, ofStack, [1])];
  const starts = [ofState, ofLast].map((g) => (g === null ? zeros() : squeeze(s, g, [0])));
  const [first, firstCell, stack] = emitAll(
    s,
    'Scan',
    [...starts, ...given],
    {
      body,
      num_scan_inputs: given.length,
      scan_input_directions: given.map(() => 1),
      scan_output_directions: [1],
    },
    3,
  );
  return { state: first, cell: firstCell, gates: stack };
}

/** The cotangents of the inputs of a plain `LSTM`; those of weights are one product over all steps. */
export function longShortDirectly({ scope: s, node, cotangents }: Call): readonly Lazy[] {
  const kept = keepingGates(s, node);
  const { state, cell, gates } = wayBack(s, kept, cotangents);
  // The gates are not transposed before the product: of thousands of rows that takes a third of its time.
  const weight = (read: string): string =>
    unsqueeze(s, emit(s, 'Gemm', [rows(s, gates), rows(s, read)], { transA: 1 }), [0]);
  const before = (): string =>
    emit(s, 'Concat', [unsqueeze(s, kept.first, [0]), slice(s, kept.states, 0, 0, -1)], {
      axis: 0,
    });
  return [
    () => emit(s, 'MatMul', [gates, kept.w]),
    () => weight(kept.x),
    () => weight(before()),
    () => {
      const sum = sumOver(s, gates, [0, 1], false);
      return unsqueeze(s, emit(s, 'Concat', [sum, sum], { axis: 0 }), [0]);
    },
    null,
    () => unsqueeze(s, state, [0]),
    () => unsqueeze(s, cell, [0]),
  ];
}
