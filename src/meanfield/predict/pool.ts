import { numberAttribute, numbersAttribute, type Node } from '../../graph/index.ts';
import { knownIntegers } from './integers.ts';
import { averagedMoments, mapPairs, withoutPositions, type Moments } from './moments.ts';
import { applied } from './pointwise.ts';
import { signalOf } from './signal-of.ts';
import {
  farMoments,
  farPairs,
  hasPlaces,
  opened,
  unknown,
  type Axes,
  type Axis,
  type Signal,
  type State,
} from './state.ts';
import { poolBorder } from '../rules/borders.ts';
import { asGaussian, maxPool, maxPoolSlope } from '../rules/max-pool.ts';
import type { Elementwise } from '../rules/pairs.ts';
import { powerStep } from './steps.ts';
import { placeAxis, profileOf, reached, windowsOf, type Window } from './windows.ts';
import type { Rule } from './walk.ts';

/** `AveragePool` and `MaxPool` over windows, and their global kin over all positions. */
export const poolRule: Rule = (walk, node) => {
  const signal = signalOf(walk, node.inputs[0]);
  if (signal.kind === 'unknown') return node.outputs.map(() => signal);
  const { axes } = signal;
  if (axes === null || axes.length < 3) {
    return node.outputs.map(() =>
      unknown(`${node.operator} needs an image or a sequence whose axes are known`),
    );
  }
  const sizes = axes.slice(2).map(({ size }) => size);
  const isGlobal = node.operator.startsWith('Global');
  const kernel = isGlobal ? null : numbersAttribute(node, 'kernel_shape');
  if (kernel === null) {
    const count = sizes.reduce<number | null>(
      (all, size) => (all === null || size === null ? null : all * size),
      1,
    );
    if (count === null) return [unknown(`${node.operator} needs a known number of positions`)];
    const result = [...axes.slice(0, 2), ...sizes.map((): Axis => ({ kind: 'place', size: 1 }))];
    return [pooled(node, signal, withoutPlaces(result), count, count, 1, 1)];
  }
  const windows = windowsOf(node, kernel, sizes);
  const taps = kernel.reduce((all, size) => all * size, 1);
  const inside = windows === null ? taps : insideTaps(windows);
  const borders = windows?.map((window, index) =>
    poolBorder(profileOf(axes[index + 2], window.from), window),
  );
  const result = axes.map((axis, index): Axis => {
    if (index < 2) return axis;
    return borders === undefined
      ? { kind: axis.kind, size: null }
      : placeAxis(borders[index - 2].profile);
  });
  const seen = borders?.reduce((all, { same }) => all * same, 1) ?? 1;
  const uses = windows === null ? 1 : reached(windows);
  const isFull = numberAttribute(node, 'count_include_pad', 0) === 1;
  const filled = node.operator === 'AveragePool' && isFull ? inside / taps : 1;
  const state = pooled(node, signal, result, inside, taps, uses, filled);
  return [
    seen === 1 || state.kind !== 'signal' ? state : enlarged(state, seen),
    unknown('indices'),
  ];
};

/** A value whose elements were taken where the second moment is `share` times its mean. */
function enlarged(signal: Signal, share: number): Signal {
  const own = signal.moments();
  const moments = mapPairs(own, (x) => share * x, Math.sqrt(share) * own.mean);
  const { far } = signal.source;
  const source = {
    ...signal.source,
    moments,
    far: far === null ? null : { p: share * far.p, r: share * far.r },
  };
  return { ...signal, source, moments: () => moments };
}

/** Positions of size 1 are none. */
function withoutPlaces(axes: readonly Axis[]): Axes {
  return axes.map((axis) =>
    axis.kind === 'place' && axis.size === 1 ? { kind: 'unit', size: 1 } : axis,
  );
}

/** Elements inside a window, on average over windows. */
function insideTaps(windows: readonly Window[]): number {
  return windows.reduce((all, { out, pairs }) => (out === 0 ? all : (all * pairs) / out), 1);
}

/**
 * `count` elements of a window as one; `uses` windows hold each element. `filled` is the share of a window
 * that is no padding where padding counts.
 */
function pooled(
  node: Node,
  signal: Signal,
  axes: Axes,
  count: number,
  taps: number,
  uses: number,
  filled: number,
): State {
  const isMax = node.operator.endsWith('MaxPool');
  const isLp = node.operator.endsWith('LpPool');
  const settle = (moments: Moments): Moments =>
    hasPlaces(axes) ? moments : withoutPositions(moments);
  const [to] = node.inputs;
  if (isLp) return unknown(`${node.operator} has no rule`);
  if (isMax) {
    const factor = uses / count;
    const { moments, slope, note } = maximumOf(signal, count);
    const far = signal.source.far === null ? null : maximumOf(signal, count, true).moments;
    return opened(node.outputs[0], settle(moments), axes, {
      far: far === null || !hasPlaces(axes) ? null : { p: far.p, r: far.r },
      pulls: [{ to, factor, ...(slope === undefined ? {} : { slope }) }],
      chi: factor,
      note,
    });
  }
  const own = averagedMoments(hasPlaces(axes) ? signal.moments() : farMoments(signal), count);
  const moments = mapPairs(own, (x) => filled * filled * x, filled * own.mean);
  const weight = filled < 1 ? 1 / taps : 1 / count;
  const factor = uses * weight ** 2;
  return opened(node.outputs[0], settle(moments), axes, {
    far: hasPlaces(axes)
      ? farPairs([signal], (from) => mapPairs(from, (x) => filled * filled * x, from.mean))
      : null,
    pulls: [{ to, factor }],
    chi: factor,
  });
}

/** The maximum over windows: of a function of a Gaussian by its law, of any other value as if Gaussian. */
function maximumOf(
  signal: Signal,
  count: number,
  isFar: boolean = false,
): { moments: Moments; slope?: number; note: string | null } {
  const n = Math.max(1, Math.round(count));
  const { transfer, source } = signal;
  if (!source.isGaussian) {
    const { f, pairs } = asGaussian(paired(signal.moments()));
    const far = isFar ? asGaussian(paired(farMoments(signal))).pairs : pairs;
    const { moments, note } = maxPool(f, far, n, pairs);
    const taken = 'its elements are taken as Gaussian';
    return {
      moments: { mean: moments.mean, ...moments.pairs },
      note: note === null ? taken : `${taken}; ${note}`,
    };
  }
  const { mean } = source.moments;
  const { pairs } = asGaussian(paired(source.moments));
  const shifted = (of: (x: number) => number): Elementwise => ({
    f: (u) => of(mean + u),
    breakpoints: transfer.kinks.map((x) => x - mean),
  });
  const far =
    isFar && source.far !== null
      ? { ...pairs, p: source.far.p - mean * mean, r: source.far.r - mean * mean }
      : pairs;
  const { moments, note } = maxPool(shifted(transfer.f), far, n, pairs);
  const slope = maxPoolSlope(shifted(transfer.df), pairs.q, pairs.p, n);
  return {
    moments: { mean: moments.mean, ...moments.pairs },
    ...(transfer.affine === null ? { slope } : {}),
    note,
  };
}

const paired = ({ mean, ...pairs }: Moments): { mean: number; pairs: Omit<Moments, 'mean'> } => ({
  mean,
  pairs,
});

/** `ReduceMean`, `ReduceSum` and other reductions: over units a number, over positions an average. */
export const reduceRule: Rule = (walk, node) => {
  const state = walk.of(node.inputs[0]);
  if (state.kind === 'level' || state.kind === 'tokens') return [state];
  const signal = signalOf(walk, node.inputs[0]);
  if (signal.kind === 'unknown') return [signal];
  const { axes } = signal;
  if (axes === null) return [unknown(`${node.operator} of a value whose axes are not known`)];
  const given = numbersAttribute(node, 'axes') ?? knownIntegers(walk, node.inputs[1]);
  const along = new Set(
    given === null || given.length === 0
      ? axes.map((_, axis) => axis)
      : given.map((axis) => (axis < 0 ? axis + axes.length : axis)),
  );
  const keeps = numberAttribute(node, 'keepdims', 1) === 1;
  const result = axes.flatMap((axis, index): Axis[] =>
    !along.has(index) ? [axis] : keeps ? [{ kind: 'unit', size: 1 }] : [],
  );
  const reduced = axes.filter((_, index) => along.has(index));
  let count: number | null = 1;
  for (const { size } of reduced) count = count === null || size === null ? null : count * size;
  return [reducedState(node, signal, reduced, count, result)];
};

/** A sum over units whose spread counts more than its mean, as a product of two vectors has it. */
function summed(node: Node, signal: Signal, count: number, axes: Axes): State {
  const own = signal.moments();
  const square = own.mean ** 2;
  const moments = mapPairs(
    own,
    (pair) => count * (pair - square) + count ** 2 * square,
    count * own.mean,
  );
  return opened(node.outputs[0], hasPlaces(axes) ? moments : withoutPositions(moments), axes, {
    isGaussian: true,
    pulls: [{ to: node.inputs[0], factor: 1 }],
    chi: 1,
  });
}

function reducedState(
  node: Node,
  signal: Signal,
  reduced: readonly Axis[],
  count: number | null,
  axes: Axes,
): State {
  const overUnits = reduced.some(({ kind, size }) => kind === 'unit' && size !== 1);
  const isMean = node.operator === 'ReduceMean';
  if (!isMean && count === null)
    return unknown(`${node.operator} over a number of elements that is not known`);
  const times = isMean ? 1 : (count ?? 1);
  const { mean, q } = signal.moments();
  if (overUnits) {
    switch (node.operator) {
      case 'ReduceSum':
        if (times * mean ** 2 < q - mean ** 2) return summed(node, signal, times, axes);
        return { kind: 'level', value: times * mean, axes };
      case 'ReduceMean':
        return { kind: 'level', value: times * mean, axes };
      case 'ReduceSumSquare':
        return { kind: 'level', value: times * q, axes };
      case 'ReduceL2':
        return { kind: 'level', value: Math.sqrt(times * q), axes };
      case 'ReduceL1': {
        const size = applied(signal, { f: Math.abs, df: Math.sign, breakpoints: [0] }).moments();
        return { kind: 'level', value: times * size.mean, axes };
      }
      default:
        return unknown(`${node.operator} over units has no rule`);
    }
  }
  if (count === null)
    return unknown(`${node.operator} over a number of positions that is not known`);
  if (node.operator === 'ReduceMax') {
    const { moments, note } = maximumOf(signal, count);
    return opened(node.outputs[0], hasPlaces(axes) ? moments : withoutPositions(moments), axes, {
      pulls: [{ to: node.inputs[0], factor: 1 / count }],
      chi: 1 / count,
      note,
    });
  }
  const base =
    node.operator === 'ReduceMean' || node.operator === 'ReduceSum'
      ? signal
      : node.operator === 'ReduceSumSquare'
        ? applied(signal, powerStep(2))
        : null;
  if (base === null) return unknown(`${node.operator} over positions has no rule`);
  const average = averagedMoments(hasPlaces(axes) ? base.moments() : farMoments(base), count);
  const moments = mapPairs(average, (x) => times * times * x, times * average.mean);
  const factor = (times / count) ** 2;
  return opened(node.outputs[0], hasPlaces(axes) ? moments : withoutPositions(moments), axes, {
    pulls: [{ to: node.inputs[0], factor }],
    chi: factor,
  });
}
