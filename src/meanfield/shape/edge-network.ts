import { activation, type Nonlinearity } from '../../activation/index.ts';
import type { Network, ParameterInfo } from '../../network/index.ts';
import type { Laws } from '../predict/prediction.ts';
import type { Variances } from '../variances.ts';
import { edgeOfChaos, type EdgeLayer, type EdgeOptions } from './edge.ts';

/** What becomes of one stored weight, and of the bias beside it. */
export interface WeightChange {
  readonly weight: string;
  readonly bias: string | null;
  /** What its elements are to be multiplied by. */
  readonly weightFactor: number;
  readonly biasFactor: number;
  readonly before: Variances;
  readonly after: Variances;
}

/** The smallest change of all weights of a chain that puts it on the edge of chaos. */
export interface NetworkEdge {
  /** The weights in the order of their use, those that stay as they are included. */
  readonly changes: readonly WeightChange[];
  /** The second moment that every pre-activation then has, `null` where every one is held. */
  readonly qStar: number | null;
  /** `Σ ln²` of all factors of the hidden layers, what was made least. */
  readonly distance: number;
  readonly stable: boolean;
  readonly notes: readonly string[];
}

/** What to know besides the laws. */
export interface NetworkEdgeOptions extends EdgeOptions {
  /** Second moment of the inputs; 1 if not given. */
  readonly inputMoment?: number;
}

const WEIGHTS: ReadonlySet<string> = new Set([
  'dense',
  'conv',
  'grouped_conv',
  'depthwise_conv',
  'transposed_conv',
]);

/**
 * What to multiply every weight and bias of a chain of layers by so that each layer fed by an activation has
 * `χ₁ = 1` at one common q*, with the least `Σ ln²` of the factors. The first layer is scaled so that it
 * makes q*; the last layer and layers before a normalisation stay as they are. Pooling is not counted.
 *
 * `RangeError` for residual branches, attention and recurrent layers, for a law that is not known, and where
 * no such q* exists.
 * Reference: Schoenholz et al. 2017, eq. 5, arXiv:1611.01232
 */
export function networkEdge(
  network: Network,
  laws: Laws,
  options: NetworkEdgeOptions = {},
): NetworkEdge {
  const { inputMoment = 1 } = options;
  if (!(inputMoment > 0 && Number.isFinite(inputMoment))) {
    throw new RangeError(
      `networkEdge: inputMoment must be positive and finite, got ${inputMoment}`,
    );
  }
  checkChain(network);
  const layers = layersOf(network, laws);
  const hidden = layers.filter(isConstrained);
  const edge = edgeOfChaos(
    hidden.map(({ phi, before }): EdgeLayer => ({ phi: phi!, ...before })),
    options,
  );
  const notes: string[] = [];
  const changes = layers.map((layer): WeightChange => {
    const { info, bias, before } = layer;
    const index = hidden.indexOf(layer);
    if (index >= 0) {
      const { weightFactor, biasFactor, sigmaW2, sigmaB2 } = edge.layers[index];
      const after = { sigmaW2, sigmaB2 };
      return { weight: info.name, bias, weightFactor, biasFactor, before, after };
    }
    const isFirst = info.position === 'first' && !info.normalised;
    const after = isFirst ? firstAfter(layer, edge.qStar, inputMoment, notes) : before;
    const weightFactor = after === before ? 1 : Math.sqrt(after.sigmaW2 / before.sigmaW2);
    return { weight: info.name, bias, weightFactor, biasFactor: 1, before, after };
  });
  const { qStar, distance, stable } = edge;
  if (!stable) {
    notes.push(
      `q* = ${short(qStar ?? 0)} is not stable: second moments leave it; with other biases it may be.`,
    );
  }
  return { changes, qStar, distance, stable, notes };
}

/** The variances with which the first layer makes q*, or those that it has. */
function firstAfter(
  { info, before }: ChainLayer,
  qStar: number | null,
  inputMoment: number,
  notes: string[],
): Variances {
  const { sigmaW2, sigmaB2 } = before;
  const made = inputMoment * sigmaW2 + sigmaB2;
  if (qStar === null) {
    notes.push(`Every second moment is held: the one that ${info.name} makes is ${short(made)}.`);
    return before;
  }
  if (qStar <= sigmaB2 || sigmaW2 === 0) {
    notes.push(
      `${info.name} cannot make q* = ${short(qStar)}, so it stays: second moments start at ` +
        `${short(made)}${qStar === 0 ? ' and fall no faster than 1 / depth' : ''}.`,
    );
    return before;
  }
  return { sigmaW2: (qStar - sigmaB2) / inputMoment, sigmaB2 };
}

interface ChainLayer {
  readonly info: ParameterInfo;
  readonly bias: string | null;
  readonly phi: Nonlinearity | null;
  readonly before: Variances;
}

/** A layer between two activations whose scale matters. */
const isConstrained = ({ info, phi }: ChainLayer): boolean =>
  phi !== null && !info.normalised && info.followedBy !== null && info.position !== 'head';

function checkChain(network: Network): void {
  if (network.branches > 0) {
    throw new RangeError(
      `networkEdge: the network must be a chain, got ${network.branches} residual branches; whatever ` +
        `the weights, x + f(x) multiplies gradients by more than 1 unless f ends in zeros: weight the ` +
        `sums, as w x + √(1 - w²) f(x), and shape the activations, or let the branches start at zero`,
    );
  }
  if (network.attentions.length > 0) {
    throw new RangeError(
      'networkEdge: the network must be a chain of layers, got one with attention',
    );
  }
  const cell = network.parameters.find(({ role }) => role.startsWith('recurrent_'));
  if (cell !== undefined) {
    throw new RangeError(
      `networkEdge: the network must be a chain of layers, got the recurrent weight ${cell.name}`,
    );
  }
}

function layersOf(network: Network, laws: Laws): ChainLayer[] {
  const biases = new Map<string, string>();
  for (const { parts } of network.layers) {
    const names = parts.map(({ role, pieces }) => ({ role, name: pieces[0]?.parameter ?? '' }));
    const bias = names.find(({ role }) => role === 'bias');
    if (bias !== undefined) biases.set(names[0].name, bias.name);
  }
  const known = new Map<string, Nonlinearity>();
  const phiOf = ({ name, precededBy }: ParameterInfo): Nonlinearity => {
    if (precededBy === null || precededBy === 'custom') {
      throw new RangeError(
        `networkEdge: activations must have a name here, got an unknown one in front of ${name}`,
      );
    }
    const phi = known.get(precededBy) ?? activation(precededBy);
    known.set(precededBy, phi);
    return phi;
  };
  return network.parameters
    .filter(({ role }) => WEIGHTS.has(role))
    .map((info): ChainLayer => {
      const bias = biases.get(info.name) ?? null;
      const sigmaW2 = momentOf(laws, info.name) * (info.fanIn ?? 1);
      const sigmaB2 = bias === null ? 0 : momentOf(laws, bias);
      const isFed = info.fedBy === 'activation' && info.precededBy !== null;
      return { info, bias, phi: isFed ? phiOf(info) : null, before: { sigmaW2, sigmaB2 } };
    });
}

function momentOf(laws: Laws, name: string): number {
  const law = laws(name);
  if (law === null) {
    throw new RangeError(
      `networkEdge: the law of every weight and bias must be known, got none of ${name}`,
    );
  }
  return law.variance + law.mean ** 2;
}

const short = (x: number): string => String(Number(x.toPrecision(5)));
