import type { Builder } from '../graph/index.ts';
import { arithmetic } from './arithmetic.ts';

/** Gradients that share a norm. */
export interface Clipped {
  /** The gradients, in the order in which they came. */
  readonly gradients: readonly string[];
  /** `‖g‖` of all of them together, before they were clipped; a float32 scalar. */
  readonly norm: string;
}

/** `‖g‖` of all gradients together, a float32 scalar. */
export function globalNorm(b: Builder, gradients: readonly string[]): string {
  const { sqrt } = arithmetic(b, 'norm/root');
  const squares = gradients.map((gradient, index) =>
    b.node(`norm/${index}`, 'ReduceSumSquare', [gradient], { keepdims: 0 }),
  );
  return sqrt(b.node('norm/sum', 'Sum', squares));
}

/**
 * Gradients scaled by `min(1, most/(‖g‖ + 1e-6))`, so that their global norm is at most `most`. `RangeError` unless
 * `most` is positive.
 *
 * Reference: Pascanu et al. 2013, algorithm 1, arXiv:1211.5063.
 */
export function clipByGlobalNorm(b: Builder, gradients: readonly string[], most: number): Clipped {
  if (!(most > 0)) throw new RangeError(`clip: the norm must be positive, got ${most}`);
  const norm = globalNorm(b, gradients);
  const shared = arithmetic(b, 'clip');
  const ratio = shared.div(shared.scalar(most), shared.add(norm, shared.scalar(1e-6)));
  const factor = shared.min(shared.scalar(1), ratio);
  return { gradients: gradients.map((gradient) => shared.mul(gradient, factor)), norm };
}
