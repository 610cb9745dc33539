import type { Node } from '../graph/index.ts';
import { isGate } from './branch-ends.ts';
import type { Landmarks } from './flow.ts';
import type { Layer } from './layer.ts';
import type { Branch } from './parameter.ts';
import { twins, type Residual } from './residual.ts';
import { rootsOf } from './roots.ts';
import { dataInputs } from './wiring.ts';

/** The layers of a branch by their place in it, and those that read something else than the stream. */
interface Found {
  readonly layers: readonly (readonly Layer[])[];
  /** Projections of attention that read a memory, as cross attention does. */
  readonly outer: readonly Layer[];
}

/**
 * The weights of every residual branch in their order; `projections` are the layers of attention. What a
 * gate is computed by only weighs what the branch carries and does not count.
 */
export function branchLayers(
  landmarks: Landmarks,
  residuals: readonly Residual[],
  projections: ReadonlySet<Layer>,
): Branch[] {
  const found = residuals.map((residual) => layersOf(landmarks, residual, projections));
  const memories = found.flatMap(({ outer }) => outer.map(({ input }) => input));
  const before = memories.length === 0 ? new Set<string>() : ancestors(landmarks, memories);
  return residuals.map(({ sum }, index): Branch => {
    const isBefore = sum.outputs.some((output) => before.has(output));
    return {
      layers: found[index].layers.map((step) => [
        ...new Set(step.flatMap((layer) => weightsOf(landmarks, layer))),
      ]),
      stack: memories.length === 0 ? null : isBefore ? 'encoder' : 'decoder',
      crosses: found[index].outer.length > 0,
    };
  });
}

function weightsOf({ wiring }: Landmarks, { operands }: Layer): string[] {
  const weights = operands.filter(({ layout }) => layout.length > 0);
  return weights.flatMap(({ value }) => rootsOf(wiring, value).map(({ parameter }) => parameter));
}

function layersOf(
  landmarks: Landmarks,
  { sum, branch, fork }: Residual,
  projections: ReadonlySet<Layer>,
): Found {
  const { wiring, layerOf } = landmarks;
  const depth = new Map<string, number>();
  for (const twin of twins(wiring.producer.get(fork), fork)) depth.set(twin, 0);
  const maker = wiring.producer.get(fork);
  const start = maker === undefined ? 0 : (wiring.order.get(maker) ?? -1) + 1;
  for (const node of wiring.graph.nodes.slice(start, wiring.order.get(sum))) {
    const depths = carriersOf(landmarks, node).flatMap((input) => depth.get(input) ?? []);
    if (depths.length === 0) continue;
    const own = Math.max(...depths) + (layerOf.has(node) ? 1 : 0);
    for (const output of node.outputs) if (output !== '') depth.set(output, own);
  }
  const steps: Layer[][] = [];
  const outer: Layer[] = [];
  for (const node of makersBehind(landmarks, branch, depth)) {
    const layer = layerOf.get(node);
    if (layer === undefined) continue;
    const place = depth.get(node.outputs[0]);
    if (place === undefined && !projections.has(layer)) continue;
    if (place === undefined) outer.push(layer);
    (steps[(place ?? 1) - 1] ??= []).push(layer);
  }
  return { layers: Array.from(steps, (step: Layer[] | undefined) => step ?? []), outer };
}

/** Steps back from a branch that lead away from what is computed from the stream. */
const ASIDE = 24;

/** The nodes that make a branch, from the fork and from beside it up to the next layer, in their order. */
function makersBehind(
  landmarks: Landmarks,
  branch: string,
  depth: ReadonlyMap<string, number>,
): Node[] {
  const { wiring, layerOf } = landmarks;
  const seen = new Set<string>();
  const nodes = new Set<Node>();
  const open = [{ value: branch, aside: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, aside } = next;
    const node = wiring.producer.get(value);
    const isFork = depth.get(value) === 0 && !isInside(landmarks, node, depth);
    if (seen.has(value) || node === undefined || isFork || aside > ASIDE) continue;
    seen.add(value);
    nodes.add(node);
    const isAside = !depth.has(value);
    if (isAside && layerOf.has(node)) continue;
    for (const input of carriersOf(landmarks, node)) {
      open.push({ value: input, aside: isAside ? aside + 1 : 0 });
    }
  }
  return [...nodes].sort((a, b) => (wiring.order.get(a) ?? 0) - (wiring.order.get(b) ?? 0));
}

/** Whether a node reads something of the branch, rather than making the fork itself. */
function isInside(
  landmarks: Landmarks,
  node: Node | undefined,
  depth: ReadonlyMap<string, number>,
): boolean {
  return node !== undefined && carriersOf(landmarks, node).some((input) => depth.has(input));
}

/** The inputs of a node that are signal and no gate of another one. */
function carriersOf(landmarks: Landmarks, node: Node): string[] {
  const inputs = dataInputs(landmarks.wiring, node);
  if (inputs.length < 2 || (node.operator !== 'Mul' && node.operator !== 'Div')) return inputs;
  const carrying = inputs.filter((input) => !isGate(landmarks, input));
  return carrying.length === 0 ? inputs : carrying;
}

function ancestors({ wiring }: Landmarks, values: readonly string[]): Set<string> {
  const found = new Set<string>();
  const open = [...values];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (found.has(value)) continue;
    found.add(value);
    const node = wiring.producer.get(value);
    if (node !== undefined) open.push(...dataInputs(wiring, node));
  }
  return found;
}
