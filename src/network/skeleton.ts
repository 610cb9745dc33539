import { numberAttribute, type Graph, type Node } from '../graph/index.ts';
import { isGate } from './branch-ends.ts';
import { extentsOf, weightOf } from './channels.ts';
import { elementwiseMaps } from './elementwise.ts';
import { cellActivation, type Landmarks } from './flow.ts';
import { wireSignal } from './latents.ts';
import { findLayers } from './layers.ts';
import { isNormalisation } from './norms.ts';
import { findResiduals, summands } from './residual.ts';
import { behindLayers, learnedScalars } from './scalars.ts';
import { activationSites } from './sites.ts';
import { dataInputs, type Wiring } from './wiring.ts';

/**
 * What a network is once everything linear is taken out: where the signal comes in, the activations, and
 * where paths meet. `from` are positions of earlier joints; `name` is that of the node.
 */
export type Joint =
  | { readonly kind: 'input'; readonly name: string }
  | {
      readonly kind: 'activation';
      readonly name: string;
      /** `relu`, `leaky_relu:0.2`, `custom`, … */
      readonly activation: string;
      readonly from: number;
    }
  | {
      readonly kind: 'sum';
      readonly name: string;
      readonly from: readonly number[];
      /** Which of them are residual branches; the others are what the branch left. */
      readonly branches: readonly boolean[];
    }
  | {
      readonly kind: 'concat';
      readonly name: string;
      readonly from: readonly number[];
      /** Extents along the axis; `null` where one is not known. */
      readonly sizes: readonly number[] | null;
    };

/** What the skeleton passes over. A `sum` is one of a signal with what only layers made of it. */
export type PassedKind =
  'normalisation' | 'gate' | 'attention' | 'pooling' | 'cell' | 'product' | 'softmax' | 'sum';

/** A place that the skeleton passes over although it is more than a linear map. */
export interface Passed {
  readonly node: string;
  readonly operator: string;
  readonly kind: PassedKind;
}

/** The skeleton of a network, in topological order. */
export interface Skeleton {
  readonly joints: readonly Joint[];
  readonly outputs: readonly number[];
  /** In the order of the nodes. */
  readonly passed: readonly Passed[];
}

const BODIES = new Set(['If', 'Loop', 'Scan']);
const POOLS = new Set(['MaxPool', 'GlobalMaxPool', 'LpPool', 'GlobalLpPool', 'ReduceMax']);
const SOFTMAX = new Set(['Softmax', 'LogSoftmax', 'Hardmax']);

/** Operators of attention in one, by the input that carries the values. */
const ATTENTION: Readonly<Record<string, number>> = { Attention: 2, MultiHeadAttention: 2 };

/**
 * Follows the signal through a graph. Layers, rearrangements and means pass it on; an activation counts if
 * a layer comes after it, and it does not make a gate; of a product the side passes that the other weighs,
 * of attention the values. Normalisations, maxima and recurrent cells pass it too, and are listed.
 * `RangeError` for a graph whose signal runs through `If`, `Loop` or `Scan`.
 */
export function networkSkeleton(graph: Graph): Skeleton {
  const landmarks = landmarksOf(graph);
  const { wiring, sites, layerOf, layerAt } = landmarks;
  const residuals = findResiduals(wiring, layerOf);
  const branches = new Map<Node, Set<string>>();
  for (const { sum, branch } of residuals) {
    branches.set(sum, (branches.get(sum) ?? new Set()).add(branch));
  }
  const leads = leadingToLayer(landmarks);
  const joints: Joint[] = [];
  const passed: Passed[] = [];
  const at = new Map<string, number>();
  const add = (joint: Joint): number => joints.push(joint) - 1;
  const positionOf = (value: string): number | undefined => {
    const known = at.get(value);
    if (known !== undefined) return known;
    const isInput = graph.inputs.some(({ name }) => name === value);
    if (!isInput || !wiring.isData(value)) return undefined;
    const position = add({ kind: 'input', name: value });
    at.set(value, position);
    return position;
  };

  for (const node of graph.nodes) {
    const outputs = node.outputs.filter((output) => wiring.isData(output));
    if (outputs.length === 0) continue;
    const position = carry(node, outputs[0]);
    if (position === undefined) continue;
    for (const output of outputs) at.set(output, position);
    const layer = layerOf.get(node);
    if (layer !== undefined) at.set(layer.output, position);
  }
  return pruned(
    joints,
    graph.outputs.flatMap(({ name }) => positionOf(name) ?? []),
    passed,
  );

  function carry(node: Node, output: string): number | undefined {
    const site = sites.get(output);
    if (site !== undefined && leads.has(output)) {
      const from = positionOf(site.source);
      if (from === undefined) return undefined;
      return add({ kind: 'activation', name: node.name, activation: site.name, from });
    }
    const layer = layerOf.get(node);
    if (layer !== undefined) {
      if (cellActivation(node) !== null) pass(node, 'cell');
      return positionOf(layer.input);
    }
    if (layerAt.has(output) && at.has(output)) return at.get(output);
    const inputs = dataInputs(wiring, node);
    if (BODIES.has(node.operator)) {
      throw new RangeError(
        `networkSkeleton: the signal must not run through a body, got ${node.operator} at ${node.name}`,
      );
    }
    if (isNormalisation(wiring, node)) pass(node, 'normalisation');
    else if (POOLS.has(node.operator)) pass(node, 'pooling');
    else if (SOFTMAX.has(node.operator)) pass(node, 'softmax');
    const sides = summands(node).filter((input) => wiring.isData(input));
    if (sides.length > 1) return join(node, sides);
    if (node.operator === 'Concat' && inputs.length > 1) return concat(node, inputs);
    return positionOf(carrierOf(node, inputs));
  }

  function pass(node: Node, kind: PassedKind): void {
    passed.push({ node: node.name, operator: node.operator, kind });
  }

  function join(node: Node, sides: readonly string[]): number | undefined {
    const own = branches.get(node);
    const from: number[] = [];
    const isBranch: boolean[] = [];
    for (const side of sides) {
      const position = positionOf(side);
      if (position === undefined) continue;
      from.push(position);
      isBranch.push(own?.has(side) === true);
    }
    if (from.length < 2) return from[0];
    if (from.every((position) => position === from[0])) {
      pass(node, 'sum');
      return from[0];
    }
    return add({ kind: 'sum', name: node.name, from, branches: isBranch });
  }

  function concat(node: Node, inputs: readonly string[]): number | undefined {
    const axis = numberAttribute(node, 'axis', 0);
    const from: number[] = [];
    const sizes: (number | null)[] = [];
    for (const input of inputs) {
      const position = positionOf(input);
      if (position === undefined) continue;
      from.push(position);
      sizes.push(extentOf(graph, input, axis) ?? channelsOf(landmarks, input, axis));
    }
    if (from.length < 2 || from.every((position) => position === from[0])) return from[0];
    const known = sizes.filter((size) => size !== null);
    return add({
      kind: 'concat',
      name: node.name,
      from,
      sizes: known.length === sizes.length ? known : null,
    });
  }

  /** The input that carries the signal on through a node that joins nothing. */
  function carrierOf(node: Node, inputs: readonly string[]): string {
    const { operator } = node;
    const slot = ATTENTION[operator];
    if (slot !== undefined) {
      pass(node, 'attention');
      const value = node.inputs[slot];
      return value !== undefined && wiring.isData(value) ? value : (inputs[0] ?? '');
    }
    if (inputs.length < 2 || isNormalisation(wiring, node)) return inputs[0] ?? '';
    if (operator === 'MatMul' || operator === 'Einsum') {
      pass(node, 'attention');
      return inputs.find((input) => !isWeighing(wiring, input)) ?? inputs[0];
    }
    if (operator === 'Mul' || operator === 'Div') {
      const carrying = inputs.filter((input) => !isGate(landmarks, input));
      pass(node, carrying.length === 1 ? 'gate' : 'product');
      return carrying[0] ?? inputs[0];
    }
    if (operator === 'Where') return inputs[inputs.length - 2];
    return inputs[0];
  }
}

function landmarksOf(graph: Graph): Landmarks {
  const wiring = wireSignal(graph);
  const { layers } = findLayers(wiring);
  const layerOf = new Map(layers.map((layer) => [layer.node, layer]));
  const layerAt = new Map(layers.map((layer) => [layer.output, layer]));
  const branches = new Set(findResiduals(wiring, layerOf).map(({ branch }) => branch));
  const learned = learnedScalars(wiring, layerOf, branches, behindLayers(wiring, layerOf));
  const sites = activationSites(wiring, elementwiseMaps(wiring, learned));
  return { wiring, sites, activationFrom: new Map(), layerOf, layerAt };
}

/** The values from which the signal goes on into a layer. */
function leadingToLayer({ wiring, layerOf }: Landmarks): ReadonlySet<string> {
  const leads = new Set<string>();
  for (const node of wiring.graph.nodes.toReversed()) {
    const layer = layerOf.get(node);
    if (layer !== undefined) leads.add(layer.input);
    if (layer !== undefined || node.outputs.some((output) => leads.has(output))) {
      for (const input of dataInputs(wiring, node)) leads.add(input);
    }
  }
  return leads;
}

/** Nodes between a softmax and the product that it weighs. */
const NEAR = 6;

/** Whether a value is the weights of attention. */
function isWeighing(wiring: Wiring, value: string): boolean {
  let current = value;
  for (let steps = 0; steps < NEAR; steps++) {
    const node = wiring.producer.get(current);
    if (node === undefined) return false;
    if (SOFTMAX.has(node.operator)) return true;
    const [input, ...others] = dataInputs(wiring, node);
    if (input === undefined || others.length > 0) return false;
    current = input;
  }
  return false;
}

function extentOf(graph: Graph, value: string, axis: number): number | null {
  const shape =
    graph.values.get(value)?.shape ?? graph.inputs.find(({ name }) => name === value)?.shape;
  const extent = shape?.at(axis);
  return typeof extent === 'number' && extent > 0 ? extent : null;
}

/** The channels that the nearest layer gave a value, where the axis is theirs. */
function channelsOf({ wiring, layerOf }: Landmarks, value: string, axis: number): number | null {
  if (axis !== 1) return null;
  let current = value;
  for (let steps = 0; steps < NEAR; steps++) {
    const node = wiring.producer.get(current);
    const layer = node === undefined ? undefined : layerOf.get(node);
    const weight = layer === undefined ? null : weightOf(layer);
    if (weight !== null) {
      const { outputs, groups } = extentsOf(weight);
      return outputs * groups;
    }
    const [input, ...others] = node === undefined ? [] : dataInputs(wiring, node);
    if (input === undefined || others.length > 0) return null;
    current = input;
  }
  return null;
}

/** Without the joints that lead to no output. */
function pruned(
  joints: readonly Joint[],
  outputs: readonly number[],
  passed: readonly Passed[],
): Skeleton {
  const live = new Set<number>();
  const open = [...outputs];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (live.has(index)) continue;
    live.add(index);
    const joint = joints[index];
    if (joint.kind === 'activation') open.push(joint.from);
    else if (joint.kind !== 'input') open.push(...joint.from);
  }
  const kept = [...live].sort((a, b) => a - b);
  const place = new Map(kept.map((index, position) => [index, position]));
  const moved = (index: number): number => place.get(index) ?? 0;
  return {
    joints: kept.map((index) => withFrom(joints[index], moved)),
    outputs: [...new Set(outputs.map(moved))],
    passed,
  };
}

function withFrom(joint: Joint, moved: (index: number) => number): Joint {
  if (joint.kind === 'input') return joint;
  if (joint.kind === 'activation') return { ...joint, from: moved(joint.from) };
  return { ...joint, from: joint.from.map(moved) };
}
