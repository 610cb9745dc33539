/**
 * A linear combination of independent unit noises, one number for each; of more noises than there is room for,
 * their projections on random directions, which keep lengths and angles to `√(2/room)`.
 */
export type Ripple = Float64Array;

/** The space that combinations of noises live in. */
export interface Sketch {
  readonly zero: () => Ripple;
  /** A noise that nothing else depends on: `amplitude` of it, added to a combination. */
  readonly noise: () => AddNoise;
}

/** Adds an amplitude of one noise to a combination, in place. */
export type AddNoise = (to: Ripple, amplitude: number) => void;

/** Noises that are kept one by one. */
const EXACT = 1024;
/** Directions for more of them: lengths are right to 6 %. */
const DIRECTIONS = 512;

/** A space for at most so many noises. */
export function sketchFor(count: number): Sketch {
  let next = 0;
  if (count <= EXACT) {
    return {
      zero: () => new Float64Array(count),
      noise: () => {
        const index = next++;
        return (to, amplitude) => {
          to[index] += amplitude;
        };
      },
    };
  }
  const share = 1 / Math.sqrt(DIRECTIONS);
  return {
    zero: () => new Float64Array(DIRECTIONS),
    noise: () => {
      const seed = ++next;
      return (to, amplitude) => {
        let state = (seed * 0x9e3779b1) >>> 0;
        for (let i = 0; i < DIRECTIONS; i++) {
          // A step of xorshift; its top bit is the sign.
          state ^= state << 13;
          state ^= state >>> 17;
          state ^= state << 5;
          to[i] += state < 0 ? -amplitude * share : amplitude * share;
        }
      };
    },
  };
}

/** `Σ aᵢ xᵢ`. */
export function combined(...terms: readonly (readonly [number, Ripple])[]): Ripple {
  const sum = new Float64Array(terms[0][1].length);
  for (const [a, x] of terms) {
    if (a === 0) continue;
    for (let i = 0; i < sum.length; i++) sum[i] += a * x[i];
  }
  return sum;
}

/** `⟨x, y⟩`, the covariance of two combinations. */
export function product(x: Ripple, y: Ripple): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}
