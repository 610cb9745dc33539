import { numberAttribute, type Node } from '../graph/index.ts';
import type { Channels } from './channels.ts';
import {
  INPUT,
  lost,
  mixed,
  oddSlope,
  signalAt,
  type Known,
  type Signal,
  type Walk,
} from './mirror-signal.ts';
import { canJoin, fixedPairs, imagesOf, join, scatteredPairs, type Pairs } from './pairs.ts';
import { isAffine } from './sites.ts';

/** Sums: of linear values, mirrored alike; of halves of one slope; a stored vector is a bias, which is 0. */
export function added(node: Node, signals: readonly Signal[], stored: number): Signal {
  const [first, ...rest] = signals;
  if (first.kind === 'halves' && stored > 0) return lost(node, 'adds a stored vector to halves');
  let sum = first;
  for (const term of rest) sum = sumOf(node, sum, term);
  return sum;
}

function sumOf(node: Node, left: Signal, right: Signal): Signal {
  if (left.kind === 'lost' || right.kind === 'lost') return left.kind === 'lost' ? left : right;
  const isAlike = alike(left.channels, right.channels);
  if (left.kind === 'halves' && right.kind === 'halves') {
    const isOne = isAlike && left.slope === right.slope && join(left.pairs, right.pairs);
    return isOne ? left : lost(node, 'adds halves that differ');
  }
  if (left.kind === 'halves' || right.kind === 'halves') {
    return lost(node, 'adds halves to a value that has none');
  }
  const { pairs } = left;
  const isOne = pairs !== null && right.pairs !== null && isAlike && join(pairs, right.pairs);
  const channels = left.channels ?? right.channels;
  return { kind: 'linear', channels, pairs: isOne ? pairs : null };
}

/** A difference of two linear values is linear, but the mirror images of its channels are not followed. */
export function sumless(node: Node, signals: readonly Signal[]): Signal {
  const [left, right] = signals;
  return left.kind === 'linear' && right?.kind === 'linear'
    ? { kind: 'linear', channels: left.channels, pairs: null }
    : lost(node, 'takes halves from a value');
}

export function scaled(node: Node, signals: readonly Signal[], data: readonly string[]): Signal {
  const [signal] = signals;
  if (data.length !== 1 || signal.kind !== 'linear') {
    return lost(node, data.length === 1 ? 'scales halves one by one' : 'multiplies two values');
  }
  return { ...signal, pairs: null };
}

function alike(a: Channels | null, b: Channels | null): boolean {
  return (
    a !== null &&
    b !== null &&
    a.axis === b.axis &&
    a.count === b.count &&
    a.positions === b.positions
  );
}

/** A concatenation along the channels of `x` and `-x`, or of `φ(x)` and `φ(-x)`; `null` if it is none. */
export function bothSigns(walk: Walk, node: Node): Signal | null {
  const opposite = node.operator === 'Concat' ? oppositeOf(walk, node) : null;
  const { channels, slope } = opposite ?? { channels: null, slope: null };
  if (channels === null || !isAxis(channels, numberAttribute(node, 'axis', 0))) return null;
  const pairs = fixedPairs(channels.count);
  const both = { ...channels, count: 2 * channels.count };
  return slope === null
    ? { kind: 'linear', channels: both, pairs }
    : { kind: 'halves', channels: both, pairs, slope };
}

/** A concatenation of values with halves along the channels. */
export function concatenated(node: Node, signals: readonly Signal[]): Signal {
  const [first] = signals;
  if (first.kind === 'lost') return first;
  const { channels } = first;
  const isWhole = signals.length === node.inputs.length;
  if (channels === null || !isWhole || !isAxis(channels, numberAttribute(node, 'axis', 0))) {
    const isLinear = signals.every(({ kind }) => kind === 'linear');
    return isLinear ? INPUT : lost(node, 'does not keep the halves of its channels apart');
  }
  return joined(node, first, signals);
}

function isAxis({ axis, rank }: Channels, given: number): boolean {
  return given === axis || (rank !== null && given === axis - rank);
}

/** Values with pairs, one after the other along their channels. */
function joined(node: Node, first: Known, signals: readonly Signal[]): Signal {
  const parts: Known[] = [];
  for (const signal of signals) {
    if (signal.kind === 'lost') return signal;
    if (signal.kind !== first.kind || signal.channels === null) {
      return lost(node, 'joins halves to a value that has none');
    }
    parts.push(signal);
  }
  if (first.channels === null) return INPUT;
  const { axis } = first.channels;
  const isSame = parts.every(
    ({ channels: own }) => own?.axis === axis && own.positions === 'apart',
  );
  const count = parts.reduce((sum, { channels }) => sum + (channels?.count ?? 0), 0);
  const channels = { ...first.channels, count };
  const pairs = isSame ? pairsOf(parts) : null;
  if (first.kind === 'linear') return { kind: 'linear', channels, pairs };
  const isSteep = parts.every((part) => part.kind === 'halves' && part.slope === first.slope);
  return pairs === null || !isSteep
    ? lost(node, 'joins halves that differ')
    : { ...first, channels, pairs };
}

/** The pairs of values in a row: one lot if they stand in blocks of one size, else where each has its own. */
function pairsOf(parts: readonly Known[]): Pairs | null {
  const [first] = parts;
  const { pairs } = first;
  if (pairs === null) return null;
  const isOne = parts.every((part) => part.pairs !== null && canJoin(pairs, part.pairs));
  if (isOne) {
    for (const part of parts) if (part.pairs !== null) join(pairs, part.pairs);
    return pairs;
  }
  const images: number[] = [];
  for (const part of parts) {
    const own = part.pairs === null ? null : imagesOf(part.pairs, part.channels?.count ?? 0);
    if (own === null || part.kind === 'linear') return null;
    const start = images.length;
    for (const image of own) images.push(start + image);
  }
  return scatteredPairs(Int32Array.from(images));
}

/**
 * Whether the two inputs of a node are `φ(x)` and `φ(-x)` of a linear x, whose channels they have; `slope` is `null` if
 * φ is linear.
 */
function oppositeOf(
  walk: Walk,
  node: Node,
): { readonly channels: Channels | null; readonly slope: number | null } | null {
  const { maps } = walk;
  if (node.inputs.length !== 2) return null;
  const [left, right] = node.inputs.map((value) => maps.get(value));
  if (right === undefined) return null;
  const source = left?.source ?? node.inputs[0];
  const signal = signalAt(walk, source);
  if (source !== right.source || signal.kind !== 'linear') return null;
  const { channels } = signal;
  const { length } = right.samples;
  const at = (i: number): number => left?.samples[i] ?? (i - (length - 1) / 2) / 16;
  const reversed = right.samples.every((value, i) => Math.abs(value - at(length - 1 - i)) <= 1e-9);
  if (!reversed) return null;
  const samples = right.samples.map((_, i) => at(i));
  if (isAffine(samples)) return { channels, slope: null };
  const slope = oddSlope(samples);
  return slope === null ? null : { channels, slope };
}

/** Channels in another order, which has to keep pairs in blocks. */
export function gathered(walk: Walk, node: Node): Signal {
  const signal = signalAt(walk, node.inputs[0]);
  const indices = walk.wiring.graph.constants.get(node.inputs[1]);
  if (signal.kind !== 'halves' || indices === undefined) return mixed(node, signal);
  const { count } = signal.channels;
  const images = imagesOf(signal.pairs, count);
  const isTheirs = isAxis(signal.channels, numberAttribute(node, 'axis', 0));
  const order = isTheirs ? Array.from(indices.read().data, Number) : [];
  if (images === null || order.length !== count || indices.shape.length !== 1) {
    return mixed(node, signal);
  }
  const half = order.indexOf(images[order[0]]);
  const keeps = order.every((channel, i) => {
    const image = i % (2 * half) < half ? i + half : i - half;
    return order[image] === images[channel];
  });
  if (half < 1 || !keeps) return mixed(node, signal);
  return { ...signal, pairs: fixedPairs(half) };
}
