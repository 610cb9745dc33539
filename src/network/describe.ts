import type { Graph, Node } from '../graph/index.ts';
import { isFloat } from '../tensor/index.ts';
import { withAttention, type Core } from './attention.ts';
import { branchEnds } from './branch-ends.ts';
import { branchLayers } from './branch-layers.ts';
import { nodeClaims, operandClaims, type Claim } from './claims.ts';
import { elementwiseMaps } from './elementwise.ts';
import { cellActivation, following, preceding, type Landmarks } from './flow.ts';
import { wireSignal } from './latents.ts';
import type { Layer } from './layer.ts';
import { findLayers } from './layers.ts';
import { findLinks } from './links.ts';
import { mergeClaims, mergeParameters } from './merge.ts';
import { findMirrors } from './mirrors.ts';
import { isNormalisation } from './norms.ts';
import type { Attention, BranchEnd, Network, ParameterInfo } from './parameter.ts';
import { layerParts } from './parts.ts';
import { layerPositions } from './positions.ts';
import { findResiduals } from './residual.ts';
import { rootsOf } from './roots.ts';
import { behindLayers, keepsNumbersInNodes, learnedScalars } from './scalars.ts';
import { activationSites, gaussianMoment } from './sites.ts';

/**
 * Says what every stored float tensor of a graph is: role, true fans, the activations around it,
 * where it stands in residual branches. Bodies of `If`, `Loop` and `Scan` are described as graphs of
 * their own, with what the graph around them has stored.
 */
export function describeNetwork(graph: Graph): Network {
  const wiring = wireSignal(graph);
  const { layers, problems } = findLayers(wiring);
  const layerOf = new Map(layers.map((layer) => [layer.node, layer]));
  const layerAt = new Map(layers.map((layer) => [layer.output, layer]));
  const residuals = findResiduals(wiring, layerOf);
  const branches = new Set(residuals.map((residual) => residual.branch));
  const learned = behindLayers(wiring, layerOf);
  const scalars = learnedScalars(wiring, layerOf, branches, learned);
  const maps = elementwiseMaps(wiring, scalars);
  const sites = activationSites(wiring, maps);
  const activationFrom = new Map<string, string>();
  for (const site of sites.values()) {
    const known = activationFrom.get(site.source);
    if (known === undefined || known === 'sigmoid') activationFrom.set(site.source, site.name);
  }
  const landmarks: Landmarks = { wiring, sites, activationFrom, layerOf, layerAt };
  const sums = new Set(residuals.map((residual) => residual.sum));
  const attention = withAttention({ wiring, layerOf, layerAt, sums }, layers);
  const numbersInNodes = keepsNumbersInNodes(graph);

  const claims: Claim[] = [];
  for (const node of graph.nodes) {
    if (!node.outputs.some((output) => wiring.isData(output))) continue;
    const layer = layerOf.get(node);
    if (layer !== undefined)
      claims.push(...operandClaims(wiring, layer, attention.operands.get(layer)));
    const context = { branches, scalars, numbersInNodes, learned };
    claims.push(...nodeClaims(landmarks, context, node, problems.get(node) ?? null));
  }

  const ends = branchEnds(landmarks, residuals, claims);
  const bodies = graph.nodes.flatMap((node) =>
    bodiesOf(node).map((body) => ({ node, network: describeBody(graph, wiring.isData, body) })),
  );
  const inner = bodies.map(({ network }) => network);
  const positions = layerPositions(wiring, depthsOf(layers, bodies));
  const parameters = mergeClaims(graph, claims).map(({ claim, uses }) =>
    describeParameter(landmarks, claim, uses, ends.get(claim.parameter) ?? null, positions.of),
  );
  const all = mergeParameters([
    parameters,
    ...bodies.map(({ node, network }) =>
      network.parameters.map((info) => ({
        ...info,
        position: positions.inside(node, info.position),
      })),
    ),
  ]);
  return {
    parameters: withUnused(graph, all),
    links: findLinks(landmarks, layers, positions.of),
    mirrors: findMirrors(wiring, maps, layerOf),
    depth: positions.depth,
    branches: inner.reduce((sum, network) => sum + network.branches, residuals.length),
    residuals: [
      ...branchLayers(landmarks, residuals, new Set(attention.operands.keys())),
      ...inner.flatMap((network) => network.residuals),
    ],
    attentions: [
      ...attention.cores.map((core) => namesAround(wiring, core)),
      ...inner.flatMap((network) => network.attentions),
    ],
    normalised:
      graph.nodes.some((node) => isNormalisation(wiring, node)) ||
      inner.some((network) => network.normalised),
    activations: [
      ...new Set([
        ...activationsOf(graph, sites),
        ...inner.flatMap((network) => network.activations),
      ]),
    ],
    layers: [
      ...layerParts(wiring, layerOf, attention.operands, claims),
      ...inner.flatMap((network) => network.layers),
    ],
    stored: [...new Set([...graph.constants.keys(), ...inner.flatMap(({ stored }) => stored)])],
  };
}

function namesAround(wiring: Landmarks['wiring'], core: Core): Attention {
  const nameOf = (layer: Layer | null): string | null => {
    const roots = layer === null ? [] : rootsOf(wiring, layer.operands[0].value);
    return roots.length === 1 ? roots[0].parameter : null;
  };
  return {
    query: nameOf(core.query),
    key: nameOf(core.key),
    value: nameOf(core.value),
    output: nameOf(core.output),
    heads: core.heads,
  };
}

/** How many layers in a row each node stands for. */
function depthsOf(
  layers: readonly Layer[],
  bodies: readonly { readonly node: Node; readonly network: Network }[],
): (node: Node) => number {
  const depths = new Map<Node, number>(layers.map((layer) => [layer.node, 1]));
  for (const { node, network } of bodies) {
    depths.set(node, Math.max(depths.get(node) ?? 0, network.depth));
  }
  return (node) => depths.get(node) ?? 0;
}

/** Names of the activations, those inside recurrent cells included. */
function activationsOf(graph: Graph, sites: Landmarks['sites']): string[] {
  const cells = graph.nodes.map(cellActivation).filter((name) => name !== null);
  return [...[...sites.values()].map((site) => site.name), ...cells];
}

function bodiesOf(node: Node): Graph[] {
  return Object.values(node.attributes).flatMap((value) =>
    typeof value === 'object' && 'nodes' in value ? [value] : [],
  );
}

/** A body also reads what the graph around it has stored, and what that makes of it without data. */
function describeBody(outer: Graph, isData: (value: string) => boolean, body: Graph): Network {
  const still = outer.nodes.filter(
    (node) => node.outputs.every((output) => !isData(output)) && bodiesOf(node).length === 0,
  );
  const network = describeNetwork({
    ...body,
    nodes: [...still, ...body.nodes],
    constants: new Map([...outer.constants, ...body.constants]),
  });
  return { ...network, parameters: network.parameters.filter(({ uses }) => uses > 0) };
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
