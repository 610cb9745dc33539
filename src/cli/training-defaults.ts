/** What is taken where an option is not given. */
export interface Usual {
  readonly batch: number;
  readonly steps: number;
}

/** The learning rate of an optimizer where none is given. */
export function usualRate(
  optimizer: 'sgd' | 'rmsprop' | 'adam' | 'adamw',
  momentum: number,
): number {
  if (optimizer !== 'sgd') return 0.001;
  // With momentum μ a gradient counts 1/(1 - μ) times in the end.
  return Number((0.1 * (1 - momentum)).toPrecision(3));
}

/** Batch and steps where they are not given. */
export function usualRun(): Usual {
  return { batch: 64, steps: 1000 };
}
