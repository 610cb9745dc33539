import type { Dimension, Graph, ModelEdit, Node } from '../graph/index.ts';
import { stored, type Widened } from './crelu-demands.ts';
import { stateOf } from './crelu-states.ts';
import { bodiesOf, fresh, namesIn, refuse, type State, type Walk } from './crelu-walk.ts';
import { findLayers } from './layers.ts';
import { wire, type Wiring } from './wiring.ts';

/** What it takes to concatenate the rectifiers of a graph. */
export interface CreluEdit extends ModelEdit {
  /** The nodes of the rectifiers that are concatenated, and those that stay, since no layer reads them. */
  readonly rectifiers: readonly string[];
  readonly plain: readonly string[];
  readonly widened: readonly Widened[];
}

/**
 * The change that replaces every ReLU that a layer reads by the concatenated rectifier
 * `[x₊; (-x)₊]` along its channels, and gives what follows twice the channels: the weights of the next
 * layers get zeros for the negative halves, so that the network computes what it computed before. Channels are followed
 * through pooling, normalisation, reshaping and concatenation. `RangeError`, one sentence that names a
 * node, where something behind a ReLU cannot take twice the channels, and for a graph without such ReLUs.
 * Reference: Shang et al. 2016, arXiv:1603.05201
 */
export function creluEdit(graph: Graph): CreluEdit {
  const wiring = wire(graph);
  const { layers } = findLayers(wiring);
  const walk: Walk = {
    wiring,
    layerOf: new Map(layers.map((layer) => [layer.node, layer])),
    states: new Map(),
    both: new Map(),
    added: new Map(),
    inputs: new Map(),
    demands: [],
    extents: new Map(),
    taken: namesIn(graph),
  };
  const isRead = feedsLayer(walk);
  const relus = graph.nodes.filter(({ operator, domain }) => operator === 'Relu' && domain === '');
  const isDone = concatenated(walk.wiring);
  const rectifiers = relus.filter((node) => isRead.has(node.outputs[0]) && !isDone.has(node));
  if (rectifiers.length === 0) {
    const got =
      relus.length === 0
        ? 'no ReLU'
        : 'none but those concatenated already or behind the last layer';
    throw new RangeError(`crelu: the network must have a ReLU with a layer behind it, got ${got}`);
  }
  const isRectifier = new Set(rectifiers);
  for (const node of graph.nodes) {
    const output = node.outputs.find((name) => name !== '');
    if (output === undefined) continue;
    const inputs = node.inputs.map((name) => walk.both.get(name) ?? name);
    if (inputs.some((name, i) => name !== node.inputs[i])) walk.inputs.set(output, inputs);
    if (!wiring.isData(output)) continue;
    const state = stateOf(walk, node, inputs);
    if (state === null) {
      if (isRectifier.has(node))
        refuse(node, 'must rectify what a layer makes, got something else');
      continue;
    }
    if (isRectifier.has(node)) concatenate(walk, node, state);
    else walk.states.set(output, state);
  }
  for (const { name } of graph.outputs) {
    if ((walk.states.get(name)?.order ?? null) !== null) {
      throw new RangeError(
        `crelu: ${name} must have a layer behind the last ReLU, since an output of the network keeps its width`,
      );
    }
  }
  checkBodies(walk);
  const { constants, widened } = stored(walk);
  return {
    added: walk.added,
    inputs: walk.inputs,
    constants,
    shapes: newShapes(walk),
    rectifiers: rectifiers.map(({ name }) => name),
    plain: relus.filter((node) => !isRectifier.has(node)).map(({ name }) => name),
    widened,
  };
}

/** The values that reach a layer, whatever is in between. */
function feedsLayer({ wiring, layerOf }: Walk): Set<string> {
  const values = new Set<string>();
  for (const node of [...wiring.graph.nodes].reverse()) {
    const isOnWay = layerOf.has(node) || node.outputs.some((output) => values.has(output));
    if (isOnWay) for (const input of node.inputs) if (wiring.isData(input)) values.add(input);
  }
  return values;
}

/** The two ReLUs of every concatenated rectifier that is there already. */
function concatenated({ graph, producer }: Wiring): Set<Node> {
  const found = new Set<Node>();
  for (const node of graph.nodes) {
    if (node.operator !== 'Concat' || node.inputs.length !== 2) continue;
    const [one, other] = node.inputs.map((name) => producer.get(name));
    if (one?.operator !== 'Relu' || other?.operator !== 'Relu') continue;
    const isMinus = (of: Node, from: Node): boolean => {
      const maker = producer.get(of.inputs[0]);
      return maker?.operator === 'Neg' && maker.inputs[0] === from.inputs[0];
    };
    if (isMinus(one, other) || isMinus(other, one)) found.add(one).add(other);
  }
  return found;
}

/** Adds `Concat(relu, Relu(Neg x))` behind a rectifier, for everything that reads it. */
function concatenate(walk: Walk, node: Node, { channels, order }: State): void {
  const { count, axis } = channels;
  const version = walk.wiring.graph.opsets[''] ?? 1;
  if (axis < 0 && version < 11) {
    refuse(node, `must have a declared rank below opset 11, got opset ${version}`);
  }
  const [output] = node.outputs;
  const source = walk.inputs.get(output)?.[0] ?? node.inputs[0];
  const make = (suffix: string, operator: string, inputs: string[], attributes = {}): Node => ({
    name: fresh(walk, `${node.name}_${suffix}`),
    operator,
    domain: '',
    inputs,
    outputs: [fresh(walk, `${output}_${suffix}`)],
    attributes,
  });
  const minus = make('minus', 'Neg', [source]);
  const negative = make('negative', 'Relu', [minus.outputs[0]]);
  const both = make('both', 'Concat', [output, negative.outputs[0]], { axis });
  walk.added.set(output, [minus, negative, both]);
  walk.both.set(output, both.outputs[0]);
  const first = order ?? Int32Array.from({ length: count }, (_, channel) => channel);
  const second = first.map((channel) => (channel < 0 ? channel : -1 - channel));
  walk.states.set(both.outputs[0], { channels, order: Int32Array.of(...first, ...second) });
}

/** The declared shapes of the values that have more channels now. */
function newShapes(walk: Walk): Map<string, readonly Dimension[]> {
  const shapes = new Map<string, readonly Dimension[]>();
  for (const [name, { channels, order }] of walk.states) {
    const declared = walk.wiring.graph.values.get(name)?.shape;
    if (order === null || declared === undefined || declared === null) continue;
    const axis = channels.axis < 0 ? declared.length - 1 : channels.axis;
    const extent = declared[axis];
    const wider = typeof extent === 'number' ? (extent / channels.count) * order.length : null;
    shapes.set(name, declared.with(axis, wider));
  }
  for (const [name, [axis, extent]] of walk.extents) {
    const declared = walk.wiring.graph.values.get(name)?.shape;
    if (declared !== undefined && declared !== null) shapes.set(name, declared.with(axis, extent));
  }
  return shapes;
}

/** Bodies of `If`, `Loop` and `Scan` read values of the graph around them, whose width they know. */
function checkBodies(walk: Walk): void {
  for (const node of walk.wiring.graph.nodes) {
    for (const body of bodiesOf(node)) {
      for (const name of namesIn(body)) {
        const isWider = (walk.states.get(name)?.order ?? null) !== null || walk.both.has(name);
        if (isWider)
          refuse(
            node,
            `must not read in its body what stands behind a concatenated ReLU, got ${name}`,
          );
      }
    }
  }
}
