/** Most words of a chunk: with what is made of them they fill half of a first-level cache. */
export const CHUNK: i32 = 2048;

/** Words in the order of the stream; there is room for whole groups beyond the chunk. */
export const WORDS: usize = memory.data(4 * (2048 + 32), 64);

/** `√(-2 ln u)` of every first word of a pair. */
export const RADII: usize = memory.data(4 * (2048 + 32), 64);

/** Numbers that the words have become, float32 or float64. */
export const VALUES: usize = memory.data(8 * (2048 + 32), 64);

/** Numbers that constants stand for are loaded from memory: engines build a constant anew at every use. */
export const HALF: usize = memory.data<f64>([0.5, 0.5], 16);
export const ONE: usize = memory.data<f64>([1, 1], 16);

/** `2π 2^-32`, the angle of one step of a word. */
export const ANGLE: usize = memory.data<f64>(
  [(2 * Math.PI) / 4294967296.0, (2 * Math.PI) / 4294967296.0],
  16,
);
