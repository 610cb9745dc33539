import { numberAttribute, type Constant, type Node } from '../graph/index.ts';
import { sizeOf, type Tensor } from '../tensor/index.ts';
import {
  extentsOf,
  inputsPerChannel,
  moved,
  outputChannels,
  weightOf,
  type Channels,
} from './channels.ts';
import { reshapeDemand, vectorDemand, weightDemand } from './crelu-demands.ts';
import { fresh, NOT_KEPT, refuse, type State, type Walk } from './crelu-walk.ts';
import type { Layer } from './layer.ts';
import { spread, type Order } from './widening.ts';

/** What a node makes of its inputs; changes what it has stored. `null` where no channels are known. */
export function stateOf(walk: Walk, node: Node, inputs: readonly string[]): State | null {
  const { wiring, layerOf, states } = walk;
  const found = inputs.map((name) => states.get(name) ?? null);
  const isWidened = found.some((state) => state !== null && state.order !== null);
  const layer = layerOf.get(node);
  if (layer !== undefined) return layerState(walk, layer, inputs, isWidened);
  const data = node.inputs.flatMap((name, slot) => (wiring.isData(name) ? [slot] : []));
  const first = found[data[0]] ?? null;
  if (node.operator === 'Concat') return concatState(walk, node, found, isWidened);
  if (ELEMENTWISE.has(node.operator) && data.length === 1) return first;
  if (BINARY.has(node.operator)) return binaryState(walk, node, found, data, isWidened);
  if (first === null || data.length !== 1 || data[0] !== 0) {
    return isWidened ? refuse(node, NOT_KEPT) : null;
  }
  const channels = moved(wiring, node, first.channels);
  if (channels === null) {
    if (isWidened) return refuse(node, NOT_KEPT);
    return MIXES.has(node.operator) ? first : null;
  }
  if (first.order === null) return { channels, order: null };
  if (node.operator === 'BatchNormalization') {
    for (let slot = 1; slot <= 4; slot++) vectorDemand(walk, node, slot, 0, first);
  }
  if (node.operator === 'Reshape') reshapeDemand(walk, node, first, channels);
  return { channels, order: first.order };
}

const ELEMENTWISE = new Set(
  'Relu LeakyRelu Elu Selu Celu Sigmoid HardSigmoid HardSwish Tanh Softplus Softsign Gelu Mish Neg Abs Exp Log Sqrt Clip ThresholdedRelu Identity Cast Dropout Erf Sin Cos Reciprocal Floor Ceil Round Sign'.split(
    ' ',
  ),
);

/** Operators that mix channels and leave their places. */
const MIXES = new Set([
  'LayerNormalization',
  'InstanceNormalization',
  'GroupNormalization',
  'MeanVarianceNormalization',
  'LpNormalization',
  'LRN',
  'Softmax',
]);
const BINARY = new Set(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Pow', 'Sum', 'PRelu']);

/** A layer, whose weights get zeros for the halves that are new. */
function layerState(
  walk: Walk,
  layer: Layer,
  inputs: readonly string[],
  isWidened: boolean,
): State | null {
  const { node } = layer;
  const operand = weightOf(layer);
  if (operand === null) {
    return isWidened
      ? refuse(
          node,
          'must be a product with one weight, to read twice the channels, got another layer',
        )
      : null;
  }
  const slot = node.inputs.indexOf(layer.input);
  const input = walk.states.get(inputs[slot]);
  const channels = outputChannels(walk.wiring, layer, operand, input?.channels ?? null);
  if (input === undefined || input.order === null) return { channels, order: null };
  const each = inputsPerChannel(layer, operand, input.channels);
  if (each === null) return refuse(node, 'must read channels that stand apart, got a mixture');
  const { groups, inputs: perGroup } = extentsOf(operand);
  const order = groups === 1 ? input.order : byGroup(walk, node, slot, input, perGroup, groups);
  const weightSlot = node.inputs.indexOf(operand.value);
  const axis = operand.layout.indexOf('in');
  const isTransposed = operand.layout[0] === 'in' && operand.layout.includes('kernel');
  const rows = spread(order, each, input.channels);
  if (groups === 1 || isTransposed) {
    weightDemand(walk, node, weightSlot, axis, [rows]);
  } else {
    const width = rows.length / groups;
    const parts = Array.from({ length: groups }, (_, g) =>
      rows
        .subarray(g * width, (g + 1) * width)
        .map((channel) => (channel < 0 ? -1 : channel - g * perGroup)),
    );
    weightDemand(walk, node, weightSlot, axis, parts);
  }
  return { channels, order: null };
}

/** The channels of each group together again, by a `Gather` if they are not. */
function byGroup(
  walk: Walk,
  node: Node,
  slot: number,
  { order, channels }: State,
  perGroup: number,
  groups: number,
): Order {
  const all = order ?? new Int32Array();
  const places: number[][] = Array.from({ length: groups }, () => []);
  for (const [p, channel] of all.entries()) {
    places[Math.floor((channel < 0 ? -1 - channel : channel) / perGroup)].push(p);
  }
  if (places.some((group) => group.length !== places[0].length)) {
    return refuse(node, 'must get as many channels in each of its groups, got different numbers');
  }
  const permutation = places.flat();
  if (permutation.some((p, i) => p !== i)) {
    const [output] = node.outputs;
    const inputs = [...(walk.inputs.get(output) ?? node.inputs)];
    const name = fresh(walk, `${output}_groups`);
    gather(walk, node, inputs[slot], name, permutation, channels.axis);
    walk.inputs.set(output, inputs.with(slot, name));
  }
  return Int32Array.from(permutation, (p) => all[p]);
}

/** Adds a `Gather` of the channels at these places behind the node that makes a value. */
function gather(
  walk: Walk,
  node: Node,
  input: string,
  output: string,
  places: readonly number[],
  axis: number,
): void {
  const stores = fresh(walk, `${output}_order`);
  const added: Node = {
    name: fresh(walk, `${node.name}_gather`),
    operator: 'Gather',
    domain: '',
    inputs: [input, stores],
    outputs: [output],
    attributes: { axis },
  };
  const data = BigInt64Array.from(places, BigInt);
  const indices: Tensor = { dtype: 'int64', shape: [places.length], data };
  const constant: Constant = {
    name: stores,
    dtype: 'int64',
    shape: indices.shape,
    source: 'initializer',
    read: () => indices,
  };
  walk.demands.push({ node: added, slot: 1, constant, make: () => constant, key: 'new' });
  const [maker] = [...walk.both].find(([, both]) => both === input) ?? [input];
  walk.added.set(maker, [...(walk.added.get(maker) ?? []), added]);
}

/** Sums, products and the like: of one value and stored numbers, or of values with the same channels. */
function binaryState(
  walk: Walk,
  node: Node,
  found: readonly (State | null)[],
  data: readonly number[],
  isWidened: boolean,
): State | null {
  const known = data.map((slot) => found[slot]);
  const [first] = known;
  if (!isWidened) return first === undefined ? null : first;
  const isAlike = known.every(
    (state) =>
      state !== null &&
      first !== null &&
      state.channels.axis === first.channels.axis &&
      state.channels.positions === first.channels.positions &&
      state.order !== null &&
      state.order.join() === first.order?.join(),
  );
  if (first === null || !isAlike) {
    return refuse(
      node,
      'must take the same channels from all its inputs, got a concatenated ReLU beside another value',
    );
  }
  const { axis, rank } = first.channels;
  for (const [slot, name] of node.inputs.entries()) {
    if (data.includes(slot)) continue;
    const constant = walk.wiring.graph.constants.get(name);
    if (constant === undefined) return refuse(node, NOT_KEPT);
    if (sizeOf(constant.shape) === 1) continue;
    const own =
      axis < 0 || rank === null
        ? constant.shape.length + axis
        : axis - rank + constant.shape.length;
    if (own < 0 || constant.shape[own] === 1) continue;
    vectorDemand(walk, node, slot, own, first);
  }
  return first;
}

/** A concatenation along the channels, or along another axis of values with the same channels. */
function concatState(
  walk: Walk,
  node: Node,
  found: readonly (State | null)[],
  isWidened: boolean,
): State | null {
  const [first] = found;
  const isKnown = found.every(
    (state) =>
      state !== null &&
      first !== null &&
      state.channels.axis === first.channels.axis &&
      state.channels.rank === first.channels.rank &&
      state.channels.positions === 'apart',
  );
  if (first === null || first === undefined || !isKnown) {
    return isWidened ? refuse(node, NOT_KEPT) : null;
  }
  const { axis, rank } = first.channels;
  const given = numberAttribute(node, 'axis', 0);
  if (given !== axis && (rank === null || given !== axis - rank)) {
    const orders = new Set(found.map((state) => state?.order?.join() ?? ''));
    return orders.size === 1 ? first : refuse(node, NOT_KEPT);
  }
  let count = 0;
  const order: number[] = [];
  for (const state of found) {
    const channels = state?.channels.count ?? 0;
    const own = state?.order ?? Int32Array.from({ length: channels }, (_, channel) => channel);
    for (const channel of own) order.push(channel < 0 ? channel - count : channel + count);
    count += channels;
  }
  const channels = { ...first.channels, count };
  if (!isWidened) return { channels, order: null };
  const state = { channels, order: Int32Array.from(order) };
  putInHalves(walk, node, state.channels, state.order);
  return state;
}

/**
 * Where a concatenation has both halves of all its channels, but in blocks of different sizes, a `Gather`
 * puts the positive halves before the negative ones, for everything that reads it.
 */
function putInHalves(walk: Walk, node: Node, channels: Channels, order: Order): void {
  const { axis, count } = channels;
  const half = order.indexOf(-1 - order[0]);
  const isInBlocks =
    half > 0 &&
    order.every((channel, p) => {
      const isFirst = p % (2 * half) < half;
      return channel === -1 - order[isFirst ? p + half : p - half];
    });
  const isWhole = order.length === 2 * count && new Set(order).size === order.length;
  if (isInBlocks || !isWhole) return;
  const places = [...order.keys()].sort((p, q) => keyOf(order[p], count) - keyOf(order[q], count));
  const [output] = node.outputs;
  const name = fresh(walk, `${output}_halves`);
  gather(walk, node, output, name, places, axis);
  walk.both.set(output, name);
  walk.states.set(name, { channels, order: Int32Array.from(places, (p) => order[p]) });
}

/** Where a channel stands among the positive halves, and behind them its negative one. */
function keyOf(channel: number, count: number): number {
  return channel < 0 ? count - 1 - channel : channel;
}
