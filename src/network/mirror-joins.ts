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
import { fixedPairs, join, wholeOf } from './pairs.ts';
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

/** A concatenation along the channels: of `x` and `-x`, of `φ(x)` and `φ(-x)`, or of values with halves. */
export function concatenated(walk: Walk, node: Node, signals: readonly Signal[]): Signal {
  const [first] = signals;
  if (first.kind === 'lost') return first;
  const { channels } = first;
  const given = numberAttribute(node, 'axis', 0);
  const isWhole = signals.length === node.inputs.length;
  if (channels === null || !isWhole || !isAxis(channels, given)) {
    const isLinear = signals.every(({ kind }) => kind === 'linear');
    return isLinear ? INPUT : lost(node, 'does not keep the halves of its channels apart');
  }
  const opposite = oppositeOf(walk, node);
  if (opposite !== null) {
    const pairs = fixedPairs(channels.count);
    const both = { ...channels, count: 2 * channels.count };
    return opposite.slope === null
      ? { kind: 'linear', channels: both, pairs }
      : { kind: 'halves', channels: both, pairs, slope: opposite.slope };
  }
  return joined(node, first, signals);
}

function isAxis({ axis, rank }: Channels, given: number): boolean {
  return given === axis || (rank !== null && given === axis - rank);
}

/** Values with pairs, one after the other along their channels. */
function joined(node: Node, first: Known, signals: readonly Signal[]): Signal {
  let count = 0;
  let { pairs } = first;
  for (const signal of signals) {
    if (signal.kind === 'lost') return signal;
    const { channels } = signal;
    if (signal.kind !== first.kind || channels === null || first.channels === null) {
      return lost(node, 'joins halves to a value that has none');
    }
    const isAlike = alike({ ...channels, count: first.channels.count }, first.channels);
    const isOne = pairs !== null && signal.pairs !== null && isAlike && join(pairs, signal.pairs);
    if (!isOne || channels.positions !== 'apart') pairs = null;
    if (signal.kind === 'halves' && first.kind === 'halves') {
      if (pairs === null || signal.slope !== first.slope) {
        return lost(node, 'joins halves that differ');
      }
    }
    count += channels.count;
  }
  if (first.channels === null) return INPUT;
  const channels = { ...first.channels, count };
  return first.kind === 'linear' || pairs === null
    ? { kind: 'linear', channels, pairs }
    : { ...first, channels, pairs };
}

/** Whether the two inputs of a node are `φ(x)` and `φ(-x)` of a linear x; `slope` is `null` if φ is linear. */
function oppositeOf(walk: Walk, node: Node): { readonly slope: number | null } | null {
  const { maps } = walk;
  if (node.inputs.length !== 2) return null;
  const [left, right] = node.inputs.map((value) => maps.get(value));
  if (right === undefined) return null;
  const source = left?.source ?? node.inputs[0];
  if (source !== right.source || signalAt(walk, source).kind !== 'linear') return null;
  const { length } = right.samples;
  const at = (i: number): number => left?.samples[i] ?? (i - (length - 1) / 2) / 16;
  const reversed = right.samples.every((value, i) => Math.abs(value - at(length - 1 - i)) <= 1e-9);
  if (!reversed) return null;
  const samples = right.samples.map((_, i) => at(i));
  if (isAffine(samples)) return { slope: null };
  const slope = oddSlope(samples);
  return slope === null ? null : { slope };
}

/** Channels in another order, which has to keep pairs in blocks. */
export function gathered(walk: Walk, node: Node): Signal {
  const signal = signalAt(walk, node.inputs[0]);
  const indices = walk.wiring.graph.constants.get(node.inputs[1]);
  if (signal.kind !== 'halves' || indices === undefined) return mixed(node, signal);
  const { fixed } = wholeOf(signal.pairs);
  if (fixed === null) return mixed(node, signal);
  const { count } = signal.channels;
  const isTheirs = isAxis(signal.channels, numberAttribute(node, 'axis', 0));
  const order = isTheirs ? Array.from(indices.read().data, Number) : [];
  if (order.length !== count || indices.shape.length !== 1) return mixed(node, signal);
  const imageOf = (channel: number): number =>
    channel % (2 * fixed) < fixed ? channel + fixed : channel - fixed;
  const half = order.indexOf(imageOf(order[0]));
  const keeps = order.every((channel, i) => {
    const image = i % (2 * half) < half ? i + half : i - half;
    const isFirst = (c: number): boolean => c % (2 * fixed) < fixed;
    return order[image] === imageOf(channel) && isFirst(channel) === i % (2 * half) < half;
  });
  if (half < 1 || !keeps) return mixed(node, signal);
  return { ...signal, pairs: fixedPairs(half) };
}
