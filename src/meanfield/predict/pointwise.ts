import { numberAttribute, type Node } from '../../graph/index.ts';
import { isFloat, toFloat64 } from '../../tensor/index.ts';
import { aligned, broadcastAxes } from './axes.ts';
import { maskedScores, scaledScores, spreadScores } from './attention.ts';
import { sumMarginal } from './marginal.ts';
import { affineMoments, productMoments, sumMoments } from './moments.ts';
import { clipStep, exponentialStep, leakyStep, powerStep, reciprocalStep, STEPS } from './steps.ts';
import {
  farPairs,
  isGaussian,
  opened,
  rangeOf,
  summandOf,
  through,
  unknown,
  type Axes,
  type Axis,
  type Signal,
  type State,
} from './state.ts';
import { placeAxis, profileOf } from './windows.ts';
import { mixedProfile } from '../rules/borders.ts';
import { signalOf } from './signal-of.ts';
import { composed, joined, rescaled, type Step } from './transfer.ts';
import type { Rule, Walk } from './walk.ts';

const AS_GAUSSIAN = 'its argument is taken as Gaussian';

/** A nonlinear function of a signal. */
export function applied(signal: Signal, step: Step): Signal {
  const [low, high] = rangeOf(signal);
  const { source } = signal;
  const isSafe = source.isGaussian || source.marginal !== null || signal.transfer.affine === null;
  return through(
    signal,
    composed(signal.transfer, step, low, high),
    isSafe ? signal.note : AS_GAUSSIAN,
  );
}

/** An operator of one argument that acts element by element. */
export const unaryRule: Rule = (walk, node) => {
  const step = stepOf(walk, node);
  if (step === null) return [unknown(`${node.operator} of this form has no rule`)];
  const state = walk.of(node.inputs[0]);
  if (state.kind === 'tokens') return [state];
  if (state.kind === 'level') return [{ ...state, value: step.f(state.value) }];
  const signal = signalOf(walk, node.inputs[0]);
  if (signal.kind === 'unknown') return [signal];
  if (node.operator === 'Neg') return [through(signal, rescaled(signal.transfer, -1, 0))];
  return [applied(signal, step)];
};

/** The number that a value is everywhere, `null` where it is none. */
export function levelOf(walk: Walk, value: string | undefined): number | null {
  const state = walk.of(value);
  return state.kind === 'level' ? state.value : null;
}

function stepOf(walk: Walk, node: Node): Step | null {
  if (node.operator === 'Clip') {
    const limit = (slot: number, name: string, fallback: number): number | null => {
      const input = node.inputs[slot];
      if (input === undefined || input === '') return numberAttribute(node, name, fallback);
      return levelOf(walk, input);
    };
    const [low, high] = [limit(1, 'min', -Infinity), limit(2, 'max', Infinity)];
    return low === null || high === null ? null : clipStep(low, high);
  }
  if (node.operator === 'PRelu') {
    const slope = walk.of(node.inputs[1]);
    if (slope.kind === 'level') return leakyStep(slope.value);
    return slope.kind === 'signal' ? leakyStep(slope.moments().mean) : null;
  }
  return STEPS[node.operator]?.(node) ?? null;
}

const OPERATIONS = ['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Pow'] as const;

type Operation = (typeof OPERATIONS)[number];

/** `Add`, `Mul` and the like, also of more than two values. */
export const combineRule: Rule = (walk, node) => {
  const operation = OPERATIONS.find((name) => name === node.operator) ?? 'Add';
  const [first, ...rest] = node.inputs;
  let state = walk.of(first);
  let name = first;
  for (const input of rest) {
    state = combined(walk, node, operation, [name, state], [input, walk.of(input)]);
    name = node.outputs[0];
  }
  return [state];
};

type Operand = readonly [name: string, state: State];

function combined(
  walk: Walk,
  node: Node,
  operation: Operation,
  [leftName, left]: Operand,
  [rightName, right]: Operand,
): State {
  if (left.kind === 'unknown') return left;
  if (right.kind === 'unknown') return right;
  const axes = broadcastAxes(axesOf(left), axesOf(right));
  if (left.kind === 'tokens' || right.kind === 'tokens') return { kind: 'tokens', axes };
  if (left.kind === 'level' && right.kind === 'level') {
    return { kind: 'level', value: numbers[operation](left.value, right.value), axes };
  }
  if (left.kind === 'scores' || right.kind === 'scores') {
    const found = withScores(walk, operation, [leftName, left], [rightName, right]);
    if (found !== null) return found;
  }
  if (right.kind === 'level') {
    const signal = signalOf(walk, leftName);
    if (signal.kind === 'unknown') return signal;
    return { ...BY_LEVEL[operation](signal, right.value), axes };
  }
  if (left.kind === 'level') {
    const signal = signalOf(walk, rightName);
    if (signal.kind === 'unknown') return signal;
    return { ...LEVEL_BY[operation](signal, left.value), axes };
  }
  const [a, b] = [signalIn(walk, leftName, left), signalIn(walk, rightName, right)];
  if (a.kind === 'unknown') return a;
  if (b.kind === 'unknown') return b;
  if (a.source === b.source && operation !== 'Pow') {
    const [low, high] = rangeOf(a);
    const transfer = joined(a.transfer, b.transfer, operation, low, high);
    const { isGaussian: isPlain, marginal } = a.source;
    const isNew = transfer.affine === null && !isPlain && marginal === null;
    return { ...through(a, transfer, isNew ? AS_GAUSSIAN : (a.note ?? b.note)), axes };
  }
  return ofIndependent(node, operation, [leftName, a], [rightName, b], axes);
}

/** An operand that is a signal, also an interim result that has no name of its own. */
function signalIn(walk: Walk, name: string, state: State): ReturnType<typeof signalOf> {
  return state.kind === 'signal' ? state : signalOf(walk, name);
}

const axesOf = (state: State): Signal['axes'] => (state.kind === 'unknown' ? null : state.axes);

const numbers: Readonly<Record<Operation, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Max: Math.max,
  Min: Math.min,
  Pow: (a, b) => a ** b,
};

/** A layer with a bias that is the same for all units keeps its factor. */
const shiftedBy = (signal: Signal, value: number): Signal => ({
  ...through(signal, rescaled(signal.transfer, 1, value), signal.note),
  chi: signal.chi,
});

const BY_LEVEL: Readonly<Record<Operation, (signal: Signal, value: number) => Signal>> = {
  Add: shiftedBy,
  Sub: (signal, value) => shiftedBy(signal, -value),
  Mul: (signal, value) => through(signal, rescaled(signal.transfer, value, 0)),
  Div: (signal, value) => through(signal, rescaled(signal.transfer, 1 / value, 0)),
  Max: (signal, value) => applied(signal, clipStep(value, Infinity)),
  Min: (signal, value) => applied(signal, clipStep(-Infinity, value)),
  Pow: (signal, value) => applied(signal, powerStep(value)),
};

const LEVEL_BY: Readonly<Record<Operation, (signal: Signal, value: number) => Signal>> = {
  ...BY_LEVEL,
  Sub: (signal, value) => through(signal, rescaled(signal.transfer, -1, value)),
  Div: (signal, value) => applied(signal, reciprocalStep(value)),
  Pow: (signal, value) => applied(signal, exponentialStep(value)),
};

/** Sums and products of values over different sources, which are taken as independent. */
function ofIndependent(
  node: Node,
  operation: Operation,
  [leftName, left]: readonly [string, Signal],
  [rightName, right]: readonly [string, Signal],
  axes: Signal['axes'],
): State {
  const [a, b] = [aligned(left, axes), aligned(right, axes)];
  const output = node.outputs[0];
  const pulls = (toLeft: number, toRight: number): Signal['source']['pulls'] => [
    ...pullsOf(leftName, output, left, toLeft * copies(left, axes)),
    ...pullsOf(rightName, output, right, toRight * copies(right, axes)),
  ];
  if (operation === 'Add' || operation === 'Sub') {
    const added = operation === 'Add' ? b : affineMoments(b, -1, 0);
    const moments = sumMoments(a, added);
    const isWhole = isGaussian(left) && isGaussian(right);
    // The summand that is no plain Gaussian stands first: its zeros are where a rectifier cut it off.
    const [shaped, other] = isGaussian(left) ? [right, left] : [left, right];
    const toLeft = pullsOf(leftName, output, left, copies(left, axes));
    const toRight = pullsOf(rightName, output, right, copies(right, axes));
    const sign = operation === 'Add' ? 1 : -1;
    return opened(output, moments, withProfiles(axes, [left, a.q], [right, b.q]), {
      isGaussian: isWhole,
      far: farPairs([left, right], (x, y) => sumMoments(x, affineMoments(y, sign, 0))),
      marginal:
        isWhole || operation === 'Sub'
          ? null
          : sumMarginal(summandOf(shaped), summandOf(other), moments),
      pulls: shaped === left ? [...toLeft, ...toRight] : [...toRight, ...toLeft],
      chi: chiOfBias(left, right),
    });
  }
  if (operation === 'Mul') {
    return opened(output, productMoments(a, b), axes, {
      far: farPairs([left, right], productMoments),
      pulls: pulls(b.q, a.q),
      note: 'its factors are taken as independent',
    });
  }
  return unknown(`${operation} of two values that come from different layers has no rule`);
}

/** The axes of a sum of values with these second moments. */
function withProfiles(
  axes: Axes,
  [left, a]: readonly [Signal, number],
  [right, b]: readonly [Signal, number],
): Axes {
  if (axes === null) return null;
  const along = (of: Signal, index: number): Axis | undefined =>
    of.axes?.[index - (axes.length - of.axes.length)];
  return axes.map((axis, index) => {
    const { kind, size } = axis;
    const [x, y] = [along(left, index), along(right, index)];
    if (kind !== 'place' || size === null) return axis;
    if (x?.profile === undefined && y?.profile === undefined) return axis;
    return placeAxis(mixedProfile(profileOf(x, size), a, profileOf(y, size), b));
  });
}

/** A bias that is added to a layer stands in the row of the layer. */
function chiOfBias(left: Signal, right: Signal): number | null {
  return left.chi ?? right.chi;
}

/** The way back to an operand; to an interim sum, that of what it was made of. */
function pullsOf(
  name: string,
  output: string,
  signal: Signal,
  factor: number,
): Signal['source']['pulls'] {
  if (name !== output) return [{ to: name, factor }];
  return signal.source.pulls.map((pull) => ({ ...pull, factor: pull.factor * factor }));
}

/** How often an element is used where its axes are repeated. */
function copies(signal: Signal, axes: Signal['axes']): number {
  if (signal.axes === null || axes === null) return 1;
  let count = 1;
  for (const [index, { kind, size }] of axes.entries()) {
    const own = signal.axes[index - (axes.length - signal.axes.length)];
    if (kind === 'batch' || size === null) continue;
    if (own === undefined || (own.size === 1 && size > 1)) count *= size;
  }
  return count;
}

function withScores(walk: Walk, operation: Operation, left: Operand, right: Operand): State | null {
  const [[, scores], [name, other]] = left[1].kind === 'scores' ? [left, right] : [right, left];
  if (scores.kind !== 'scores') return null;
  if (other.kind === 'level') {
    if (operation === 'Mul') return scaledScores(scores, other.value);
    if (operation === 'Div' && left[1] === scores) return scaledScores(scores, 1 / other.value);
    return operation === 'Add' || operation === 'Sub' ? scores : null;
  }
  if (operation !== 'Add') return null;
  const constant = walk.graph.constants.get(name);
  if (constant !== undefined && isFloat(constant.dtype)) {
    const values = toFloat64(constant.read());
    if (values.some((value) => value < MASKING)) {
      return maskedScores(
        scores,
        values.map((value) => (value < MASKING ? 0 : 1)),
        constant.shape,
      );
    }
  }
  return other.kind === 'signal' ? spreadScores(scores, other.moments()) : null;
}

/** Added to a score, less than this leaves nothing of its share. */
const MASKING = -1e4;
