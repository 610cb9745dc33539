import type { Constant, Graph, Node } from '../graph/index.ts';
import type { Channels } from './channels.ts';
import { bodiesOf, fresh, namesIn, NOT_KEPT, refuse, type State, type Walk } from './crelu-walk.ts';
import { integersOf } from './integers.ts';
import { reordered, spread, type Order } from './widening.ts';
import { usesOf } from './wiring.ts';

/** A stored tensor that becomes another shape. */
export interface Widened {
  readonly name: string;
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** A stored tensor in a new order along an axis, at most transposed or cast on its way to the node. */
export function weightDemand(
  walk: Walk,
  node: Node,
  slot: number,
  axis: number,
  orders: readonly Order[],
): void {
  const { wiring } = walk;
  let [reader, at, own] = [node, slot, axis];
  let name = node.inputs[slot];
  for (;;) {
    const constant = wiring.graph.constants.get(name);
    if (constant !== undefined) {
      const place = own;
      walk.demands.push({
        node: reader,
        slot: at,
        constant,
        make: (as) => reordered(constant, as, place, orders),
        key: `${place}:${orders.map((order) => order.join()).join(';')}`,
      });
      return;
    }
    const maker = wiring.producer.get(name);
    const isPlain =
      maker !== undefined && ['Transpose', 'Identity', 'Cast'].includes(maker.operator);
    if (!isPlain || usesOf(wiring, name).length !== 1 || orders.length !== 1) {
      return refuse(
        node,
        `must have a weight that is stored, at most transposed, got the output of ${maker?.operator ?? 'an outer graph'}`,
      );
    }
    walk.extents.set(name, [own, orders[0].length]);
    if (maker.operator === 'Transpose') {
      const permutation = maker.attributes['perm'];
      own = Array.isArray(permutation) ? Number(permutation[own]) : 1 - own;
    }
    [reader, at, name] = [maker, 0, maker.inputs[0]];
  }
}

/** A stored tensor that has an element for each channel: those of both halves are the same. */
export function vectorDemand(
  walk: Walk,
  node: Node,
  slot: number,
  axis: number,
  state: State,
): void {
  const name = node.inputs[slot];
  const constant = walk.wiring.graph.constants.get(name);
  const { channels, order } = state;
  if (constant === undefined || order === null) {
    return refuse(
      node,
      'must have stored parameters, to stand behind a concatenated ReLU, got computed ones',
    );
  }
  const each = constant.shape[axis] / channels.count;
  const channelOf = order.map((channel) => (channel < 0 ? -1 - channel : channel));
  if (!Number.isInteger(each)) return refuse(node, NOT_KEPT);
  weightDemand(walk, node, slot, axis, [spread(channelOf, each, channels)]);
}

/** A shape that is written down with the number of channels in it. */
export function reshapeDemand(walk: Walk, node: Node, before: State, after: Channels): void {
  const { wiring } = walk;
  const shape = integersOf(wiring, node.inputs[1]);
  const axis = after.axis;
  const extent = shape?.[axis];
  if (typeof extent !== 'number' || extent <= 0) return;
  const constant = wiring.graph.constants.get(node.inputs[1]);
  const { order, channels } = before;
  if (constant === undefined || order === null) {
    return refuse(
      node,
      'must have a stored shape, to stand behind a concatenated ReLU, got a computed one',
    );
  }
  const wider = (extent / channels.count) * order.length;
  const { dtype } = constant;
  walk.demands.push({
    node,
    slot: 1,
    constant,
    make: (name) => ({
      name,
      dtype,
      shape: constant.shape,
      source: 'initializer',
      read: () => {
        const data = BigInt64Array.from(shape ?? [], (value) => BigInt(value ?? 0));
        data[axis] = BigInt(wider);
        return { dtype: 'int64', shape: constant.shape, data };
      },
    }),
    key: `shape:${axis}:${wider}`,
  });
}

/** Names that the bodies inside a graph and its outputs use. */
function namesOutside({ nodes, outputs }: Graph): Set<string> {
  const names = new Set(outputs.map(({ name }) => name));
  for (const node of nodes) {
    for (const body of bodiesOf(node)) for (const name of namesIn(body)) names.add(name);
  }
  return names;
}

/** The new tensors: in place of the old ones where every use wants the same, beside them otherwise. */
export function stored(walk: Walk): {
  readonly constants: Map<string, Constant>;
  readonly widened: readonly Widened[];
} {
  const constants = new Map<string, Constant>();
  const widened: Widened[] = [];
  const elsewhere = namesOutside(walk.wiring.graph);
  const byName = Map.groupBy(walk.demands, ({ constant }) => constant.name);
  for (const [name, demands] of byName) {
    const isOne = new Set(demands.map(({ key }) => key)).size === 1;
    const isNew = !walk.wiring.graph.constants.has(name);
    const isAll = demands.length === usesOf(walk.wiring, name).length && !elsewhere.has(name);
    const isReplaced = isNew || (isOne && isAll);
    const made = new Map<string, Constant>();
    for (const { node, slot, make, key, constant } of demands) {
      const after = made.get(key) ?? make(isReplaced ? name : fresh(walk, `${name}_crelu`));
      if (!made.has(key)) {
        made.set(key, after);
        constants.set(after.name, after);
        if (!isNew) widened.push({ name: after.name, before: constant.shape, after: after.shape });
      }
      if (isReplaced) continue;
      const [output] = node.outputs;
      walk.inputs.set(output, [...(walk.inputs.get(output) ?? node.inputs)].with(slot, after.name));
    }
  }
  return {
    constants,
    widened: widened.filter(({ before, after }) => before.join() !== after.join()),
  };
}
