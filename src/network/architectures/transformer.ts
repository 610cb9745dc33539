import { activation, type Activation } from '../../activation/index.ts';
import { builder, type Builder } from '../../graph/index.ts';
import type { Architecture } from './architecture.ts';
import { dense, denseByStep, integers, layerNorm, scalar } from './parts.ts';
import { DEFAULT_STEPS, embedded, sequenceInput, sourceOf, STEPS } from './sequence.ts';
import { badSizes, checkDepth, extentOf, runOf } from './sizes.ts';
import { readWords } from './text.ts';

const DEFAULTS = 'v1000-128x4h4-1000';
const SHAPE = {
  name: 'transformer',
  rule: `sizes must be an input, WIDTHxBLOCKShHEADS and an output like ${DEFAULTS}`,
};

/** What the hidden units of a block's two dense layers are to its width. */
const MLP_RATIO = 4;

/** Added for a pair of steps that must not meet: `exp` of it is 0, and it is finite. */
const MASKED = -1e9;

/** A transformer: `transformer:v1000-128x4h4-1000` is four blocks of width 128 with four heads. */
export const transformer: Architecture = {
  name: 'transformer',
  grammar:
    'transformer:INPUT-WIDTHxBLOCKS[hHEADS]-OUTPUT[:tSTEPS][:post|:nonorm][:full][:tied][:shared][:mean][:ACTIVATION]',
  description:
    'A decoder in the manner of GPT-2: learned positions, blocks of causal attention and two dense ' +
    'layers (4 × width, gelu or the named activation), each after a layer normalisation, a last ' +
    'normalisation and a head on every step. INPUT is v1000 for tokens of a vocabulary of 1000, or a ' +
    'number of features. HEADS is WIDTH/64 where that is whole, else 1, if not given; tSTEPS is the ' +
    `length of the sequence (${DEFAULT_STEPS} if not given). post normalises after each sum, nonorm not ` +
    'at all; full lets every step see every other; tied makes the head of the embedding, without a bias; ' +
    'shared is the universal transformer with a fixed number of steps in depth, one block applied BLOCKS ' +
    'times with the same weights; mean averages over the steps before the head, for one answer to a ' +
    'sequence. References: Vaswani et al. 2017, arXiv:1706.03762; Xiong et al. 2020, arXiv:2002.04745; ' +
    'Dehghani et al. 2018, arXiv:1807.03819.',
  examples: [
    'transformer:v1000-128x4h4-1000',
    'transformer:v256-64x2h2-256:t64:post:relu',
    'transformer:48-64x2h4-10:full',
    'transformer:v256-64x6h2-256:nonorm',
    'transformer:v256-64x2h2-256:tied',
    'transformer:v256-64x6h2-256:shared',
    'transformer:28-64x2h2-10:t28:full:mean',
  ],
  defaults: `transformer:${DEFAULTS}`,
  build: (spec) => {
    const words = readWords(spec, {
      flags: ['post', 'nonorm', 'full', 'tied', 'shared', 'mean'],
      numbers: { t: STEPS },
      activations: true,
    });
    if (words.flags.has('post') && words.flags.has('nonorm')) {
      throw new RangeError(
        `transformer: post and nonorm must not be given together, got ${spec.text}`,
      );
    }
    const sizes = spec.sizes ?? DEFAULTS;
    const items = sizes.split('-');
    if (items.length !== 3) throw badSizes(SHAPE, sizes);
    const source = sourceOf(SHAPE, sizes, items[0]);
    const { width, count, extra } = runOf(SHAPE, sizes, items[1], 'h');
    const outputs = extentOf(SHAPE, sizes, items[2]);
    checkDepth('transformer', [{ width, count, extra }]);
    if (source.embedding !== null) throw badSizes(SHAPE, sizes);
    const heads = extra['h'] ?? (width % 64 === 0 ? width / 64 : 1);
    if (width % heads !== 0) {
      throw new RangeError(
        `transformer: the number of heads must divide the width ${width}, got ${heads}`,
      );
    }
    const isTied = words.flags.has('tied');
    if (isTied && items[0] !== `v${outputs}`) {
      throw new RangeError(
        `transformer: with tied the input must be the tokens of the output, v${outputs}, got ${items[0]}`,
      );
    }
    const steps = words.numbers.get('t') ?? DEFAULT_STEPS;

    const b = builder(spec.text);
    let x = embedded(b, 'embed', sequenceInput(b, source, steps), source, width);
    x = b.node('positions', 'Add', [x, b.parameter('pos_embed', [1, steps, width])]);
    const block: BlockStyle = {
      width,
      phi: words.activation ?? activation('gelu'),
      norm: words.flags.has('post') ? 'post' : words.flags.has('nonorm') ? 'none' : 'pre',
      splitShape: integers(b, 'split_heads', [0, steps, heads, width / heads]),
      mergeShape: integers(b, 'merge_heads', [0, steps, width]),
      scale: scalar(b, 'attn_scale', 1 / Math.sqrt(width / heads)),
      mask: words.flags.has('full') ? null : causalMask(b, steps),
    };
    const inBlocks = words.flags.has('shared') ? withOneBlock(b) : b;
    for (let index = 0; index < count; index++) {
      x = residualBlock(inBlocks, `blocks.${index}`, x, block);
    }
    if (block.norm === 'pre') x = layerNorm(b, 'norm', x, width);
    const isMean = words.flags.has('mean');
    if (isMean)
      x = b.node('mean', 'ReduceMean', [x, integers(b, 'mean_axes', [1])], { keepdims: 0 });
    const head = isMean ? dense : denseByStep;
    x = isTied ? tiedHead(b, x) : head(b, 'head', x, width, outputs);
    b.output('output', x, 'float32', isMean ? ['batch', outputs] : ['batch', steps, outputs]);
    return b.build();
  },
};

/** A builder that gives all of `blocks.0`, `blocks.1`, … the parameters of one `block`. */
function withOneBlock(b: Builder): Builder {
  const known = new Set<string>();
  return {
    ...b,
    parameter: (name, shape, fill) => {
      const one = name.replace(/^blocks\.\d+\./, 'block.');
      if (known.has(one)) return one;
      known.add(one);
      return b.parameter(one, shape, fill);
    },
  };
}

/** Scores of the tokens: products of x with the rows of the embedding. */
function tiedHead(b: Builder, x: string): string {
  const columns = b.node('head.transpose', 'Transpose', ['embed.weight'], { perm: [1, 0] });
  return b.node('head', 'MatMul', [x, columns]);
}

interface BlockStyle {
  readonly width: number;
  readonly phi: Activation;
  readonly norm: 'pre' | 'post' | 'none';
  /** Names of what all blocks share. */
  readonly splitShape: string;
  readonly mergeShape: string;
  readonly scale: string;
  readonly mask: Mask | null;
}

interface Mask {
  /** Booleans [steps, steps], true where the step of the row may see that of the column. */
  readonly allowed: string;
  readonly masked: string;
}

/** `allowed[i, j] = j ≤ i`, from two short vectors, so that the file does not grow with steps². */
function causalMask(b: Builder, steps: number): Mask {
  const data = BigInt64Array.from({ length: steps }, (_, index) => BigInt(index));
  const row = b.constant('mask_from', { dtype: 'int64', shape: [steps, 1], data });
  const column = b.constant('mask_to', { dtype: 'int64', shape: [1, steps], data });
  const allowed = b.node('causal_mask', 'LessOrEqual', [column, row]);
  return { allowed, masked: scalar(b, 'masked_score', MASKED) };
}

function residualBlock(b: Builder, name: string, x: string, style: BlockStyle): string {
  const { width, norm } = style;
  const around = (
    branch: string,
    f: (path: string, y: string) => string,
    y: string,
    index: 1 | 2,
  ) => {
    const normed = norm === 'pre' ? layerNorm(b, `${name}.norm${index}`, y, width) : y;
    const sum = b.node(`${name}.add${index}`, 'Add', [y, f(`${name}.${branch}`, normed)]);
    return norm === 'post' ? layerNorm(b, `${name}.norm${index}`, sum, width) : sum;
  };
  const attended = around('attn', (path, y) => attention(b, path, y, style), x, 1);
  return around('mlp', (path, y) => feedForward(b, path, y, style), attended, 2);
}

function feedForward(b: Builder, name: string, x: string, { width, phi }: BlockStyle): string {
  const hidden = denseByStep(b, `${name}.fc1`, x, width, MLP_RATIO * width);
  const active = phi.build(b, `${name}.act`, hidden);
  return denseByStep(b, `${name}.fc2`, active, MLP_RATIO * width, width);
}

/** `softmax(q kᵀ / √(width / heads)) v` per head, with query, key and value in one projection. */
function attention(b: Builder, name: string, x: string, style: BlockStyle): string {
  const { width, splitShape, mergeShape, scale, mask } = style;
  const packed = denseByStep(b, `${name}.qkv`, x, width, 3 * width);
  b.node(`${name}.split`, 'Split', [packed], { axis: -1, num_outputs: 3 }, 3);
  const [query, key, value] = ['q', 'k', 'v'].map((letter, index) => {
    const part = `${name}.split_output_${index}`;
    const byHead = b.node(`${name}.${letter}.split_heads`, 'Reshape', [part, splitShape]);
    const perm = letter === 'k' ? [0, 2, 3, 1] : [0, 2, 1, 3];
    return b.node(`${name}.${letter}`, 'Transpose', [byHead], { perm });
  });
  const product = b.node(`${name}.scores`, 'MatMul', [query, key]);
  let scores = b.node(`${name}.scale`, 'Mul', [product, scale]);
  if (mask !== null) {
    scores = b.node(`${name}.mask`, 'Where', [mask.allowed, scores, mask.masked]);
  }
  const weights = b.node(`${name}.softmax`, 'Softmax', [scores], { axis: -1 });
  const mixed = b.node(`${name}.mix`, 'MatMul', [weights, value]);
  const bySteps = b.node(`${name}.transpose`, 'Transpose', [mixed], { perm: [0, 2, 1, 3] });
  const merged = b.node(`${name}.merge_heads`, 'Reshape', [bySteps, mergeShape]);
  return denseByStep(b, `${name}.proj`, merged, width, width);
}
