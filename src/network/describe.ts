import type { Graph, Node } from '../graph/index.ts';
import { isFloat } from '../tensor/index.ts';
import { attentionRoles, type AttentionRoles } from './attention.ts';
import { nodeClaims, operandClaims, packedBlocks, type Claim } from './claims.ts';
import { activationSites, elementwiseMaps, gaussianMoment } from './elementwise.ts';
import { cellActivation, following, preceding, type Landmarks } from './flow.ts';
import type { Layer } from './layer.ts';
import { findLayers } from './layers.ts';
import { isNormalisation, NORM_SLOTS } from './norms.ts';
import type { BranchEnd, Network, ParameterInfo, Role } from './parameter.ts';
import { findResiduals, type Residual } from './residual.ts';
import { rootsOf } from './roots.ts';
import { findLinks } from './links.ts';
import { wire, type Wiring } from './wiring.ts';

/**
 * Says what every stored float tensor of a graph is: role, true fans, the activations around it,
 * where it stands in residual branches. Bodies of `If`, `Loop` and `Scan` are described as graphs of
 * their own.
 */
export function describeNetwork(graph: Graph): Network {
  const wiring = wire(graph);
  const { layers, problems } = findLayers(wiring);
  const layerOf = new Map(layers.map((layer) => [layer.node, layer]));
  const layerAt = new Map(layers.map((layer) => [layer.output, layer]));
  const residuals = findResiduals(wiring, layerOf);
  const branches = new Set(residuals.map((residual) => residual.branch));
  const sites = activationSites(wiring, elementwiseMaps(wiring, branches));
  const activationFrom = new Map<string, string>();
  for (const site of sites.values()) {
    const known = activationFrom.get(site.source);
    if (known === undefined || known === 'sigmoid') activationFrom.set(site.source, site.name);
  }
  const landmarks: Landmarks = { wiring, sites, activationFrom, layerOf, layerAt };
  const attention = attentionRoles(wiring, layerOf, layerAt);

  const claims: Claim[] = [];
  for (const node of graph.nodes) {
    if (!node.outputs.some((output) => wiring.isData(output))) continue;
    const layer = layerOf.get(node);
    if (layer !== undefined) {
      for (const claim of operandClaims(wiring, layer)) {
        claims.push(withAttention(wiring, attention, claim));
      }
    }
    claims.push(...nodeClaims(landmarks, { branches }, node, problems.get(node) ?? null));
  }

  const ends = branchEnds(wiring, residuals, layerOf, layerAt, claims);
  const positions = layerPositions(wiring, layerOf);
  const parameters = mergeClaims(graph, claims).map(({ claim, uses }) =>
    describeParameter(landmarks, claim, uses, ends.get(claim.parameter) ?? null, positions.of),
  );
  const inner = graph.nodes.flatMap((node) =>
    bodiesOf(node).map((body) => describeBody(graph, body)),
  );
  return {
    parameters: withUnused(graph, [
      ...parameters,
      ...inner.flatMap((network) => network.parameters),
    ]),
    links: findLinks(landmarks, layers, positions.of),
    depth: Math.max(positions.depth, ...inner.map((network) => network.depth)),
    branches: residuals.length,
    normalised: graph.nodes.some((node) => isNormalisation(wiring, node)),
    activations: activationsOf(graph, sites),
  };
}

/** Names of the activations, those inside recurrent cells included. */
function activationsOf(graph: Graph, sites: Landmarks['sites']): string[] {
  const cells = graph.nodes.map(cellActivation).filter((name) => name !== null);
  return [...new Set([...[...sites.values()].map((site) => site.name), ...cells])];
}

function bodiesOf(node: Node): Graph[] {
  return Object.values(node.attributes).flatMap((value) =>
    typeof value === 'object' && 'nodes' in value ? [value] : [],
  );
}

/** A body also reads the stored tensors of the graph around it. */
function describeBody(outer: Graph, body: Graph): Network {
  const network = describeNetwork({
    ...body,
    constants: new Map([...outer.constants, ...body.constants]),
  });
  return { ...network, parameters: network.parameters.filter(({ uses }) => uses > 0) };
}

function withAttention(wiring: Wiring, attention: AttentionRoles, claim: Claim): Claim {
  const role = claim.layer === null ? undefined : attention.get(claim.layer);
  if (role === undefined) return claim;
  const shape = wiring.graph.constants.get(claim.parameter)?.shape ?? [];
  if (role !== 'attention_packed') return { ...claim, role };
  const names = ['query', 'key', 'value'];
  const blocks = packedBlocks(wiring, claim, shape, names);
  return { ...claim, role, blocks, fanOut: blocks[0]?.fanOut ?? claim.fanOut };
}

/** A role that says what to do weighs more than one that says to leave the tensor alone. */
const weak = (role: Role): boolean => role === 'constant' || role === 'unknown';

function mergeClaims(graph: Graph, claims: readonly Claim[]): { claim: Claim; uses: number }[] {
  const merged = new Map<string, { claim: Claim; uses: number }>();
  for (const claim of claims) {
    const known = merged.get(claim.parameter);
    const constant = graph.constants.get(claim.parameter);
    if (constant === undefined || !isFloat(constant.dtype)) continue;
    if (known === undefined) merged.set(claim.parameter, { claim, uses: 1 });
    else {
      const isBetter = weak(known.claim.role) && !weak(claim.role);
      merged.set(claim.parameter, { claim: isBetter ? claim : known.claim, uses: known.uses + 1 });
    }
  }
  return [...merged.values()];
}

function describeParameter(
  landmarks: Landmarks,
  claim: Claim,
  uses: number,
  branchEnd: BranchEnd | null,
  positionOf: (layer: Layer) => 'first' | 'hidden' | 'head',
): ParameterInfo {
  const constant = landmarks.wiring.graph.constants.get(claim.parameter);
  const { layer } = claim;
  const isWeight =
    layer !== null && claim.role !== 'recurrent_bias' && claim.role !== 'initial_state';
  const next = isWeight ? following(landmarks, layer) : null;
  const isHidden = claim.role === 'recurrent_hidden';
  const before = isWeight && !isHidden ? preceding(landmarks, layer) : null;
  return {
    name: claim.parameter,
    shape: constant?.shape ?? [],
    dtype: constant?.dtype ?? 'float32',
    role: claim.role,
    node: claim.node.name,
    operator: claim.node.operator,
    uses,
    layout: claim.layout,
    groups: claim.groups,
    fanIn: claim.fanIn,
    fanOut: claim.fanOut,
    blocks: claim.blocks,
    precededBy: isHidden ? (next?.activation ?? null) : (before?.activation ?? null),
    precededMoment: before?.activation === 'custom' ? gaussianMoment(before.samples) : null,
    fedBy: isHidden ? 'activation' : (before?.origin ?? null),
    followedBy: next?.activation ?? null,
    normalised: next?.normalised ?? false,
    position: isWeight ? positionOf(layer) : null,
    branchEnd,
    problem: claim.problem,
  };
}

/** Which stored tensors stand last on a residual branch: the weight, and a scale that closes it. */
function branchEnds(
  wiring: Wiring,
  residuals: readonly Residual[],
  layerOf: ReadonlyMap<Node, Layer>,
  layerAt: ReadonlyMap<string, Layer>,
  claims: readonly Claim[],
): Map<string, BranchEnd> {
  const ends = new Map<string, BranchEnd>();
  const scales = new Map<Node, Claim>();
  for (const claim of claims) {
    if (claim.role === 'norm_scale' || claim.role === 'layer_scale') scales.set(claim.node, claim);
  }
  for (const [index, residual] of residuals.entries()) {
    const count = residuals.length;
    const last = residual.layers.at(-1);
    let current = residual.branch;
    let closing: Claim | undefined;
    for (let steps = 0; steps < 16 && closing === undefined; steps++) {
      const node = wiring.producer.get(current);
      if (node === undefined || layerOf.has(node) || layerAt.has(current)) break;
      closing = scales.get(node);
      const slot = NORM_SLOTS[node.operator] === undefined ? undefined : node.inputs[0];
      const next = slot ?? node.inputs.find((input) => wiring.isData(input));
      if (next === undefined) break;
      current = next;
    }
    const role = closing?.role;
    const closedBy = role === 'norm_scale' || role === 'layer_scale' ? role : null;
    if (closing !== undefined) ends.set(closing.parameter, { index, count, closedBy: null });
    for (const operand of last?.operands.slice(0, 1) ?? []) {
      for (const parameter of rootsOf(wiring, operand.value).roots) {
        ends.set(parameter, { index, count, closedBy });
      }
    }
  }
  return ends;
}

/** Where layers stand: whether layers come before and after, and the longest chain of them. */
function layerPositions(
  wiring: Wiring,
  layerOf: ReadonlyMap<Node, Layer>,
): { of: (layer: Layer) => 'first' | 'hidden' | 'head'; depth: number } {
  const before = new Map<string, number>();
  const after = new Set<string>();
  let depth = 0;
  for (const node of wiring.graph.nodes) {
    let count = layerOf.has(node) ? 1 : 0;
    count += Math.max(0, ...node.inputs.map((input) => before.get(input) ?? 0));
    depth = Math.max(depth, count);
    for (const output of node.outputs) before.set(output, count);
  }
  for (const node of [...wiring.graph.nodes].reverse()) {
    const leads = layerOf.has(node) || node.outputs.some((output) => after.has(output));
    for (const input of node.inputs) if (leads) after.add(input);
  }
  const of = (layer: Layer): 'first' | 'hidden' | 'head' => {
    if (!layer.node.outputs.some((output) => after.has(output))) return 'head';
    return (before.get(layer.input) ?? 0) === 0 ? 'first' : 'hidden';
  };
  return { of, depth };
}

/** Adds the float tensors that nothing uses, so that every one is accounted for. */
function withUnused(graph: Graph, parameters: readonly ParameterInfo[]): ParameterInfo[] {
  const known = new Set(parameters.map((parameter) => parameter.name));
  const rest: ParameterInfo[] = [];
  const used = new Set(graph.nodes.flatMap((node) => node.inputs));
  for (const { name, shape, dtype } of graph.constants.values()) {
    if (known.has(name) || !isFloat(dtype)) continue;
    rest.push({
      name,
      shape,
      dtype,
      role: used.has(name) ? 'constant' : 'unused',
      node: null,
      operator: null,
      uses: 0,
      layout: [],
      groups: 1,
      fanIn: null,
      fanOut: null,
      blocks: [],
      precededBy: null,
      precededMoment: null,
      fedBy: null,
      followedBy: null,
      normalised: false,
      position: null,
      branchEnd: null,
      problem: null,
    });
  }
  return [...parameters, ...rest];
}
