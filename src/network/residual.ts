import type { Node } from '../graph/index.ts';
import { isFloat } from '../tensor/index.ts';
import type { Layer } from './layer.ts';
import type { Wiring } from './wiring.ts';

/** A sum of a branch with what it branched off from. */
export interface Residual {
  /** The `Add` or `Sum`. */
  readonly sum: Node;
  /** The value that the branch adds. */
  readonly branch: string;
  /** Layers on the branch in the order of the nodes. */
  readonly layers: readonly Layer[];
}

/**
 * Every residual branch, in the order of the sums. Both sides of a sum are walked back to the value
 * where they part; the side with more layers is the branch, the other one the skip (an identity,
 * or a projection with fewer layers). Sums whose sides have equally many layers are no residuals.
 */
export function findResiduals(
  wiring: Wiring,
  layerOf: ReadonlyMap<Node, Layer>,
): readonly Residual[] {
  const residuals: Residual[] = [];
  for (const node of wiring.graph.nodes) {
    if (node.operator !== 'Add' && node.operator !== 'Sum') continue;
    const sides = node.inputs.filter((input) => wiring.isData(input));
    if (sides.length < 2) continue;
    const found = layersToFork(wiring, layerOf, sides);
    if (found === null) continue;
    const fewest = Math.min(...found.map((layers) => layers.length));
    for (const [index, layers] of found.entries()) {
      if (layers.length > fewest) {
        residuals.push({ sum: node, branch: sides[index], layers: layers.reverse() });
      }
    }
  }
  return residuals;
}

/** Two things made from the same tokens (scores and their mask) do not branch off from a signal. */
function isIndex(wiring: Wiring, value: string): boolean {
  const input = wiring.graph.inputs.find(({ name }) => name === value);
  return input !== undefined && input.dtype !== null && !isFloat(input.dtype);
}

/** A fork farther back than this is none that a person would call a residual block. */
const REACH = 4000;

/**
 * The layers that lie on each side alone before all sides meet in one value, latest first; `null` if
 * they never meet. The latest open value is always the next one to step back from, so when one
 * value is left that all sides have reached, it is where they part.
 */
function layersToFork(
  wiring: Wiring,
  layerOf: ReadonlyMap<Node, Layer>,
  sides: readonly string[],
): Layer[][] | null {
  const all = 2 ** sides.length - 1;
  const open = new Map<string, number>();
  const layers: Layer[][] = sides.map(() => []);
  for (const [index, side] of sides.entries()) open.set(side, (open.get(side) ?? 0) | (1 << index));
  const position = (value: string): number => {
    const node = wiring.producer.get(value);
    return node === undefined ? -1 : (wiring.order.get(node) ?? -1);
  };
  for (let step = 0; step < REACH; step++) {
    if (open.size === 1) {
      const [[fork, mask]] = open;
      return mask === all && !isIndex(wiring, fork) ? layers : null;
    }
    let latest = '';
    let place = -2;
    for (const value of open.keys()) {
      if (position(value) > place) {
        place = position(value);
        latest = value;
      }
    }
    const node = wiring.producer.get(latest);
    if (node === undefined) return null;
    const mask = open.get(latest) ?? 0;
    open.delete(latest);
    const layer = layerOf.get(node);
    const side = layers.findIndex((_, index) => mask === 1 << index);
    if (layer !== undefined && side >= 0) layers[side].push(layer);
    for (const input of node.inputs) {
      if (wiring.isData(input)) open.set(input, (open.get(input) ?? 0) | mask);
    }
  }
  return null;
}
