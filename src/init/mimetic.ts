import { leadingVectors, singularVectors } from '../numeric/index.ts';
import { fold, type Kernels, type Key } from '../random/index.ts';
import type { FloatDType, Tensor } from '../tensor/index.ts';
import { define, notFinite } from './define.ts';
import type { Scheme, Spec } from './initializer.ts';
import { linearMaps, mapSize, notLinear, type LinearMaps, type Offsets } from './linear-map.ts';
import { meanTopSingular } from './shifted-gaussian.ts';
import { streamFor } from './stream.ts';
import { tensorOfZeros } from './tensor.ts';

const PARTS = ['query', 'key', 'value', 'output'] as const;

interface MimeticOptions {
  readonly part: string;
  readonly heads: number;
  readonly first: number;
  readonly alpha: number;
  readonly beta: number;
  readonly stream: string;
}

/** The width of the stream, and that of the heads together. */
function widths(spec: Spec, part: string): { readonly stream: number; readonly inner: number } {
  const { outputs, inputs } = mapSize(spec);
  return part === 'output'
    ? { stream: outputs, inner: inputs }
    : { stream: inputs, inner: outputs };
}

/**
 * One factor of `A = alpha Z/√d + beta I`, cut to the width of a head: with `A = U Σ Vᵀ` queries and
 * values get the first columns of `U √Σ`, keys and outputs those of `V √Σ`. Head i is drawn from the
 * stream `head/i`, so that two tensors of one stream multiply to A; units beyond its rank are 0. The sign
 * that `u_i` and `v_i` have in common is random: it gives the largest element of `u_i` its sign.
 */
export const mimetic: Scheme = define({
  name: 'mimetic',
  formula:
    'A = alpha Z/√d + beta I = U Σ Vᵀ per head of width h: U √Σ (query, value) or V √Σ (key, output), the h largest values',
  use: 'one projection of attention; the parts that are multiplied need one stream (init --scheme mimetic sees to it)',
  reference: 'Trockman & Kolter 2023, section 3, arXiv:2305.09828',
  options: { part: 'query', heads: 1, first: 0, alpha: 0.7, beta: 0.7, stream: '' },
  choices: { part: PARTS },
  problem: ({ heads, first, alpha, beta }) =>
    notFinite({ alpha, beta, 'alpha²': alpha * alpha, 'beta²': beta * beta }) ??
    (Number.isSafeInteger(heads) && heads >= 1
      ? Number.isSafeInteger(first) && first >= 0
        ? null
        : `first must be an integer >= 0, got ${first}`
      : `heads must be an integer >= 1, got ${heads}`),
  undefinedFor: (spec, options) => notLinear(spec) ?? noHeads(spec, options),
  std: (spec, { part, heads, alpha, beta }) => {
    const { stream: d, inner } = widths(spec, part);
    const rank = Math.min(inner / heads, d);
    return Math.sqrt((rank * meanTopSingular(alpha, beta, rank / d)) / (d * (inner / heads)));
  },
  bound: () => null,
  draw: (key, spec, options, kernels) => drawMimetic(key, spec, options, kernels),
});

function noHeads(spec: Spec, { part, heads }: MimeticOptions): string | null {
  const { inner } = widths(spec, part);
  const { taps } = mapSize(spec);
  if (taps !== 1) return `shape must have one tap, got [${spec.shape.join(', ')}]`;
  return inner % heads === 0 ? null : `heads must divide the ${inner} units, got ${heads}`;
}

function drawMimetic(
  key: Key,
  spec: Spec,
  options: MimeticOptions,
  kernels: Kernels,
): Tensor<FloatDType> {
  const { part, heads, first } = options;
  const { stream: d, inner } = widths(spec, part);
  const width = inner / heads;
  const rank = Math.min(width, d);
  const root = streamFor(key, options.stream);
  return tensorOfZeros(spec, kernels, (values) => {
    const maps = linearMaps(spec);
    const [rows, columns] = axesOf(maps, part);
    for (const [g, base] of maps.bases.entries()) {
      for (let head = 0; head < heads; head++) {
        const own = fold(root, `group/${g}/head/${first + head}`);
        const factor = factorOf(own, d, rank, options, kernels);
        for (let i = 0; i < rank; i++) {
          const column = base + columns[head * width + i];
          for (let j = 0; j < d; j++) values[column + rows[j]] = factor[i * d + j];
        }
      }
    }
  });
}

/** Where the stream and where the heads stand. */
function axesOf({ inputs, outputs }: LinearMaps, part: string): readonly [Offsets, Offsets] {
  return part === 'output' ? [outputs, inputs] : [inputs, outputs];
}

/** The first `rank` columns of `U √Σ` or `V √Σ`, as rows. */
function factorOf(
  key: Key,
  d: number,
  rank: number,
  { part, alpha, beta }: MimeticOptions,
  kernels: Kernels,
): Float64Array {
  const a = new Float64Array(d * d);
  kernels.normal(fold(key, 'matrix'), a, 0, Math.abs(alpha) / Math.sqrt(d));
  for (let i = 0; i < d; i++) a[i * d + i] += beta;
  const signs = new Float64Array(rank);
  kernels.uniform(fold(key, 'signs'), signs, -1, 1);
  const { values, left, right } =
    2 * rank <= d && alpha !== 0 ? leadingVectors(a, d, rank) : singularVectors(a, d);
  const vectors = part === 'query' || part === 'value' ? left : right;
  const factor = vectors.slice(0, rank * d);
  for (let i = 0; i < rank; i++) {
    const own = leader(left.subarray(i * d, (i + 1) * d)) < 0 === signs[i] < 0 ? 1 : -1;
    const scale = Math.sqrt(values[i]) * own;
    for (let j = 0; j < d; j++) factor[i * d + j] *= scale;
  }
  return factor;
}

/** The element of the largest magnitude, the first of several. */
function leader(row: Float64Array): number {
  return row.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
}
