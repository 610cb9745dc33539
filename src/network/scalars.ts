import type { Constant, Graph, Node } from '../graph/index.ts';
import { isFloat, sizeOf } from '../tensor/index.ts';
import { elementwiseMaps, storedBehind, storedScalar, type ElementwiseMap } from './elementwise.ts';
import type { Layer } from './layer.ts';
import { COPIES } from './roots.ts';
import { activationSites, isAffine, nameOf, type ActivationSite } from './sites.ts';
import { usesOf, type Wiring } from './wiring.ts';

/**
 * The nodes that add or multiply a learned scalar: Fixup's biases, the scalar that closes a
 * residual branch. All other scalars belong to the computation, such as the ½ of a GELU. A file
 * tells the two apart by the rank (a parameter has a shape, a number has none) or by keeping its numbers in
 * `Constant` nodes; and where a scalar makes a function one that has a name, it is part of it.
 */
export function learnedScalars(
  wiring: Wiring,
  layerOf: ReadonlyMap<Node, Layer>,
  branches: ReadonlySet<string>,
  deep: ReadonlySet<string>,
): ReadonlySet<Node> {
  const learned = new Set<Node>();
  const areNodes = keepsNumbersInNodes(wiring.graph);
  const candidates = wiring.graph.nodes.filter((node) => scalarOf(wiring, node, areNodes) !== null);
  if (candidates.length === 0) return learned;
  for (let before = -1; before < learned.size;) {
    before = learned.size;
    const maps = elementwiseMaps(wiring, learned);
    const sites = activationSites(wiring, maps);
    for (const node of candidates) {
      const input = node.inputs.find((value) => wiring.isData(value)) ?? '';
      const isLearned =
        node.operator === 'Mul'
          ? isPlain(maps.get(input)) && endsBranch(wiring, branches, node.outputs[0])
          : scalarOf(wiring, node, areNodes) === 0 ||
            (deep.has(input) &&
              isAlone(wiring, layerOf, node, input) &&
              isPlain(maps.get(input)) &&
              !becomesNamed(wiring, maps, sites, node.outputs[0]));
      if (isLearned) learned.add(node);
    }
  }
  return learned;
}

/** Whether a value goes on to an activation with a name without leaving the elementwise function it is in. */
function becomesNamed(
  wiring: Wiring,
  maps: ReadonlyMap<string, ElementwiseMap>,
  sites: ReadonlyMap<string, ActivationSite>,
  value: string,
): boolean {
  const source = maps.get(value)?.source;
  const open = [value];
  const seen = new Set<string>();
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name) || maps.get(name)?.source !== source) continue;
    seen.add(name);
    const site = sites.get(name);
    if (site !== undefined && site.name !== 'custom') return true;
    open.push(...usesOf(wiring, name).map(({ node }) => node.outputs[0] ?? ''));
  }
  return false;
}

/** Whether a file has its numbers in `Constant` nodes, so that its initializers are parameters. */
export function keepsNumbersInNodes(graph: Graph): boolean {
  const constants = [...graph.constants.values()];
  return (
    constants.some(({ source }) => source === 'constant') &&
    constants.some(
      ({ source, dtype, shape }) => source === 'initializer' && isFloat(dtype) && sizeOf(shape) > 1,
    )
  );
}

/** The stored scalar that an `Add` or `Mul` applies to a signal, if it could be learned. */
function scalarOf(wiring: Wiring, node: Node, areNodes: boolean): number | null {
  if ((node.operator !== 'Add' && node.operator !== 'Mul') || node.domain !== '') return null;
  const stored = node.inputs.find((value) => !wiring.isData(value));
  const constant = storedBehind(wiring, stored);
  if (constant === undefined || !isFloat(constant.dtype) || sizeOf(constant.shape) !== 1) {
    return null;
  }
  const value = storedScalar(wiring, stored);
  return couldBeLearned(constant, areNodes, value) ? value : null;
}

function couldBeLearned(constant: Constant, areNodes: boolean, value: number | null): boolean {
  if (areNodes) return constant.source === 'initializer';
  return constant.shape.length > 0 || value === 0;
}

/** A function that stands by itself: affine, or an activation with a name. */
function isPlain(map: ElementwiseMap | undefined): boolean {
  return map === undefined || isAffine(map.samples) || nameOf(map.samples) !== 'custom';
}

/** Whether the sum is all that is made of a value, or feeds nothing but layers. */
function isAlone(
  wiring: Wiring,
  layerOf: ReadonlyMap<Node, Layer>,
  node: Node,
  input: string,
): boolean {
  if (usesOf(wiring, input).length === 1) return true;
  const uses = usesOf(wiring, node.outputs[0]);
  return uses.length > 0 && uses.every((use) => layerOf.has(use.node));
}

/** Whether a value reaches a residual sum as its branch through nothing but moves and shifts. */
export function endsBranch(wiring: Wiring, branches: ReadonlySet<string>, value: string): boolean {
  let current = value;
  for (let steps = 0; steps < 6; steps++) {
    if (branches.has(current)) return true;
    const uses = usesOf(wiring, current);
    if (uses.length !== 1 || uses[0].node.outputs[0] === undefined) return false;
    const { node, slot } = uses[0];
    const isShift = node.operator === 'Add' && !wiring.isData(node.inputs[1 - slot] ?? '');
    if (!COPIES.has(node.operator) && !isShift) return false;
    current = node.outputs[0];
  }
  return false;
}

/** Values that a layer or a lookup in a stored table has a part in. */
export function behindLayers(wiring: Wiring, layerOf: ReadonlyMap<Node, Layer>): Set<string> {
  const deep = new Set<string>();
  for (const node of wiring.graph.nodes) {
    const isLookup = node.operator === 'Gather' && wiring.graph.constants.has(node.inputs[0] ?? '');
    const isFed = node.inputs.some((input) => deep.has(input));
    if (!layerOf.has(node) && !isFed && !isLookup) continue;
    for (const output of node.outputs) deep.add(output);
  }
  return deep;
}
