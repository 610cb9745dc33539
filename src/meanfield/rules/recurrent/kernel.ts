/** Covariances between the steps 0 … T of one input (`same`) and of two inputs (`other`), symmetric. */
export interface Kernel {
  readonly same: Float64Array;
  readonly other: Float64Array;
}

/** The two kinds of a kernel. */
export const KINDS = ['same', 'other'] as const;

export type Kind = (typeof KINDS)[number];

/** A kernel of zeros for `size` steps. */
export function emptyKernel(size: number): Kernel {
  return { same: new Float64Array(size * size), other: new Float64Array(size * size) };
}

/** Mean over steps and over pairs of two steps, from step 1 on. */
export function averagesOf(
  { same, other }: Kernel,
  size: number,
): { q: number; k: number; p: number; r: number } {
  const steps = size - 1;
  let [q, k, p, r] = [0, 0, 0, 0];
  for (let t = 1; t <= steps; t++) {
    q += same[t * size + t];
    k += other[t * size + t];
    for (let s = 1; s < t; s++) {
      p += same[t * size + s];
      r += other[t * size + s];
    }
  }
  const pairs = (steps * (steps - 1)) / 2;
  q /= steps;
  k /= steps;
  return steps === 1 ? { q, k, p: q, r: k } : { q, k, p: p / pairs, r: r / pairs };
}
