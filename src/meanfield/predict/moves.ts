import { numberAttribute, numbersAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { interpolationOverlap } from '../rules/averages.ts';
import { integersOf, knownIntegers } from './integers.ts';
import { keptMarginal } from './marginal.ts';
import { mapPairs, mixtureMoments, withoutPositions, type Moments } from './moments.ts';
import { isGrouping, merged, reshapedAxes } from './reshape.ts';
import { signalOf } from './signal-of.ts';
import {
  farPairs,
  hasPlaces,
  isGaussian,
  opened,
  through,
  unknown,
  type Axes,
  type Axis,
  type Signal,
  type State,
} from './state.ts';
import type { Transfer } from './transfer.ts';
import type { Rule } from './walk.ts';

/** A value as it was, with other axes; one that loses its positions on the way starts anew. */
export function moved(
  node: Node,
  state: State,
  axes: Axes,
  output: string = node.outputs[0],
): State {
  if (state.kind === 'unknown') return state;
  if (state.kind !== 'signal') return { ...state, axes };
  const isStored = state.axes?.every(({ kind }) => kind === 'unit') ?? false;
  if (isStored || !hasPlaces(state.axes) || hasPlaces(axes)) return { ...state, axes };
  return reopened(node, output, state, withoutPositions(state.moments()), axes, 1);
}

/** A signal whose moments change by the way that its elements are picked. */
export function reopened(
  node: Node,
  output: string,
  signal: Signal,
  moments: Moments,
  axes: Axes,
  factor: number,
): State {
  const { transfer, source } = signal;
  const isKnown = source.isGaussian || source.marginal !== null;
  return opened(output, moments, axes, {
    isGaussian: isGaussian(signal),
    marginal:
      isKnown && moments.q === signal.moments().q ? keptMarginal({ transfer, ...source }) : null,
    far: hasPlaces(axes) && source.far !== null ? farPairs([signal], (from) => from) : null,
    pulls: [{ to: node.inputs[0], factor }],
  });
}

/** `Identity` and all that hands a value on. */
export const sameRule: Rule = (walk, node) => [walk.of(node.inputs[0])];

/** `Transpose`. */
export const transposeRule: Rule = (walk, node) => {
  const state = walk.of(node.inputs[0]);
  if (state.kind === 'unknown' || state.axes === null) return [state];
  const { axes } = state;
  const perm = numbersAttribute(node, 'perm') ?? axes.map((_, axis) => axis).reverse();
  return [moved(node, state, perm.length === axes.length ? perm.map((axis) => axes[axis]) : null)];
};

/** `Reshape`, `Flatten`, `Squeeze` and `Unsqueeze`. */
export const reshapeRule: Rule = (walk, node) => {
  const state = walk.of(node.inputs[0]);
  if (state.kind === 'unknown' || state.axes === null) return [state];
  const { axes } = state;
  switch (node.operator) {
    case 'Flatten': {
      const at = numberAttribute(node, 'axis', 1);
      const axis = at < 0 ? at + axes.length : at;
      return [moved(node, state, [merged(axes.slice(0, axis)), merged(axes.slice(axis))])];
    }
    case 'Squeeze': {
      const given = numbersAttribute(node, 'axes') ?? knownIntegers(walk, node.inputs[1]);
      const dropped = given?.map((axis) => (axis < 0 ? axis + axes.length : axis));
      const rest = axes.filter(({ size }, axis) =>
        dropped === undefined ? size !== 1 : !dropped.includes(axis),
      );
      return [moved(node, state, rest)];
    }
    case 'Unsqueeze': {
      const given = numbersAttribute(node, 'axes') ?? knownIntegers(walk, node.inputs[1]);
      if (given === null) return [moved(node, state, null)];
      const rank = axes.length + given.length;
      const added = new Set(given.map((axis) => (axis < 0 ? axis + rank : axis)));
      let next = 0;
      const result = Array.from({ length: rank }, (_, axis): Axis =>
        added.has(axis) ? { kind: 'unit', size: 1 } : axes[next++],
      );
      return [moved(node, state, result)];
    }
    default: {
      const shape = numbersAttribute(node, 'shape') ?? integersOf(walk, node.inputs[1]);
      if (isGrouping(walk, node, axes, shape)) return [state];
      return [moved(node, state, shape === null ? null : reshapedAxes(axes, shape))];
    }
  }
};

/** `Expand` and `Tile`: a value that is repeated. */
export const expandRule: Rule = (walk, node) => {
  const state = walk.of(node.inputs[0]);
  if (state.kind === 'unknown' || state.axes === null) return [state];
  const { axes } = state;
  const list = integersOf(walk, node.inputs[1]);
  if (list === null) return [moved(node, state, null)];
  const rank = Math.max(axes.length, list.length);
  const result = Array.from({ length: rank }, (_, index): Axis => {
    const own = axes[index - (rank - axes.length)] ?? { kind: 'batch', size: 1 };
    const given = list[index - (rank - list.length)];
    if (given === undefined) return own;
    if (node.operator === 'Expand') return given === 1 ? own : { ...own, size: given };
    return { ...own, size: own.size === null || given === null ? null : own.size * given };
  });
  return [{ ...state, axes: result }];
};

/** `Concat`: several values side by side. */
export const concatRule: Rule = (walk, node) => {
  const states = node.inputs.map((input) => walk.of(input));
  const lost = states.find((state) => state.kind === 'unknown');
  if (lost !== undefined) return [lost];
  if (states.some(({ kind }) => kind === 'tokens')) return [{ kind: 'tokens', axes: null }];
  const signals: Signal[] = [];
  for (const input of node.inputs) {
    const signal = signalOf(walk, input);
    if (signal.kind === 'unknown') return [signal];
    signals.push(signal);
  }
  const base = (
    signals.find(({ axes }) => axes !== null && axes.some(({ kind }) => kind !== 'unit')) ??
    signals[0]
  ).axes;
  const at = numberAttribute(node, 'axis', 0);
  const along = base === null ? 0 : at < 0 ? at + base.length : at;
  const sizes = signals.map(({ axes }) => axes?.[along]?.size ?? null);
  const total = sizes.every((size) => size !== null)
    ? sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
    : null;
  const axes = base === null ? null : base.with(along, { ...base[along], size: total });
  const isPlace = base?.[along]?.kind === 'place';
  const parts = signals.map((signal, index): readonly [Moments, number] => {
    const moments = signal.moments();
    const isStored = walk.isStored(node.inputs[index]) && isPlace;
    return [
      isStored && sizes[index] !== 1
        ? { ...moments, p: moments.mean ** 2, r: moments.mean ** 2 }
        : moments,
      sizes[index] ?? 1,
    ];
  });
  const shared = sameFunction(signals);
  if (shared !== null) {
    const sources = signals.map(({ source }, i): readonly [Moments, number] => [
      source.moments,
      sizes[i] ?? 1,
    ]);
    const far = mixtureMoments(
      signals.map(({ source }, i): readonly [Moments, number] => [
        { ...source.moments, ...source.far },
        sizes[i] ?? 1,
      ]),
    );
    const mixed = opened(node.outputs[0], mixtureMoments(sources), axes, {
      isGaussian: true,
      far: signals.some(({ source }) => source.far !== null) ? { p: far.p, r: far.r } : null,
      pulls: node.inputs.map((to) => ({ to, factor: 1 })),
    });
    return [{ ...through(mixed, shared), moments: () => mixtureMoments(parts) }];
  }
  const moments = mixtureMoments(parts);
  const isEven = signals.every(
    (signal) => Math.abs(signal.moments().q - moments.q) <= 1e-9 * moments.q,
  );
  const far = isPlace ? placesApart(parts) : null;
  return [
    opened(node.outputs[0], far === null ? moments : { ...moments, p: far.p, r: far.r }, axes, {
      isGaussian: isEven && signals.every(isGaussian),
      far: isPlace
        ? null
        : farPairs(signals, (...all) =>
            mixtureMoments(all.map((of, i): readonly [Moments, number] => [of, sizes[i] ?? 1])),
          ),
      pulls: node.inputs.map((to) => ({ to, factor: 1 })),
    }),
  ];
};

/** The function that all of these are of Gaussian sources of their own, `null` where they differ. */
function sameFunction(signals: readonly Signal[]): Transfer | null {
  const [{ transfer }] = signals;
  const isSame = signals.every(
    ({ source, transfer: other }) =>
      source.isGaussian &&
      other.affine === null &&
      PROBES.every((x) => Object.is(other.f(x), transfer.f(x))),
  );
  return isSame ? transfer : null;
}

/** Points at which two functions that are the same are the same. */
const PROBES = [-7.3, -2.1, -0.9, -0.3, 0.2, 0.8, 1.9, 6.7] as const;

/** Pairs of positions of sequences put end to end: within a part as there, across parts by their means. */
function placesApart(parts: readonly (readonly [Moments, number])[]): { p: number; r: number } {
  const total = parts.reduce((sum, [, size]) => sum + size, 0);
  let [p, r, pairs] = [0, 0, 0];
  for (const [i, [a, n]] of parts.entries()) {
    for (const [j, [b, m]] of parts.entries()) {
      const count = i === j ? n * (n - 1) : n * m;
      p += count * (i === j ? a.p : a.mean * b.mean);
      r += count * (i === j ? a.r : a.mean * b.mean);
      pairs += count;
    }
  }
  return pairs > 0 && total > 0 ? { p: p / pairs, r: r / pairs } : { p: 0, r: 0 };
}

/** `Pad`: zeros around a value thin it out, copies of it change nothing. */
export const padRule: Rule = (walk, node) => {
  const state = walk.of(node.inputs[0]);
  if (state.kind === 'unknown') return [state];
  if (state.kind !== 'signal') return [{ ...state, axes: null }];
  const pads = numbersAttribute(node, 'pads') ?? knownIntegers(walk, node.inputs[1]);
  const { axes } = state;
  if (pads === null || axes === null) {
    return [unknown('Pad by numbers that are not stored has no rule')];
  }
  const given = knownIntegers(walk, node.inputs[3]);
  const along =
    given?.map((axis) => (axis < 0 ? axis + axes.length : axis)) ?? axes.map((_, i) => i);
  let [share, places] = [1, 1];
  const result = [...axes];
  for (const [index, axis] of along.entries()) {
    const { kind, size } = axes[axis];
    const added = pads[index] + pads[index + along.length];
    if (size === null || added === 0) continue;
    result[axis] = { kind, size: size + added };
    share *= size / (size + added);
    if (kind === 'place') places *= size / (size + added);
  }
  if (textAttribute(node, 'mode', 'constant') !== 'constant') {
    return [{ ...state, axes: result }];
  }
  if (share === 1) return [{ ...state, axes: result }];
  const own = state.moments();
  const thin = mapPairs(own, (x) => share * x, share * own.mean);
  const moments = { ...thin, p: thin.p * places, r: thin.r * places };
  const { transfer, source } = state;
  return [
    opened(node.outputs[0], moments, result, {
      marginal: keptMarginal({ transfer, ...source }, share),
      far: farPairs([state], (from) =>
        mapPairs(from, (x) => share * places * x, share * from.mean),
      ),
      pulls: [{ to: node.inputs[0], factor: 1 }],
    }),
  ];
};

/** `Resize` and `Upsample`: nearest neighbours repeat elements, interpolation averages neighbours. */
export const resizeRule: Rule = (walk, node) => {
  const signal = signalOf(walk, node.inputs[0]);
  if (signal.kind === 'unknown') return [signal];
  const { axes } = signal;
  const slot = node.operator === 'Resize' ? 2 : 1;
  const stored = walk.graph.constants.get(node.inputs[slot] ?? '');
  const sizes = node.operator === 'Resize' ? knownIntegers(walk, node.inputs[3]) : null;
  const given =
    numbersAttribute(node, 'scales') ??
    (stored === undefined ? null : Array.from<number | bigint, number>(stored.read().data, Number));
  const scales =
    given !== null && given.length > 0
      ? given
      : (axes?.map(({ size }, axis) =>
          sizes === null || size === null ? NaN : sizes[axis] / size,
        ) ?? []);
  if (axes === null || scales.length !== axes.length || scales.some((scale) => !(scale > 0))) {
    return [unknown(`${node.operator} to sizes that are not stored has no rule`)];
  }
  const result = axes.map(({ kind, size }, axis): Axis => ({
    kind,
    size: size === null ? null : Math.floor(size * scales[axis]),
  }));
  const factor = scales.reduce((all, scale) => all * scale, 1);
  const isNearest = textAttribute(node, 'mode', 'nearest') === 'nearest';
  const own = signal.moments();
  const overlap = isNearest
    ? 1
    : scales.reduce((all, scale) => (scale === 1 ? all : all * interpolationOverlap(scale)), 1);
  const moments = {
    ...own,
    q: own.p + (own.q - own.p) * overlap,
    k: own.r + (own.k - own.r) * overlap,
  };
  return [
    opened(node.outputs[0], moments, result, {
      isGaussian: isGaussian(signal),
      pulls: [{ to: node.inputs[0], factor: factor * overlap }],
      note: isNearest ? null : 'interpolation is taken as linear',
    }),
  ];
};
