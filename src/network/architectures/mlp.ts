import { builder, type Builder, type Graph } from '../../graph/index.ts';
import type { Architecture } from './architecture.ts';
import { batchNormInTraining, centredOverBatch, dense, scalar } from './parts.ts';
import { CRELU, phiOf, type Phi } from './phi.ts';
import { widthsOf } from './sizes.ts';
import { readWords, type ArchitectureText } from './text.ts';

const DEFAULTS = '784-512x10-10';

/** A multilayer perceptron: `mlp:784-512x10-10:relu` has ten hidden layers of 512. */
export const mlp: Architecture = {
  name: 'mlp',
  grammar:
    'mlp:INPUT-WIDTH[xCOUNT]-…-OUTPUT[:batchnorm|:centred][:residual[:BETA]][:ACTIVATION|:crelu]',
  description:
    'Dense layers with an activation after each but the last (relu if none is named). ' +
    'WIDTHxCOUNT is COUNT hidden layers of that width. Before each activation, batchnorm normalises ' +
    'over the batch, as networks in training do, and centred takes its mean away. residual adds what ' +
    'each hidden layer but the first computes, times BETA (1 if not given), to its input, ' +
    'x + BETA W φ(x), of one width; the last layer reads the sum. crelu is the concatenated rectifier ' +
    '[x₊; (-x)₊], behind which a layer has twice as many inputs. References: Balduzzi et al. 2017, ' +
    'arXiv:1702.08591; Shang et al. 2016, arXiv:1603.05201.',
  examples: [
    'mlp:784-512x10-10:relu',
    'mlp:784-300-100-10:tanh',
    'mlp:32-64x5-1:leaky_relu:0.2',
    'mlp:1-200x24-1:centred',
    'mlp:1-200x51-1:batchnorm:residual:0.1',
    'mlp:784-100x20-10:crelu',
  ],
  defaults: `mlp:${DEFAULTS}:relu`,
  build: (spec) => {
    const { beta, rest } = residualWord(spec);
    const words = readWords(rest, {
      flags: ['batchnorm', 'centred', 'residual', CRELU],
      activations: true,
    });
    const isNormalised = words.flags.has('batchnorm');
    if (isNormalised && words.flags.has('centred')) {
      throw new RangeError(`mlp: layers must be normalised or centred, got both in ${spec.text}`);
    }
    return denseStack(spec, DEFAULTS, {
      between: phiOf(spec, words, 'relu'),
      before: isNormalised
        ? batchNormInTraining
        : words.flags.has('centred')
          ? centredOverBatch
          : null,
      beta,
    });
  },
};

/** The β of `residual` or `residual:0.1`, and the text without it. */
function residualWord(spec: ArchitectureText): {
  readonly beta: number | null;
  readonly rest: ArchitectureText;
} {
  const isResidual = (word: string): boolean => word === 'residual' || word.startsWith('residual:');
  const found = spec.words.filter(isResidual);
  const rest = { ...spec, words: spec.words.filter((word) => !isResidual(word)) };
  if (found.length === 0) return { beta: null, rest };
  const number = found[0].slice('residual:'.length);
  const beta = number === '' ? 1 : Number(number);
  if (found.length > 1) {
    throw new RangeError(`mlp: residual must be given once, got ${spec.text}`);
  }
  if (!(beta > 0)) {
    throw new RangeError(`mlp: the factor of residual must be positive, got ${number}`);
  }
  return { beta, rest };
}

/** What stands between dense layers. */
export interface Between {
  /** The activation, if there is one. */
  readonly between: Phi | null;
  /** What comes before the activation. */
  readonly before?: ((b: Builder, name: string, x: string, width: number) => string) | null;
  /** Factor of the branches where hidden layers but the first are residual. */
  readonly beta?: number | null;
}

/** Dense layers `layers.0`, `layers.1`, … with what is between them. */
export function denseStack(
  spec: ArchitectureText,
  defaults: string,
  { between, before = null, beta = null }: Between,
): Graph {
  const rule = `widths must be positive integers like ${defaults}`;
  const widths = widthsOf({ name: spec.name, rule }, spec.sizes ?? defaults);
  const last = widths.length - 1;
  const hidden = widths.slice(1, last);
  if (beta !== null && new Set(hidden).size !== 1) {
    throw new RangeError(
      `${spec.name}: hidden layers must have one width to be residual, got ${hidden.length === 0 ? 'none' : spec.sizes}`,
    );
  }
  const b = builder(spec.text);
  const factor = beta === null || beta === 1 ? null : scalar(b, 'beta', beta);
  let x = b.input('input', 'float32', ['batch', widths[0]]);
  for (let layer = 0; layer < last; layer++) {
    let y = x;
    let inputs = widths[layer];
    const isHead = layer === last - 1;
    if (layer > 0 && !(isHead && beta !== null)) {
      if (before !== null) y = before(b, `norms.${layer - 1}`, y, inputs);
      if (between !== null) {
        y = between.build(b, `activations.${layer - 1}`, y);
        inputs *= between.widening;
      }
    }
    y = dense(b, `layers.${layer}`, y, inputs, widths[layer + 1]);
    const isBranch = beta !== null && layer > 0 && !isHead;
    if (isBranch && factor !== null) y = b.node(`scale.${layer}`, 'Mul', [y, factor]);
    x = isBranch ? b.node(`sum.${layer}`, 'Add', [x, y]) : y;
  }
  b.output('output', x, 'float32', ['batch', widths[last]]);
  return b.build();
}
