import { cutNormalMoments } from './cut-normal.ts';
import { define, notFinite } from './define.ts';
import type { Scheme } from './initializer.ts';
import { tensorOfStream } from './tensor.ts';

/** `w ~ U(low, high)`. */
export const uniform: Scheme = define({
  name: 'uniform',
  formula: 'w ~ U(low, high), σ² = (high - low)² / 12',
  use: 'where a paper or a program gives the interval itself',
  reference: 'Glorot and Bengio 2010, section 4.2',
  options: { low: -0.05, high: 0.05 },
  problem: ({ low, high }) =>
    notFinite({ low, high, 'high - low': high - low }) ??
    (low <= high ? null : `low must be <= high, got ${low} and ${high}`),
  mean: (_, { low, high }) => low + (high - low) / 2,
  std: (_, { low, high }) => (high - low) / Math.sqrt(12),
  bound: (_, { low, high }) => (high - low) / 2,
  draw: (key, spec, { low, high }, kernels) =>
    tensorOfStream(spec, kernels, (out, offset) => kernels.uniform(key, out, low, high, offset)),
});

/** `w ~ N(mean, std²)`. */
export const normal: Scheme = define({
  name: 'normal',
  formula: 'w ~ N(mean, std²)',
  use: 'where a paper or a program gives the standard deviation itself, as for embeddings',
  reference: 'Radford et al. 2019 (GPT-2): embeddings from N(0, 0.02²)',
  options: { mean: 0, std: 0.05 },
  problem: ({ mean, std }) =>
    notFinite({ mean, std }) ?? (std >= 0 ? null : `std must be >= 0, got ${std}`),
  mean: (_, { mean }) => mean,
  std: (_, { std }) => std,
  bound: () => null,
  draw: (key, spec, { mean, std }, kernels) =>
    tensorOfStream(spec, kernels, (out, offset) => kernels.normal(key, out, mean, std, offset)),
});

/**
 * `w = mean + std (z - E z) / √Var z`, z a standard normal number on the condition `low ≤ z ≤ high`:
 * `mean` and `std` are those of the result, `low` and `high` are in units of the parent normal's own std.
 */
export const truncatedNormal: Scheme = define({
  name: 'truncated_normal',
  formula: 'w = mean + std (z - E z) / √Var z, z ~ N(0, 1) cut to [low, high]',
  use: 'a normal without its rare large weights; std is that of the result, low and high are in units of the parent normal',
  reference: 'Robert 1995, arXiv:0907.4010',
  options: { mean: 0, std: 0.05, low: -2, high: 2 },
  problem: ({ mean, std, low, high }) =>
    notFinite({ mean, std }) ??
    (std >= 0 ? null : `std must be >= 0, got ${std}`) ??
    (low < high ? null : `low must be < high, got ${low} and ${high}`) ??
    (Math.max(low, -high) <= 1e6
      ? null
      : `the interval must come within 1e6 of 0, got ${low} to ${high}`),
  mean: (_, { mean }) => mean,
  std: (_, { std }) => std,
  bound: (_, { std, low, high }) => {
    const z = cutNormalMoments(low, high);
    const reach = Math.max(high - z.mean, z.mean - low);
    return reach === Infinity ? null : (std / z.std) * reach;
  },
  draw: (key, spec, { mean, std, low, high }, kernels) => {
    const z = cutNormalMoments(low, high);
    const parent = std / z.std;
    const centre = mean - parent * z.mean;
    return tensorOfStream(spec, kernels, (out, offset) =>
      kernels.truncatedNormal(key, out, centre, parent, low, high, offset),
    );
  },
});
