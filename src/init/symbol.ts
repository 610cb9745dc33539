import { sizeOf, stridesOf } from '../tensor/index.ts';
import type { LinearMaps, Offsets } from './linear-map.ts';
import { sums } from './linear-map.ts';

/** A real (`im` is `null`) or complex matrix of `long × short`, long ≥ short, all in rows. */
export interface Block {
  readonly long: number;
  readonly short: number;
  readonly re: Float32Array | Float64Array;
  readonly im: Float64Array | null;
}

/**
 * Every map as its matrix of outputs by inputs and taps, or the transpose, whichever is tall. Maps that
 * lie in one piece are not copied.
 */
export function* matricesOf(
  values: Float32Array | Float64Array,
  { bases, outputs, inputs, taps }: LinearMaps,
): Generator<Block, void> {
  const columns = sums(inputs, taps);
  const isTall = outputs.length >= columns.length;
  const [rows, across] = isTall ? [outputs, columns] : [columns, outputs];
  const [long, short] = [rows.length, across.length];
  const isWhole = isRun(across, 1) && isRun(rows, short);
  const isTurned = isRun(rows, 1) && isRun(across, long);
  for (const base of bases) {
    if (isWhole || (isTurned && long === short)) {
      yield { long, short, re: values.subarray(base, base + long * short), im: null };
      continue;
    }
    const re =
      values instanceof Float32Array
        ? new Float32Array(long * short)
        : new Float64Array(long * short);
    for (let r = 0; r < long; r++) {
      for (let s = 0; s < short; s++) re[r * short + s] = values[base + rows[r] + across[s]];
    }
    yield { long, short, re, im: null };
  }
}

function isRun(offsets: Offsets, step: number): boolean {
  return offsets.every((offset, i) => offset === i * step);
}

/**
 * Frequencies per axis at which the symbol of a kernel is looked at: the Gram matrix of a symbol is a
 * trigonometric polynomial of degree k - 1 along every axis, which its values at 2k - 1 places determine.
 */
export function gridOf(kernel: readonly number[]): readonly number[] {
  return kernel.map((extent) => 2 * extent - 1);
}

/** Frequencies of which none is the negative of another; the symbol of a real kernel is conjugate there. */
export function halfGrid(grid: readonly number[]): readonly (readonly number[])[] {
  const strides = stridesOf(grid);
  const half: number[][] = [];
  for (let flat = 0; flat < sizeOf(grid); flat++) {
    const index = grid.map((extent, axis) => Math.floor(flat / strides[axis]) % extent);
    const mirrored = index.reduce(
      (sum, j, axis) => sum + ((grid[axis] - j) % grid[axis]) * strides[axis],
      0,
    );
    if (flat <= mirrored) half.push(index);
  }
  return half;
}

/**
 * The symbol `Σ_t K_t exp(2πi Σ_a ω_a t_a / N_a)` of every map at every frequency of {@link halfGrid}, or its
 * transpose, whichever is tall: the blocks on the diagonal into which the Fourier transform takes the
 * circular convolution of images of N_1 × N_2 × … pixels.
 */
export function* symbolsOf(
  values: Float32Array | Float64Array,
  { bases, outputs, inputs, taps, kernel }: LinearMaps,
): Generator<Block, void> {
  const isTall = outputs.length >= inputs.length;
  const [rows, across] = isTall ? [outputs, inputs] : [inputs, outputs];
  const [long, short] = [rows.length, across.length];
  const grid = gridOf(kernel);
  const strides = stridesOf(kernel);
  const half = halfGrid(grid);
  const matrices = Array.from(taps, () => new Float64Array(long * short));
  for (const base of bases) {
    for (const [t, matrix] of matrices.entries()) {
      for (let r = 0; r < long; r++) {
        const from = base + taps[t] + rows[r];
        for (let s = 0; s < short; s++) matrix[r * short + s] = values[from + across[s]];
      }
    }
    for (const frequency of half) {
      const re = new Float64Array(long * short);
      const im = frequency.some((j) => j !== 0) ? new Float64Array(long * short) : null;
      for (const [t, matrix] of matrices.entries()) {
        const turns = kernel.reduce((sum, extent, axis) => {
          const place = Math.floor(t / strides[axis]) % extent;
          return sum + ((frequency[axis] * place) % grid[axis]) / grid[axis];
        }, 0);
        add(re, Math.cos(2 * Math.PI * turns), matrix);
        if (im !== null) add(im, Math.sin(2 * Math.PI * turns), matrix);
      }
      yield { long, short, re, im };
    }
  }
}

function add(sum: Float64Array, factor: number, matrix: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] += factor * matrix[i];
}
