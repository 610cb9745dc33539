import type { Node } from '../graph/index.ts';
import { isFloat } from '../tensor/index.ts';
import { storedIntegers } from './integers.ts';
import type { Layer } from './layer.ts';
import { NORM_SLOTS } from './norms.ts';
import { rootsOf } from './roots.ts';
import { dataInputs, type Wiring } from './wiring.ts';

/** A sum of a branch with what it branched off from. */
export interface Residual {
  /** The `Add`, `Sum` or normalisation with a skip input. */
  readonly sum: Node;
  /** The value that the branch adds. */
  readonly branch: string;
  /** The value that it branches off from. */
  readonly fork: string;
}

/**
 * Every residual branch, in the order of the sums. One side of such a sum, the skip, is an earlier
 * value as it was, or moved, pooled, normalised or projected by one layer; the other side, the branch,
 * computes on that value with more layers. A side that a gate multiplies is no skip (highway
 * networks, recurrent cells), nor is one whose projection the branch applies too (an unrolled recurrence).
 */
export function findResiduals(
  wiring: Wiring,
  layerOf: ReadonlyMap<Node, Layer>,
): readonly Residual[] {
  const residuals: Residual[] = [];
  for (const sum of wiring.graph.nodes) {
    const sides = summands(sum).filter((input) => wiring.isData(input));
    if (sides.length < 2 || sides.length > MOST_SIDES) continue;
    for (const found of branchesOf(wiring, layerOf, sides)) residuals.push({ sum, ...found });
  }
  return residuals;
}

/** A sum of more values than this is a pool of outputs. */
const MOST_SIDES = 8;

/** The values that a node adds up. */
export function summands(node: Node): readonly string[] {
  if (node.operator === 'Add' || node.operator === 'Sum') return node.inputs;
  return node.operator.startsWith('Skip') && NORM_SLOTS[node.operator] !== undefined
    ? node.inputs.slice(0, 2)
    : [];
}

function branchesOf(
  wiring: Wiring,
  layerOf: ReadonlyMap<Node, Layer>,
  sides: readonly string[],
): Omit<Residual, 'sum'>[] {
  const chains = sides.map((side) => skipChain(wiring, layerOf, side));
  for (const mostLayers of [0, 1]) {
    for (const [index, chain] of chains.entries()) {
      const found = sides.flatMap((side, other) => {
        if (other === index || side === sides[index]) return [];
        const fork = forkOf(wiring, layerOf, chain, side, mostLayers);
        return fork === null ? [] : [{ branch: side, fork }];
      });
      if (found.length > 0) return found;
    }
  }
  return [];
}

/** A value on the way back along a skip, and the layers passed so far. */
interface Station {
  readonly value: string;
  readonly layers: readonly Layer[];
}

/** Nodes that a skip may pass through. */
const LONGEST_SKIP = 24;

/** The skip side, walked back while nothing joins it, over one layer at most. */
function skipChain(
  wiring: Wiring,
  layerOf: ReadonlyMap<Node, Layer>,
  side: string,
): readonly Station[] {
  const chain: Station[] = [{ value: side, layers: [] }];
  for (let steps = 0; steps < LONGEST_SKIP; steps++) {
    const { value, layers } = chain[chain.length - 1];
    const node = wiring.producer.get(value);
    const [input, ...others] = node === undefined ? [] : dataInputs(wiring, node);
    if (node === undefined || input === undefined || others.length > 0) break;
    if (takesPart(wiring, node)) break;
    const layer = layerOf.get(node);
    if (layer !== undefined && layers.length === 1) break;
    chain.push({ value: input, layers: layer === undefined ? layers : [layer] });
  }
  return chain;
}

/** Whether a node takes some channels or positions out of a value, which then is not that value any more. */
function takesPart(wiring: Wiring, node: Node): boolean {
  if (node.operator === 'Split' || node.operator === 'Gather') return true;
  if (node.operator !== 'Slice') return false;
  return storedIntegers(wiring, node.inputs[4])?.some((step) => step > 1) !== true;
}

/** Where on the skip a side branches off, `null` if it is no branch. */
function forkOf(
  wiring: Wiring,
  layerOf: ReadonlyMap<Node, Layer>,
  chain: readonly Station[],
  branch: string,
  mostLayers: number,
): string | null {
  const stations = chain.filter(({ layers }) => layers.length <= mostLayers);
  const earliest = positionOf(wiring, stations[stations.length - 1].value);
  const before = ancestors(wiring, branch, earliest);
  const fork = stations.find(({ value }) => before?.has(value) === true);
  if (before === null || fork === undefined || isIndex(wiring, fork.value)) return null;
  const layers = layersBetween(wiring, layerOf, fork.value, before);
  if (layers.length <= fork.layers.length) return null;
  const own = new Set(fork.layers.flatMap((layer) => parametersOf(wiring, layer)));
  const isShared = layers.some((layer) =>
    parametersOf(wiring, layer).some((name) => own.has(name)),
  );
  return isShared ? null : fork.value;
}

const positionOf = (wiring: Wiring, value: string): number => {
  const node = wiring.producer.get(value);
  return node === undefined ? -1 : (wiring.order.get(node) ?? -1);
};

/** A fork farther back than this is none that a person would call a residual block. */
const REACH = 4000;

/** The data values that a value is made of, from a position of the graph on; `null` if they are too many. */
function ancestors(wiring: Wiring, value: string, earliest: number): Set<string> | null {
  const found = new Set<string>();
  const open = [value];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name) || positionOf(wiring, name) < earliest) continue;
    if (found.size > REACH) return null;
    const node = wiring.producer.get(name);
    for (const twin of twins(node, name)) found.add(twin);
    if (node !== undefined) open.push(...dataInputs(wiring, node));
  }
  return found;
}

/** A normalisation with a skip input gives the sum as well: both are the same stream. */
export function twins(node: Node | undefined, value: string): readonly string[] {
  return node === undefined || !node.operator.startsWith('Skip') ? [value] : node.outputs;
}

/** The layers between the fork and the values that were found before the sum. */
function layersBetween(
  wiring: Wiring,
  layerOf: ReadonlyMap<Node, Layer>,
  fork: string,
  before: ReadonlySet<string>,
): Layer[] {
  const position = (value: string): number => positionOf(wiring, value);
  const reached = new Set(twins(wiring.producer.get(fork), fork));
  const layers = new Set<Layer>();
  for (const value of [...before].sort((a, b) => position(a) - position(b))) {
    const node = wiring.producer.get(value);
    if (reached.has(value) || node === undefined) continue;
    if (!node.inputs.some((input) => reached.has(input))) continue;
    reached.add(value);
    const layer = layerOf.get(node);
    if (layer !== undefined) layers.add(layer);
  }
  return [...layers];
}

function parametersOf(wiring: Wiring, layer: Layer): string[] {
  return layer.operands.flatMap(({ value }) =>
    rootsOf(wiring, value).map(({ parameter }) => parameter),
  );
}

/** Two things made from the same tokens (scores and their mask) do not branch off from a signal. */
function isIndex(wiring: Wiring, value: string): boolean {
  const input = wiring.graph.inputs.find(({ name }) => name === value);
  return input !== undefined && input.dtype !== null && !isFloat(input.dtype);
}
