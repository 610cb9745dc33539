import type { Node } from '../graph/index.ts';
import { extentsOf, inputsPerChannel, outputChannels, weightOf } from './channels.ts';
import type { ElementwiseMap } from './elementwise.ts';
import type { Layer } from './layer.ts';
import { signalOf } from './mirror-nodes.ts';
import { signalAt, type Signal, type Walk } from './mirror-signal.ts';
import { halfOf, pairsMadeBy, read, unpairable, wholeOf, type Pairs } from './pairs.ts';
import type { Mirror, Mirrors } from './parameter.ts';
import type { Wiring } from './wiring.ts';

/** A layer with what is known of the values around it. */
interface Found {
  readonly layer: Layer;
  readonly parameter: string;
  readonly before: { readonly pairs: Pairs; readonly each: number; readonly slope: number } | null;
  readonly behind: Pairs;
}

/**
 * Which weights have to be mirrored, over their inputs and over their outputs, so that the network looks
 * linear: behind an activation φ with `φ(x) - φ(-x) = slope · x` (ReLU and its leaky kin, GELU, SiLU,
 * softplus), a weight `[Ω, -Ω]` gives back what went in, if the channels come in pairs `x`, `-x`. They do
 * so behind a concatenation of `φ(x)` and `φ(-x)`, and behind a layer whose outputs are mirrored too. Pairs
 * are followed through pooling, flattening, sums and concatenations.
 * Reference: Balduzzi et al. 2017, arXiv:1702.08591
 */
export function findMirrors(
  wiring: Wiring,
  maps: ReadonlyMap<string, ElementwiseMap>,
  layerOf: ReadonlyMap<Node, Layer>,
): Mirrors {
  const walk: Walk = { wiring, maps, layerOf, signals: new Map() };
  const found: Found[] = [];
  let problem: string | null = null;
  let isAdditive = true;
  for (const node of wiring.graph.nodes) {
    const [output] = node.outputs;
    if (output === undefined || !wiring.isData(output)) continue;
    const layer = layerOf.get(node);
    if (layer === undefined) {
      isAdditive &&= !node.operator.endsWith('MaxPool');
      for (const name of node.outputs)
        if (name !== '') walk.signals.set(name, signalOf(walk, node));
      continue;
    }
    const taken = layerSignal(walk, layer);
    if (typeof taken === 'string') problem ??= taken;
    else found.push(taken.found);
    for (const name of node.outputs) {
      walk.signals.set(
        name,
        typeof taken === 'string' ? { kind: 'lost', sentence: taken } : taken.signal,
      );
    }
  }
  problem ??= oddLayer(found);
  if (problem !== null) return { layers: [], isAdditive, problem };
  const layers = found.map(mirrorOf);
  return { layers, isAdditive, problem: disagreement(layers) };
}

/** What a layer makes of its input; a sentence where it cannot be. */
function layerSignal(walk: Walk, layer: Layer): { found: Found; signal: Signal } | string {
  const { node } = layer;
  const operand = weightOf(layer);
  const input = signalAt(walk, layer.input);
  const where = `${node.name} (${node.operator})`;
  if (operand === null) return `every layer must be a product with one weight, got ${where}`;
  if (operand.view.pieces.length !== 1 || !operand.layout.includes('out')) {
    return `the weight of ${where} must be one stored tensor, got ${operand.view.pieces.length} parts`;
  }
  if (input.kind === 'lost') return input.sentence;
  const channels = outputChannels(walk.wiring, layer, operand, input.channels);
  const { outputs } = extentsOf(operand);
  const behind = pairsMadeBy(where, outputs);
  const signal: Signal = { kind: 'linear', channels, pairs: behind };
  const { parameter } = operand.view.pieces[0];
  if (input.kind === 'linear') {
    return { found: { layer, parameter, before: null, behind }, signal };
  }
  const each = inputsPerChannel(layer, operand, input.channels);
  if (each === null) return `${where} must read the channels of an activation apart, got a mixture`;
  read(input.pairs, where, extentsOf(operand).inputs / each);
  const inRow = input.channels.positions === 'before' ? 1 : each;
  const before = { pairs: input.pairs, each: inRow, slope: input.slope };
  return { found: { layer, parameter, before, behind }, signal };
}

/** What is wrong with the first pairs that are needed and cannot be. */
function oddLayer(found: readonly Found[]): string | null {
  for (const { before } of found) {
    const problem = before === null ? null : unpairable(before.pairs);
    if (problem !== null) return problem;
  }
  return null;
}

function mirrorOf({ layer, parameter, before, behind }: Found): Mirror {
  return {
    parameter,
    node: layer.node.name,
    halfIn: before === null ? null : halfOf(before.pairs) * before.each,
    halfOut: wholeOf(behind).isRead ? halfOf(behind) : null,
    slope: before?.slope ?? 1,
  };
}

/** Two uses of one weight have to mirror it alike. */
function disagreement(layers: readonly Mirror[]): string | null {
  const known = new Map<string, Mirror>();
  for (const layer of layers) {
    const other = known.get(layer.parameter);
    known.set(layer.parameter, layer);
    if (other === undefined) continue;
    const isAlike =
      other.halfIn === layer.halfIn &&
      other.halfOut === layer.halfOut &&
      other.slope === layer.slope;
    if (!isAlike) {
      return `${layer.parameter} must be mirrored alike in ${other.node} and ${layer.node}, which share it`;
    }
  }
  return null;
}
