import { numberAttribute, numbersAttribute, type Node } from '../../graph/index.ts';
import { emit, furtherOutput } from '../emit.ts';
import {
  add,
  castLike,
  div,
  meanOver,
  mul,
  neg,
  plus,
  rankOf,
  ratioOfSizes,
  reshape,
  reshapeLike,
  slice,
  squeeze,
  sub,
  sumOver,
  sumTo,
  times,
  unsqueeze,
} from '../ops.ts';
import { ints, scalar, typeOf, type Scope } from '../scope.ts';
import { nodeText } from '../wording.ts';
import { byExpansion, rule, type Call, type Lazy, type Rule } from './rule.ts';

const epsilonOf = (node: Node, fallback = 1e-5): number =>
  numberAttribute(node, 'epsilon', fallback);

/** The rank of the data of a node. */
function ranked(s: Scope, node: Node): number {
  const rank = rankOf(s, node.inputs[0]);
  if (rank !== null) return rank;
  throw new RangeError(
    `${nodeText(node)}: the rank of its input must be known to differentiate it, got an unknown one`,
  );
}

/** A vector over the channels, to be broadcast over [N, C, …]. */
function byChannel(s: Scope, vector: string, rank: number): string {
  return unsqueeze(
    s,
    vector,
    Array.from({ length: rank - 2 }, (_, axis) => axis + 1),
  );
}

/** `1 / √(variance + ε)`. */
function inverseDeviation(s: Scope, variance: string, epsilon: number): string {
  return emit(s, 'Reciprocal', [emit(s, 'Sqrt', [plus(s, variance, epsilon)])]);
}

/** `(x - mean) / √(variance + ε)` over some axes. */
function normalized(s: Scope, x: string, axes: readonly number[], epsilon: number): string {
  const centred = sub(s, x, meanOver(s, x, axes));
  const variance = meanOver(s, mul(s, centred, centred), axes);
  return mul(s, centred, inverseDeviation(s, variance, epsilon));
}

/** With stored mean and variance: an affine map of each channel. */
const batchInference: Rule = rule((s, node, g) => {
  const [x, scale, , mean, variance] = node.inputs;
  const rank = ranked(s, node);
  const others = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== 1);
  const inverse = inverseDeviation(s, variance, epsilonOf(node));
  const factor = mul(s, scale, inverse);
  const sum = (): string => sumOver(s, g, others, false);
  /** `Σ ȳ (x - mean)` by channel. */
  const moment = (): string => {
    const centred = sub(s, x, byChannel(s, mean, rank));
    return sumOver(s, mul(s, g, centred), others, false);
  };
  return [
    () => mul(s, g, byChannel(s, castLike(s, factor, g), rank)),
    () => mul(s, moment(), inverse),
    sum,
    () => neg(s, mul(s, sum(), factor)),
    () => {
      const slope = mul(s, mul(s, factor, inverse), inverse);
      return times(s, -0.5, mul(s, moment(), slope));
    },
  ];
});

/** With the mean and variance of the batch, and running averages of them. */
const batchByExpansion: Rule = byExpansion((s, node) => {
  const [x, scale, bias, mean, variance] = node.inputs;
  const rank = ranked(s, node);
  const others = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== 1);
  const own = meanOver(s, x, others);
  const centred = sub(s, x, own);
  const spread = meanOver(s, mul(s, centred, centred), others);
  const xhat = mul(s, centred, inverseDeviation(s, spread, epsilonOf(node)));
  const y = add(s, mul(s, xhat, byChannel(s, scale, rank)), byChannel(s, bias, rank));
  const momentum = numberAttribute(node, 'momentum', 0.9);
  const running = (before: string, now: string): string =>
    add(s, times(s, momentum, before), times(s, 1 - momentum, reshapeLike(s, now, before)));
  return [y, running(mean, own), running(variance, spread)];
});

/**
 * `x̄ = A ȳ + B (x - μ) + C` by channel, with `A = γ r`, `B = -γ r³ ⟨ȳ (x - μ)⟩`, `C = -γ r ⟨ȳ⟩` and
 * `r = 1/√(variance + ε)`; both means over the batch come from the sums that are the slopes of `γ` and the shift.
 */
function batchDirectly({ scope: s, node }: Call, g: string): readonly Lazy[] {
  const [x, scale, bias] = node.inputs;
  const rank = ranked(s, node);
  const others = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== 1);
  const centred = (): string => sub(s, x, meanOver(s, x, others));
  const inverse = (): string => {
    const variance = meanOver(s, mul(s, centred(), centred()), others);
    return inverseDeviation(s, squeeze(s, variance, others), epsilonOf(node));
  };
  const sum = (): string => sumOver(s, g, others, false);
  const moment = (): string => sumOver(s, mul(s, g, centred()), others, false);
  return [
    () => {
      const r = inverse();
      const factor = mul(s, castLike(s, scale, r), r);
      const perChannel = neg(s, div(s, factor, ratioOfSizes(s, g, r)));
      const slope = mul(s, mul(s, moment(), mul(s, r, r)), perChannel);
      const shift = mul(s, sum(), perChannel);
      const [a, b, c] = [factor, slope, shift].map((vector) => byChannel(s, vector, rank));
      return add(s, mul(s, g, a), add(s, mul(s, centred(), b), c));
    },
    () => castLike(s, mul(s, moment(), inverse()), scale),
    () => castLike(s, sum(), bias),
  ];
}

const batchTraining: Rule = {
  vjp: (call) => {
    const [g = null, ...others] = call.cotangents;
    const isPlain = g !== null && others.every((other) => other === null);
    return isPlain ? batchDirectly(call, g) : batchByExpansion.vjp(call);
  },
};

const batchNorm: Rule = {
  vjp: (call) => {
    const isTraining = numberAttribute(call.node, 'training_mode', 0) !== 0;
    return (isTraining ? batchTraining : batchInference).vjp(call);
  },
};

/** The axes that a layer normalisation goes over. */
function layerAxes(s: Scope, node: Node): number[] {
  const axis = numberAttribute(node, 'axis', -1);
  const count = axis < 0 ? -axis : ranked(s, node) - axis;
  return Array.from({ length: count }, (_, index) => index - count);
}

const layerByExpansion: Rule = byExpansion((s, node) => {
  const [x, scale, bias = ''] = node.inputs;
  const axes = layerAxes(s, node);
  const mean = meanOver(s, x, axes);
  const centred = sub(s, x, mean);
  const inverse = inverseDeviation(s, meanOver(s, mul(s, centred, centred), axes), epsilonOf(node));
  const scaled = mul(s, mul(s, centred, inverse), scale);
  // Mean and deviation are given in a type of their own.
  const [, meanType = '', inverseType = ''] = node.outputs;
  return [
    bias === '' ? scaled : add(s, scaled, bias),
    meanType === '' ? mean : castLike(s, mean, meanType),
    inverseType === '' ? inverse : castLike(s, inverse, inverseType),
  ];
});

/** `x̄ = (ĝ - ⟨ĝ⟩ - x̂ ⟨ĝ x̂⟩) / √(variance + ε)` with `ĝ = ȳ · scale`, means over the normalised axes. */
function layerDirectly({ scope: s, node }: Call, g: string): readonly Lazy[] {
  const [x, scale, bias = ''] = node.inputs;
  const axes = layerAxes(s, node);
  const mean = castLike(s, furtherOutput(s, node, 1), x);
  const inverse = castLike(s, furtherOutput(s, node, 2), x);
  const xhat = mul(s, sub(s, x, mean), inverse);
  return [
    () => {
      const scaled = mul(s, g, scale);
      const along = mul(s, xhat, meanOver(s, mul(s, scaled, xhat), axes));
      return mul(s, inverse, sub(s, sub(s, scaled, meanOver(s, scaled, axes)), along));
    },
    () => sumTo(s, mul(s, g, xhat), scale),
    () => sumTo(s, g, bias),
  ];
}

const layerNorm: Rule = {
  vjp: (call) => {
    const [g = null, ...others] = call.cotangents;
    const isPlain = g !== null && others.every((other) => other === null);
    // What the node gives of a float64 input is float32: too coarse to go on with.
    const isFine = typeOf(call.scope, call.node.inputs[0]).dtype !== 'float64';
    return isPlain && isFine ? layerDirectly(call, g) : layerByExpansion.vjp(call);
  },
};

const instanceNorm: Rule = byExpansion((s, node) => {
  const [x, scale, bias] = node.inputs;
  const rank = ranked(s, node);
  const axes = Array.from({ length: rank - 2 }, (_, axis) => axis + 2);
  const xhat = normalized(s, x, axes, epsilonOf(node));
  return [add(s, mul(s, xhat, byChannel(s, scale, rank)), byChannel(s, bias, rank))];
});

const groupNorm: Rule = byExpansion((s, node) => {
  const [x, scale, bias] = node.inputs;
  const rank = ranked(s, node);
  const groups = reshape(s, x, [0, numberAttribute(node, 'num_groups', 1), -1]);
  const xhat = reshapeLike(s, normalized(s, groups, [2], epsilonOf(node)), x);
  return [add(s, mul(s, xhat, byChannel(s, scale, rank)), byChannel(s, bias, rank))];
});

const rmsNorm: Rule = byExpansion((s, node) => {
  const [x, scale] = node.inputs;
  const square = meanOver(s, mul(s, x, x), layerAxes(s, node));
  return [mul(s, mul(s, x, inverseDeviation(s, square, epsilonOf(node))), scale)];
});

/** `x / (bias + α/size · Σ x²)^β`, the sum over neighbouring channels. */
const localResponse: Rule = byExpansion((s, node) => {
  const [x] = node.inputs;
  const rank = ranked(s, node);
  const size = numberAttribute(node, 'size', 1);
  const before = Math.floor((size - 1) / 2);
  const pads = Array.from({ length: 2 * rank }, () => 0);
  pads[1] = before;
  pads[rank + 1] = size - 1 - before;
  const squares = emit(s, 'Pad', [mul(s, x, x), ints(s, pads)]);
  const end = (offset: number): number =>
    offset === size - 1 ? Number.MAX_SAFE_INTEGER : offset - size + 1;
  const sum = Array.from({ length: size }, (_, offset) =>
    slice(s, squares, 1, offset, end(offset)),
  ).reduce((total, part) => add(s, total, part));
  const factor = numberAttribute(node, 'alpha', 1e-4) / size;
  const base = plus(s, times(s, factor, sum), numberAttribute(node, 'bias', 1));
  return [mul(s, x, emit(s, 'Pow', [base, scalar(s, -numberAttribute(node, 'beta', 0.75), x)]))];
});

const meanVariance: Rule = byExpansion((s, node) => {
  const [x] = node.inputs;
  const axes = numbersAttribute(node, 'axes') ?? [0, 2, 3];
  const centred = sub(s, x, meanOver(s, x, axes));
  const deviation = emit(s, 'Sqrt', [meanOver(s, mul(s, centred, centred), axes)]);
  return [div(s, centred, plus(s, deviation, 1e-9))];
});

const unitNorm: Rule = byExpansion((s, node) => {
  const [x] = node.inputs;
  const operator = numberAttribute(node, 'p', 2) === 1 ? 'ReduceL1' : 'ReduceL2';
  const axes = ints(s, [numberAttribute(node, 'axis', -1)]);
  return [div(s, x, emit(s, operator, [x, axes], { keepdims: 1 }))];
});

/** Normalisations. */
export const normalizations: Readonly<Record<string, Rule>> = {
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  InstanceNormalization: instanceNorm,
  GroupNormalization: groupNorm,
  RMSNormalization: rmsNorm,
  LRN: localResponse,
  MeanVarianceNormalization: meanVariance,
  LpNormalization: unitNorm,
};
