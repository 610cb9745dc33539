import type { Node } from '../graph/index.ts';
import type { ActivationSite } from './sites.ts';
import type { Layer } from './layer.ts';
import { isNormalisation } from './norms.ts';
import { summands } from './residual.ts';
import { usesOf, type Wiring } from './wiring.ts';

/** Everything found so far that a walk along the edges has to know. */
export interface Landmarks {
  readonly wiring: Wiring;
  /** Activations by the value they make. */
  readonly sites: ReadonlyMap<string, ActivationSite>;
  /** The activation that a value goes into; of several the one that is no gate. */
  readonly activationFrom: ReadonlyMap<string, string>;
  /** Layers by their output, after the bias. */
  readonly layerAt: ReadonlyMap<string, Layer>;
  readonly layerOf: ReadonlyMap<Node, Layer>;
}

/** What a layer feeds: the first activation after it, and whether a normalisation stands before that. */
export interface Following {
  readonly activation: string | null;
  readonly normalised: boolean;
}

/** Operators at which a walk ends: they mix values in a way that no single activation describes. */
const ENDS = new Set(['Softmax', 'LogSoftmax', 'Hardmax', 'ArgMax', 'TopK', 'If', 'Loop', 'Scan']);

/** Recurrent cells apply their own activations. */
const CELLS: Readonly<Record<string, string>> = { LSTM: 'tanh', GRU: 'tanh', RNN: 'tanh' };

/** Own activation of a recurrent layer's output; an RNN may name another than tanh. */
export function cellActivation(node: Node): string | null {
  const fallback = CELLS[node.operator];
  if (fallback === undefined) return null;
  const named = node.attributes['activations'];
  if (node.operator !== 'RNN' || !Array.isArray(named) || typeof named[0] !== 'string')
    return fallback;
  return named[0].toLowerCase();
}

/** A walk goes on over this many sums and products of two data values, and no further. */
const CROSSINGS = 2;

/** Walks forward from a layer to the first activation, stopping at other layers. */
export function following(landmarks: Landmarks, layer: Layer): Following {
  const { wiring, activationFrom, layerOf } = landmarks;
  const own = cellActivation(layer.node);
  if (own !== null) return { activation: own, normalised: false };
  const seen = new Set<string>();
  let frontier = [{ value: layer.output, crossings: 0 }];
  let normalised = false;
  while (frontier.length > 0) {
    const next: typeof frontier = [];
    for (const { value, crossings } of frontier) {
      if (seen.has(value)) continue;
      seen.add(value);
      const name = activationFrom.get(value);
      if (name !== undefined) return { activation: name, normalised };
      for (const { node } of usesOf(wiring, value)) {
        const output = node.outputs[0];
        if (layerOf.has(node) || ENDS.has(node.operator) || output === undefined) continue;
        const isNorm = isNormalisation(wiring, node) && summands(node).length === 0;
        const isMixed = !isNorm && mixes(wiring, node);
        if (isMixed && (crossings === CROSSINGS || node.operator === 'MatMul')) continue;
        normalised ||= isNorm && crossings === 0;
        next.push({ value: output, crossings: crossings + (isMixed ? 1 : 0) });
      }
    }
    frontier = next;
  }
  return { activation: null, normalised };
}

/** Whether a node puts two data values together, other than a value and its own mean. */
function mixes(wiring: Wiring, node: Node): boolean {
  const data = node.inputs.filter((input) => wiring.isData(input));
  const isMean = (input: string): boolean =>
    wiring.producer.get(input)?.operator.startsWith('Reduce') === true;
  return data.length > 1 && !data.some(isMean);
}

/** What feeds a layer. */
export interface Preceding {
  readonly activation: string | null;
  readonly samples: Float64Array | null;
  /** Where the walk ended: what the layer's input is made by. */
  readonly origin: 'activation' | 'layer' | 'norm' | 'input' | 'other';
}

/** Walks back from a layer's input to the activation that made it, stopping at other layers and norms. */
export function preceding(landmarks: Landmarks, layer: Layer): Preceding {
  return originOf(landmarks, layer.input, 0);
}

function originOf(landmarks: Landmarks, value: string, crossings: number): Preceding {
  const { wiring, sites, layerAt, layerOf } = landmarks;
  const none = { activation: null, samples: null };
  let current = value;
  for (;;) {
    const site = sites.get(current);
    if (site !== undefined) {
      return { activation: site.name, samples: site.samples, origin: 'activation' };
    }
    const node = wiring.producer.get(current);
    if (node === undefined) return { ...none, origin: 'input' };
    const cell = cellActivation(node);
    if (cell !== null) return { activation: cell, samples: null, origin: 'activation' };
    if (layerAt.has(current) || layerOf.has(node)) return { ...none, origin: 'layer' };
    if (isNormalisation(wiring, node)) return { ...none, origin: 'norm' };
    if (ENDS.has(node.operator)) return { ...none, origin: 'other' };
    const data = node.inputs.filter((input) => wiring.isData(input));
    if (node.operator === 'MatMul' && data.length > 1) return { ...none, origin: 'other' };
    if (data.length === 0) return { ...none, origin: 'input' };
    if (data.length === 1 || node.operator === 'Gather' || node.operator === 'Reshape') {
      current = data[0];
      continue;
    }
    if (crossings === CROSSINGS) return { ...none, origin: 'other' };
    const origins = data.map((input) => originOf(landmarks, input, crossings + 1));
    return best(origins) ?? { ...none, origin: 'other' };
  }
}

/** A gate multiplies what another branch computes: its sigmoid is not what feeds the next layer. */
const GATES = new Set(['sigmoid', 'hard_sigmoid']);

function best(origins: readonly Preceding[]): Preceding | undefined {
  const isGate = (name: string | null): boolean => GATES.has(name?.split(':')[0] ?? '');
  return (
    origins.find((origin) => origin.activation !== null && !isGate(origin.activation)) ??
    origins.find((origin) => origin.origin === 'layer' || origin.origin === 'norm') ??
    origins.find((origin) => origin.activation !== null) ??
    origins.find((origin) => origin.origin === 'input')
  );
}
