import { numberAttribute, numbersAttribute, type Node } from '../../graph/index.ts';
import { countOf } from './axes.ts';
import { knownIntegers } from './integers.ts';
import { levelOf } from './pointwise.ts';
import { mapPairs, type Moments } from './moments.ts';
import { localResponse } from '../rules/local-response.ts';
import { normalised } from '../rules/norm.ts';
import { signalOf } from './signal-of.ts';
import {
  farPairs,
  isGaussian,
  opened,
  through,
  unknown,
  type Signal,
  type State,
} from './state.ts';
import { rescaled } from './transfer.ts';
import type { Rule, Walk } from './walk.ts';

/** The first two moments of a stored vector over units, of its square where they are not independent. */
interface Vector {
  readonly mean: number;
  readonly square: number;
}

/** A stored scale, shift or statistic; a number where there is none. */
function vectorOf(walk: Walk, value: string | undefined, fallback: number): Vector {
  const state = value === undefined || value === '' ? null : walk.of(value);
  if (state?.kind === 'level') return { mean: state.value, square: state.value ** 2 };
  if (state?.kind !== 'signal') return { mean: fallback, square: fallback ** 2 };
  const { mean, q } = state.moments();
  return { mean, square: q };
}

/** `E (a x + b)(a x' + b)` where a and b are drawn once per unit, independent of x and of each other. */
function perUnit(moments: Moments, a: Vector, b: Vector): Moments {
  const cross = 2 * a.mean * b.mean * moments.mean + b.square;
  return mapPairs(moments, (x) => a.square * x + cross, a.mean * moments.mean + b.mean);
}

/** A normalised value with its stored scale and shift. */
function scaledAndShifted(
  node: Node,
  signal: Signal,
  normal: Moments,
  scale: Vector,
  shift: Vector,
  inverse: number,
  note: string | null,
): State {
  const factor = inverse * scale.square;
  return opened(node.outputs[0], perUnit(normal, scale, shift), signal.axes, {
    isGaussian: isGaussian(signal),
    pulls: [{ to: node.inputs[0], factor }],
    chi: factor,
    note,
  });
}

/**
 * `x - ReduceMean(x)` over the examples of a batch, position by position: the mean has the second moment of two inputs.
 * `null` for other differences.
 */
export function centreRule(walk: Walk, node: Node): readonly State[] | null {
  const [from, mean] = node.inputs;
  const reduction = walk.producer.get(mean);
  if (reduction?.operator !== 'ReduceMean' || reduction.inputs[0] !== from) return null;
  if (numberAttribute(reduction, 'keepdims', 1) !== 1) return null;
  const state = walk.of(from);
  if (state.kind !== 'signal' || state.axes === null) return null;
  const along = numbersAttribute(reduction, 'axes') ?? knownIntegers(walk, reduction.inputs[1]);
  const [axis] = along ?? [];
  if (along?.length !== 1 || state.axes.at(axis)?.kind !== 'batch') return null;
  const rule = ({ q, k, p, r }: Moments): Moments => ({ mean: 0, q: q - k, k: 0, p: p - r, r: 0 });
  return [
    opened(node.outputs[0], rule(state.moments()), state.axes, {
      isGaussian: isGaussian(state),
      far: farPairs([state], rule),
      pulls: [{ to: from, factor: 1 }],
      chi: 1,
      note: 'with the mean of a large batch',
    }),
  ];
}

/**
 * `BatchNormalization`: with stored statistics `γ (x - μ)/√(σ² + ε) + β` as the file has them, in training
 * each unit over inputs and positions, whose mean has the second moment of a far pair.
 * Reference: Yang et al. 2019, arXiv:1902.08129
 */
export const batchNormRule: Rule = (walk, node) => {
  const signal = signalOf(walk, node.inputs[0]);
  if (signal.kind === 'unknown') return [signal];
  const epsilon = numberAttribute(node, 'epsilon', 1e-5);
  const [scale, shift] = [vectorOf(walk, node.inputs[1], 1), vectorOf(walk, node.inputs[2], 0)];
  const moments = signal.moments();
  if (numberAttribute(node, 'training_mode', 0) === 1) {
    const { q, k, p, r } = moments;
    const inverse = 1 / (q - r + epsilon);
    const normal = {
      mean: 0,
      q: (q - r) * inverse,
      k: (k - r) * inverse,
      p: (p - r) * inverse,
      r: 0,
    };
    const note = 'with the statistics of a large batch';
    return [scaledAndShifted(node, signal, normal, scale, shift, inverse, note)];
  }
  const [centre, variance] = [vectorOf(walk, node.inputs[3], 0), vectorOf(walk, node.inputs[4], 1)];
  const spread = Math.max(0, variance.square - variance.mean ** 2) / (variance.mean + epsilon) ** 2;
  // E 1/(σ² + ε) and E 1/√(σ² + ε) to second order in the spread of the stored variances.
  const inverse = (1 + spread) / (variance.mean + epsilon);
  const root = (1 + 0.375 * spread) / Math.sqrt(variance.mean + epsilon);
  const factor: Vector = { mean: scale.mean * root, square: scale.square * inverse };
  const offset: Vector = {
    mean: shift.mean - factor.mean * centre.mean,
    square:
      shift.square - 2 * shift.mean * factor.mean * centre.mean + factor.square * centre.square,
  };
  // A shared factor: E a b = E a β - E a² μ, which differs from E a E b by the spread of a.
  const shared = factor.mean * shift.mean - factor.square * centre.mean;
  const cross = 2 * shared * moments.mean + offset.square;
  const rule = (from: Moments): Moments =>
    mapPairs(from, (x) => factor.square * x + cross, factor.mean * moments.mean + offset.mean);
  return [
    opened(node.outputs[0], rule(moments), signal.axes, {
      isGaussian: isGaussian(signal),
      far: farPairs([signal], rule),
      pulls: [{ to: node.inputs[0], factor: factor.square }],
      chi: factor.square,
      note: spread > 0.1 ? 'stored variances differ: their spread counts to second order' : null,
    }),
  ];
};

/** Groups of fewer units than this have statistics of their own. */
const SMALL_GROUP = 16;

/** `LayerNormalization`, `GroupNormalization`, `RMSNormalization` and the like: over many units. */
export const layerNormRule: Rule = (walk, node) => {
  const signal = signalOf(walk, node.inputs[0]);
  if (signal.kind === 'unknown') return [signal];
  const groups =
    node.operator === 'GroupNormalization' ? numberAttribute(node, 'num_groups', 1) : 1;
  return [overUnits(walk, node, signal, groups)];
};

function overUnits(walk: Walk, node: Node, signal: Signal, groups: number): State {
  const epsilon = numberAttribute(node, 'epsilon', 1e-5);
  const isRms = node.operator.startsWith('RMS') || node.operator.startsWith('Simplified');
  const { mean, q, k, p, r } = signal.moments();
  const centre = isRms ? 0 : mean * mean;
  const inverse = 1 / (q - centre + epsilon);
  const pair = (x: number): number => (x - centre) * inverse;
  const normal = {
    mean: isRms ? mean * Math.sqrt(inverse) : 0,
    q: pair(q),
    k: pair(k),
    p: pair(p),
    r: pair(r),
  };
  const [scale, shift] = [vectorOf(walk, node.inputs[1], 1), vectorOf(walk, node.inputs[2], 0)];
  return scaledAndShifted(node, signal, normal, scale, shift, inverse, groupNote(signal, groups));
}

function groupNote({ axes }: Signal, groups: number): string | null {
  if (groups === 1) return null;
  const units = countOf(axes, ['unit']);
  return units !== null && units / groups < SMALL_GROUP
    ? `groups of ${units / groups} units are taken as wide`
    : null;
}

/** `SkipLayerNormalization`: the sum of two values and a stored bias, normalised. */
export const skipNormRule: Rule = (walk, node) => {
  const [a, b] = [signalOf(walk, node.inputs[0]), signalOf(walk, node.inputs[1])];
  if (a.kind === 'unknown') return [a];
  if (b.kind === 'unknown') return [b];
  const isRms = node.operator.includes('Simplified');
  const bias = vectorOf(walk, node.inputs[isRms ? 3 : 4], 0);
  const [x, y] = [a.moments(), b.moments()];
  const mean = x.mean + y.mean + bias.mean;
  const cross = mean ** 2 - x.mean ** 2 - y.mean ** 2 - bias.mean ** 2 + bias.square;
  const sum = {
    mean,
    q: x.q + y.q + cross,
    k: x.k + y.k + cross,
    p: x.p + y.p + cross,
    r: x.r + y.r + cross,
  };
  const pulls = node.inputs.slice(0, 2).map((to) => ({ to, factor: 1 }));
  const output = node.outputs[3] ?? '';
  const added = opened(output === '' ? node.outputs[0] : output, sum, a.axes, { pulls });
  const centre = isRms ? 0 : mean ** 2;
  const inverse = 1 / (sum.q - centre + numberAttribute(node, 'epsilon', 1e-12));
  const scale = vectorOf(walk, node.inputs[2], 1);
  const shift = isRms ? { mean: 0, square: 0 } : vectorOf(walk, node.inputs[3], 0);
  const normal = mapPairs(
    sum,
    (pair) => (pair - centre) * inverse,
    isRms ? mean * Math.sqrt(inverse) : 0,
  );
  const factor = inverse * scale.square;
  const normed = opened(node.outputs[0], perUnit(normal, scale, shift), a.axes, {
    pulls: pulls.map(({ to }) => ({ to, factor })),
    chi: factor,
  });
  return node.outputs.map((_, index) => (index === 0 ? normed : added));
};

/** Positions where the file leaves their number open. */
const MANY = 1e9;

/** Groups of units that a reshape in front has put in the place of units; `null` where there is none. */
function groupsOf(walk: Walk, node: Node, { axes }: Signal): number | null {
  if (walk.producer.get(node.inputs[0])?.operator !== 'Reshape') return null;
  const scale = walk.of(node.inputs[1]);
  const groups = scale.kind === 'unknown' ? null : (scale.axes?.at(-1)?.size ?? null);
  const units = axes?.[1]?.kind === 'unit' ? axes[1].size : null;
  return groups === null || units === null || groups === units ? null : groups;
}

/** `InstanceNormalization`: each unit of each input over its positions, or each group of units. */
export const instanceNormRule: Rule = (walk, node) => {
  const signal = signalOf(walk, node.inputs[0]);
  if (signal.kind === 'unknown') return [signal];
  const groups = groupsOf(walk, node, signal);
  if (groups !== null) return [overUnits(walk, node, signal, groups)];
  const { mean, q, k, p, r } = signal.moments();
  const epsilon = numberAttribute(node, 'epsilon', 1e-5);
  const positions = countOf(signal.axes, ['place']);
  const { moments, factor } = normalised(
    { mean, pairs: { q, k, p, r } },
    { units: 1, positions: positions ?? MANY, inputs: 1 },
    { centred: true, epsilon: Math.max(epsilon, Number.MIN_VALUE) },
  );
  const [scale, shift] = [vectorOf(walk, node.inputs[1], 1), vectorOf(walk, node.inputs[2], 0)];
  const note = positions === null ? 'with the statistics of many positions' : null;
  const normal = { mean: moments.mean, ...moments.pairs };
  return [scaledAndShifted(node, signal, normal, scale, shift, factor, note)];
};

/** `LRN` and `LpNormalization`: division by a sum of squares, which is replaced by its mean. */
export const divisorRule: Rule = (walk, node) => {
  const signal = signalOf(walk, node.inputs[0]);
  if (signal.kind === 'unknown') return [signal];
  if (node.operator === 'LRN') return [responseNormalised(node, signal)];
  const { q } = signal.moments();
  let divisor: number;
  if (node.operator === 'LpNormalization') {
    const axis = signal.axes?.at(numberAttribute(node, 'axis', -1));
    const count = axis?.size ?? 1;
    divisor =
      numberAttribute(node, 'p', 2) === 1
        ? count * Math.sqrt((2 / Math.PI) * q)
        : Math.sqrt(count * q);
  } else {
    return [meanVariance(node, signal)];
  }
  const scaled = through(signal, rescaled(signal.transfer, 1 / divisor, 0));
  return [
    {
      ...scaled,
      chi: 1 / divisor ** 2,
      note: 'the sum of squares that it divides by is replaced by its mean',
    },
  ];
};

/**
 * `LRN` over channels: the function that the signal is, by a divisor that gives the second moment of the quotient.
 */
function responseNormalised(node: Node, signal: Signal): State {
  const { mean, q, k, p, r } = signal.moments();
  const options = {
    size: numberAttribute(node, 'size', 1),
    alpha: numberAttribute(node, 'alpha', 1e-4),
    beta: numberAttribute(node, 'beta', 0.75),
    bias: numberAttribute(node, 'bias', 1),
  };
  if (!(options.bias > 0 && options.beta > 0 && options.alpha >= 0)) {
    return unknown('LRN without a positive bias and beta has no rule');
  }
  const { transfer, source } = signal;
  const variance = Math.max(0, source.moments.q - source.moments.mean ** 2);
  const centre = source.moments.mean;
  const f = {
    f: (u: number) => transfer.f(centre + u),
    breakpoints: transfer.kinks.map((x) => x - centre),
  };
  const { moments, factor } = localResponse(f, variance, { mean, pairs: { q, k, p, r } }, options);
  const scale = q > 0 ? Math.sqrt(moments.pairs.q / q) : 1;
  return {
    ...through(signal, rescaled(transfer, scale, 0)),
    chi: factor,
    note: 'its pairs are scaled as its second moment',
  };
}

/** `MeanVarianceNormalization`: each unit over inputs and positions. */
function meanVariance(node: Node, signal: Signal): State {
  const { q, k, p, r } = signal.moments();
  const inverse = 1 / (q - r + 1e-9);
  const normal = {
    mean: 0,
    q: (q - r) * inverse,
    k: (k - r) * inverse,
    p: (p - r) * inverse,
    r: 0,
  };
  const unit = { mean: 1, square: 1 };
  const none = { mean: 0, square: 0 };
  const note = 'with the statistics of a large batch';
  return scaledAndShifted(node, signal, normal, unit, none, inverse, note);
}

/** `Dropout`: nothing at inference, in training a mask that keeps each element with the same probability. */
export const dropoutRule: Rule = (walk, node) => {
  const state = walk.of(node.inputs[0]);
  const ratio = levelOf(walk, node.inputs[1]) ?? numberAttribute(node, 'ratio', 0.5);
  const isTraining = levelOf(walk, node.inputs[2]) === 1;
  if (!isTraining || state.kind !== 'signal' || ratio === 0) return [state, state];
  const own = state.moments();
  const factor = 1 / (1 - ratio);
  return [
    opened(node.outputs[0], { ...own, q: own.q * factor }, state.axes, {
      pulls: [{ to: node.inputs[0], factor }],
      chi: factor,
    }),
    state,
  ];
};
