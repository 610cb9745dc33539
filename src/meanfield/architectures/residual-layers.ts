import type { Nonlinearity } from '../../activation/index.ts';
import { checkCorrelation, checkDepth, checkPositive } from './checks.ts';
import { checkBlock, stepBlock, type ResidualBlock, type ResidualState } from './residual.ts';

/** Beyond it a product with a variance may leave float64. */
const LARGEST = 1e300;

/** How deep a residual network is, and what enters it. */
export interface ResidualInput {
  /** Number of blocks. */
  readonly depth: number;
  /** Second moment of the input, 1 if not given. */
  readonly p?: number;
  /** Correlation of two inputs; 1, the same input twice, if not given. */
  readonly c?: number;
}

/** A residual network, block by block; index `l` of the longer arrays is the stream behind `l` blocks. */
export interface ResidualLayers {
  /** `E x²`, `depth + 1` values. */
  readonly p: Float64Array;
  /** `E x`. */
  readonly mean: Float64Array;
  /** Correlation of two inputs. */
  readonly c: Float64Array;
  /** `E h²` inside the branch, `depth` values. */
  readonly q: Float64Array;
  /** Factor of each block on the second moment of gradients. */
  readonly chi: Float64Array;
  /** Second moment of the gradient at each place over that at the output; `gradient[0]` is the total factor. */
  readonly gradient: Float64Array;
  /** Correlation of the gradients of the two inputs at each place, 1 at the output. */
  readonly gradientCorrelation: Float64Array;
}

/**
 * Signal and gradient in a network of equal residual blocks, block by block (`residualStep`).
 * `RangeError` for bad variances, depth or input, and where a second moment leaves the range of float64.
 * Reference: Yang and Schoenholz 2017, arXiv:1712.08969
 */
export function residualLayers(
  phi: Nonlinearity,
  block: ResidualBlock,
  input: ResidualInput,
): ResidualLayers {
  const where = 'residualLayers';
  const { depth, p = 1, c = 1 } = input;
  checkBlock(where, block);
  checkDepth(where, depth);
  checkPositive(where, 'p', p);
  checkCorrelation(where, 'c', c);

  const layers = emptyLayers(depth);
  let state: ResidualState = { p, mean: 0, c };
  const ratio = new Float64Array(depth);
  for (let l = 0; l < depth; l++) {
    set(layers, l, state);
    const step = stepBlock(where, phi, block, state);
    if (!(step.p < LARGEST)) throw overflow(where, block, l + 1, step.chi);
    layers.q[l] = step.q;
    layers.chi[l] = step.chi;
    ratio[l] = step.chiC === step.chi ? 1 : step.chiC / step.chi;
    state = step;
  }
  set(layers, depth, state);

  layers.gradient[depth] = layers.gradientCorrelation[depth] = 1;
  for (let l = depth - 1; l >= 0; l--) {
    layers.gradient[l] = layers.gradient[l + 1] * layers.chi[l];
    layers.gradientCorrelation[l] = layers.gradientCorrelation[l + 1] * ratio[l];
  }
  if (!(layers.gradient[0] < LARGEST)) throw overflow(where, block, depth, layers.chi[0]);
  return layers;
}

function emptyLayers(depth: number): ResidualLayers {
  const [longer, shorter] = [depth + 1, depth];
  return {
    p: new Float64Array(longer),
    mean: new Float64Array(longer),
    c: new Float64Array(longer),
    q: new Float64Array(shorter),
    chi: new Float64Array(shorter),
    gradient: new Float64Array(longer),
    gradientCorrelation: new Float64Array(longer),
  };
}

function set(layers: ResidualLayers, l: number, { p, mean, c }: ResidualState): void {
  layers.p[l] = p;
  layers.mean[l] = mean;
  layers.c[l] = c;
}

function overflow(where: string, block: ResidualBlock, depth: number, chi: number): RangeError {
  const { branchScale = 1 } = block;
  return new RangeError(
    `${where}: second moments must stay finite, but leave float64 within ${depth} blocks at a factor ` +
      `of ${Number(chi.toPrecision(6))} a block; scale the branch by ${branchScale} / √depth`,
  );
}
