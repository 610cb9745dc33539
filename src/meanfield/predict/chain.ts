import type { Nonlinearity } from '../../activation/index.ts';
import type { Graph, Node } from '../../graph/index.ts';
import type { Network } from '../../network/index.ts';
import type { ChainLayer } from '../spectrum/chain-spectrum.ts';
import { countOf } from './axes.ts';
import type { Laws } from './prediction.ts';
import { completed, inputState } from './predict.ts';
import { ruleOf } from './rules.ts';
import type { Pull, Signal, State } from './state.ts';
import type { Transfer } from './transfer.ts';
import { storedValues, walkGraph } from './walk.ts';

/** The layers between two values of a graph, for the law of the Jacobian from one to the other. */
export interface JacobianChain {
  /** In their order, the first behind the value that it begins at. */
  readonly layers: readonly ChainLayer[];
  /** Units of every layer. */
  readonly width: number;
  /** Positions, on each of which the same matrices act. */
  readonly places: number;
}

/** Between which values, and what flows in. */
export interface ChainOptions {
  readonly from: string;
  readonly to: string;
  /** Second moment of the input; 1 if not given. */
  readonly q?: number;
}

/** One factor of the Jacobian. */
type Factor =
  | {
      readonly kind: 'weights';
      readonly sigmaW2: number;
      readonly isOrthogonal: boolean;
      /** Second moment of what comes out. */
      readonly q: number;
    }
  | { readonly kind: 'slopes'; readonly phi: Nonlinearity; readonly q: number };

const IDENTITY: Nonlinearity = {
  name: 'identity',
  f: (x) => x,
  df: () => 1,
  breakpoints: [],
  homogeneous: true,
  odd: true,
};

const LAYERS = new Set(['Conv', 'FusedMatMul', 'Gemm', 'MatMul']);

const MOVES = new Set(['Flatten', 'Identity', 'Reshape', 'Squeeze', 'Transpose', 'Unsqueeze']);

/**
 * The chain of layers from one value to another: square dense layers, or convolutions whose kernels are zero but for an
 * orthogonal centre, each with a function of its outputs. Where the path is anything else, why not, in a clause.
 */
export function jacobianChain(
  graph: Graph,
  network: Network,
  laws: Laws,
  { from, to, q = 1 }: ChainOptions,
): JacobianChain | string {
  const inputs = new Map(graph.inputs.map((input) => [input.name, inputState(graph, input, q, 0)]));
  const all = completed(graph, laws);
  const states = walkGraph(graph, network, all, inputs, ruleOf);
  const producers = new Map(
    graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
  );
  const stored = storedValues(graph);
  const start = signalAt(states, from);
  if (typeof start === 'string') return start;
  const width = countOf(start.axes, ['unit']);
  if (width === null) return `how many units \`${from}\` has is not known`;
  const factors: Factor[] = [];
  let at = to;
  for (;;) {
    if (at === from) break;
    const state = signalAt(states, at);
    if (typeof state === 'string') return state;
    if (countOf(state.axes, ['unit']) !== width) {
      return `\`${at}\` has ${countOf(state.axes, ['unit'])} units and \`${from}\` ${width}`;
    }
    const { source, transfer } = state;
    if (source.value !== at) {
      // A function of a source, or of a value between that is the same source.
      const between = signalAt(states, from);
      if (typeof between !== 'string' && between.source === source && source.value !== from) {
        return `\`${from}\` and \`${at}\` are functions of the same \`${source.value}\``;
      }
      const { affine } = transfer;
      if (affine !== null) {
        // A factor is a multiple of the identity.
        const sigmaW2 = affine[0] ** 2;
        const out = sigmaW2 * source.moments.q;
        if (sigmaW2 !== 1) factors.push({ kind: 'weights', sigmaW2, isOrthogonal: true, q: out });
        at = source.value;
        continue;
      }
      if (!source.isGaussian) return `\`${source.value}\` is not Gaussian`;
      if (Math.abs(source.moments.mean) > 1e-6 * Math.sqrt(source.moments.q)) {
        return `\`${source.value}\` has a mean`;
      }
      factors.push(slopesOf(transfer, source.moments.q, source.value));
      at = source.value;
      continue;
    }
    const node = producers.get(at);
    if (node === undefined) return `\`${to}\` is not made from \`${from}\` layer by layer`;
    const next = stepOf(network, all, node, at, states, (value) => stored.has(value));
    if (typeof next === 'string') return next;
    if (next.factor !== null) factors.push(next.factor);
    at = next.value;
  }
  if (factors.length === 0) return `\`${from}\` and \`${to}\` are the same`;
  return {
    layers: layersOf(factors.toReversed()),
    width,
    places: countOf(start.axes, ['place']) ?? 1,
  };
}

function signalAt(states: ReadonlyMap<string, State>, value: string): Signal | string {
  const state = states.get(value);
  if (state === undefined) return `there is no value \`${value}\``;
  if (state.kind === 'unknown') return state.reason;
  return state.kind === 'signal' ? state : `\`${value}\` is no signal`;
}

function slopesOf(transfer: Transfer, q: number, of: string): Factor {
  const { f, df, kinks, affine } = transfer;
  const isHomogeneous =
    affine === null && [-1, 1].every((x) => Math.abs(f(3 * x) - 3 * f(x)) < 1e-12);
  const phi: Nonlinearity = {
    name: `the function of ${of}`,
    f,
    df,
    breakpoints: kinks,
    homogeneous: affine !== null || (isHomogeneous && kinks.length === 1 && kinks[0] === 0),
    odd: false,
  };
  return { kind: 'slopes', phi, q };
}

const pullsOf = (state: State | undefined): readonly Pull[] =>
  state?.kind === 'signal' ? state.source.pulls : [];

/** One step back: the value before a node, and what the node multiplies by. */
function stepOf(
  network: Network,
  laws: Laws,
  node: Node,
  at: string,
  states: ReadonlyMap<string, State>,
  isStored: (value: string) => boolean,
): { readonly value: string; readonly factor: Factor | null } | string {
  const layer = network.layers.find(({ node: name }) => name === node.name);
  const state = states.get(at);
  const pulls = pullsOf(state);
  if (layer === undefined) {
    const moving = pulls.filter(({ to }) => states.get(to)?.kind === 'signal');
    // A bias is stored; what flows in or was computed is a path.
    const data = node.operator === 'Add' ? moving.filter(({ to }) => !isStored(to)) : moving;
    if ((node.operator === 'Add' || MOVES.has(node.operator)) && data.length === 1) {
      return { value: data[0].to, factor: null };
    }
    return `${node.operator} (${node.name}) is no layer of a chain`;
  }
  if (!LAYERS.has(node.operator)) return `${node.operator} (${node.name}) is no layer of a chain`;
  const [weight] = layer.parts;
  const infos = new Map(network.parameters.map((info) => [info.name, info]));
  const blocks = weight.pieces.flatMap(({ parameter }) => {
    const names = infos.get(parameter)?.blocks.map(({ name }) => name) ?? [];
    return (names.length === 0 ? [undefined] : names).map((block) => laws(parameter, block));
  });
  const [law] = blocks;
  if (law === null || law === undefined || blocks.length !== 1) {
    return `${node.operator} (${node.name}) has weights of several laws`;
  }
  if (law.caveat !== null) return `of ${node.operator} (${node.name}) ${law.caveat}`;
  const isImage = weight.shape.length > 2;
  const isDense = node.operator !== 'Conv' && !isImage;
  const strides = node.attributes['strides'];
  const isStill =
    node.operator === 'Conv' &&
    law.centre === true &&
    layer.groups === 1 &&
    (!Array.isArray(strides) || strides.every((stride) => Number(stride) === 1));
  if (!isDense && !isStill) return `${node.operator} (${node.name}) mixes positions`;
  if (!(law.variance > 0)) return `the weights of ${node.name} are zero`;
  const [pull] = pulls;
  if (pull === undefined) return `${node.operator} (${node.name}) is no layer of a chain`;
  return {
    value: pull.to,
    factor: {
      kind: 'weights',
      sigmaW2: pull.factor,
      isOrthogonal: law.isOrthogonal === true,
      q: state?.kind === 'signal' ? state.source.moments.q : 1,
    },
  };
}

/** Weights with the slopes behind them; what has no other half is a layer without it. */
function layersOf(factors: readonly Factor[]): readonly ChainLayer[] {
  return factors.flatMap((factor, i): readonly ChainLayer[] => {
    const [before, after] = [factors[i - 1], factors[i + 1]];
    if (factor.kind === 'slopes') {
      if (before?.kind === 'weights') return [];
      return [{ phi: factor.phi, q: factor.q, sigmaW2: 1, weights: 'orthogonal' }];
    }
    const { phi, q } = after?.kind === 'slopes' ? after : { phi: IDENTITY, q: factor.q };
    const weights = factor.isOrthogonal ? 'orthogonal' : 'gaussian';
    return [{ phi, q, sigmaW2: factor.sigmaW2, weights }];
  });
}
