/** A random stream as a value: 64 bits of seed and 64 bits of path, each as low and high word. */
export interface Key {
  readonly seed: readonly [low: number, high: number];
  readonly path: readonly [low: number, high: number];
}
