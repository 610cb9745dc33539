import { numberAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { emit, emitAll, furtherOutput } from '../emit.ts';
import { finishBody } from '../instantiate.ts';
import { add, extents, mul, slice, squeeze, sub, sumOver, transpose, unsqueeze } from '../ops.ts';
import { addInput, ints, scalar, subscope, typeOf, type Scope } from '../scope.ts';
import { typed } from '../type.ts';
import { matrixProduct, rows } from './products.ts';
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

/** A slope `y (1 - y)` of the sigmoid from its value. */
function sigmoidSlope(s: Scope, y: string): string {
  return mul(s, y, sub(s, scalar(s, 1, y), y));
}

/** A slope `1 - y²` of tanh from its value. */
function tanhSlope(s: Scope, y: string): string {
  return sub(s, scalar(s, 1, y), mul(s, y, y));
}

/** The values before each step: `first` [1, …] and all but the last of `values`. */
function before(s: Scope, first: string, values: string): string {
  return emit(s, 'Concat', [first, slice(s, values, 0, 0, -1)], { axis: 0 });
}

/** What of a plain layer does not depend on cotangents; stacks are [steps, batch, hidden]. */
interface Layer {
  readonly x: string;
  /** `W` [4 · hidden, inputs] and `R` [4 · hidden, hidden]. */
  readonly w: string;
  readonly r: string;
  readonly stateBefore: string;
  readonly forget: string;
  /** `∂h/∂c`, and what a cotangent of `h` makes of that of the output gate, one of `c` of the others. */
  readonly ofCell: string;
  readonly ofOutput: string;
  readonly ofInput: string;
  readonly ofForget: string;
  readonly ofCandidate: string;
}

/** `c_t = f_t c_{t-1} + (i g)_t`, all of them. */
function cells(s: Scope, start: string, forget: string, fresh: string, hidden: number): string {
  const child = subscope(s);
  const { dtype, shape } = typeOf(s, forget);
  const type = typed(dtype, [shape?.[1] ?? null, hidden]);
  const own = addInput(child, 'd/cell', type);
  const [f, more] = ['d/forget', 'd/fresh'].map((name) => addInput(child, name, type));
  const next = add(child, mul(child, f, own), more);
  const body = finishBody(child, [next, next]);
  const [, stack] = emitAll(s, 'Scan', [start, forget, fresh], { body, num_scan_inputs: 2 }, 2);
  return stack;
}

/**
 * The gates of all steps at once, from the hidden states that the operator gives: one product for all of them. Only
 * the cells are gone through step by step.
 */
function layerOf(s: Scope, node: Node): Layer {
  const [x, w3, r3, b = '', , h0 = '', c0 = ''] = node.inputs;
  const hidden = numberAttribute(node, 'hidden_size', 0);
  const [w, r] = [w3, r3].map((value) => squeeze(s, value, [0]));
  const zeros = (): string => {
    const shape = [ints(s, [1]), extents(s, x, 1, 2), ints(s, [hidden])];
    return emit(s, 'Expand', [scalar(s, 0, x), emit(s, 'Concat', shape, { axis: 0 })]);
  };
  const states = squeeze(s, furtherOutput(s, node, 0), [1]);
  const stateBefore = before(s, h0 === '' ? zeros() : h0, states);
  const [fromInput, fromState] = [
    [x, w],
    [stateBefore, r],
  ].map(([value, matrix]) => emit(s, 'MatMul', [value, transpose(s, matrix, [1, 0])]));
  const product = add(s, fromInput, fromState);
  const biases = b === '' ? [] : [0, 4 * hidden].map((at) => slice(s, b, 1, at, at + 4 * hidden));
  const whole =
    biases.length === 0 ? product : add(s, product, squeeze(s, add(s, biases[0], biases[1]), [0]));
  const parts = emitAll(s, 'Split', [whole], { axis: -1, num_outputs: 4 }, 4);
  const [input, output, forget] = parts.slice(0, 3).map((part) => emit(s, 'Sigmoid', [part]));
  const candidate = emit(s, 'Tanh', [parts[3]]);
  const start = c0 === '' ? zeros() : c0;
  const fresh = mul(s, input, candidate);
  const all = cells(s, squeeze(s, start, [0]), forget, fresh, hidden);
  const shown = emit(s, 'Tanh', [all]);
  return {
    x,
    w,
    r,
    stateBefore,
    forget,
    ofCell: mul(s, output, tanhSlope(s, shown)),
    ofOutput: mul(s, shown, sigmoidSlope(s, output)),
    ofInput: mul(s, candidate, sigmoidSlope(s, input)),
    ofForget: mul(s, before(s, start, all), sigmoidSlope(s, forget)),
    ofCandidate: mul(s, input, tanhSlope(s, candidate)),
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
function wayBack(s: Scope, layer: Layer, cotangents: Call['cotangents']): Back {
  const [ofStack = null, ofState = null, ofLast = null] = cotangents;
  const { forget, ofCell, ofOutput, ofInput, ofForget, ofCandidate } = layer;
  const child = subscope(s);
  const { dtype, shape } = typeOf(s, forget);
  const type = typed(dtype, shape?.slice(1) ?? null);
  const take = (name: string): string => addInput(child, name, type);
  const [state, cell] = ['d/state', 'd/cell'].map(take);
  const sequences = [ofCell, ofOutput, ofInput, ofForget, ofCandidate, forget];
  const [toCell, toOutput, toInput, toForget, toCandidate, kept] = sequences.map(() =>
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
    emit(child, 'MatMul', [gates, layer.r]),
    mul(child, c, kept),
    gates,
  ]);
  const zeros = (): string => emit(s, 'Expand', [scalar(s, 0, layer.x), extents(s, forget, 1)]);
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
  const layer = layerOf(s, node);
  const { state, cell, gates } = wayBack(s, layer, cotangents);
  const weight = (read: string): string =>
    unsqueeze(s, matrixProduct(s, rows(s, gates), rows(s, read), true, false), [0]);
  return [
    () => emit(s, 'MatMul', [gates, layer.w]),
    () => weight(layer.x),
    () => weight(layer.stateBefore),
    () => {
      const sum = sumOver(s, gates, [0, 1], false);
      return unsqueeze(s, emit(s, 'Concat', [sum, sum], { axis: 0 }), [0]);
    },
    null,
    () => unsqueeze(s, state, [0]),
    () => unsqueeze(s, cell, [0]),
  ];
}
