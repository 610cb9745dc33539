import { averageMoments } from './averages.ts';
import type { Moments, Pairs } from './pairs.ts';
import { softmaxOverlap, softmaxSums, type SoftmaxOptions } from './softmax.ts';

/** Scores `sᵢₜ = scale · qᵢ · kₜ` over `size` units. */
export interface ScoreOptions extends SoftmaxOptions {
  /** Keys that a query meets, T. */
  readonly tokens: number;
  /** Units of one head that are summed over. */
  readonly size: number;
  /** Factor of the products, most often `1/√size`. */
  readonly scale: number;
}

/**
 * Covariances of what differs between the scores of one query, `E (sₜ - sᵤ)(s'ₜ - s'ᵤ) / 2` for each kind of pair of
 * queries: `size scale² E q q' (E kₜ k'ₜ - E kₜ k'ᵤ)`. What all scores of a query share drops out of a softmax.
 * Scores are Gaussian for many units of independent queries and keys.
 */
export function scoreContrasts(
  query: Pairs,
  key: Pairs,
  { size, scale }: Pick<ScoreOptions, 'size' | 'scale'>,
): Pairs {
  const factor = size * scale * scale;
  const own = Math.max(0, key.q - key.p);
  const other = key.k - key.r;
  return {
    q: factor * query.q * own,
    k: factor * query.k * other,
    p: factor * query.p * own,
    r: factor * query.r * other,
  };
}

/**
 * `E Σ aₜ a'ₜ` of the softmax weights of two queries, for each kind of pair, from the covariances of their scores
 * without what all tokens share. With a causal mask two different queries see different numbers of
 * tokens; theirs is T times the overlap of full rows times the mean `1 / max(t, t')` of equal weights.
 */
export function attentionOverlaps(
  scores: Pairs,
  { tokens, causal = false }: SoftmaxOptions & { readonly tokens: number },
): Pairs {
  const variance = scores.q;
  const rhoOf = (moment: number): number => (variance > 0 ? moment / variance : 1);
  const same = (moment: number): number =>
    softmaxOverlap(tokens, variance, rhoOf(moment), { causal });
  const apart = (moment: number): number => {
    const full = softmaxOverlap(tokens, variance, rhoOf(moment));
    return causal ? full * tokens * meanOfLonger(tokens) : full;
  };
  return {
    q: softmaxSums(tokens, variance, { causal }).second,
    k: same(scores.k),
    p: apart(scores.p),
    r: apart(scores.r),
  };
}

/** Mean of `1 / max(t, t')` over two different lengths up to T: `2 (T - H_T) / (T (T-1))`. */
function meanOfLonger(tokens: number): number {
  if (tokens === 1) return 1;
  let harmonic = 0;
  for (let t = 1; t <= tokens; t++) harmonic += 1 / t;
  return (2 * (tokens - harmonic)) / (tokens * (tokens - 1));
}

/** Moments of the outputs of a softmax over `tokens` elements; its elements take the place of units. */
export function softmaxMoments(
  scores: Pairs,
  options: SoftmaxOptions & { readonly tokens: number },
): Moments {
  const { q, k, p, r } = attentionOverlaps(scores, options);
  const { tokens } = options;
  return {
    mean: 1 / tokens,
    pairs: { q: q / tokens, k: k / tokens, p: p / tokens, r: r / tokens },
  };
}

/** What attention does to the second moment of gradients, per element, on the way from its output. */
export interface AttentionFactors {
  readonly query: number;
  readonly key: number;
  readonly value: number;
}

/** The output of attention, with what was found on the way. */
export interface Attention {
  readonly moments: Moments;
  /** Covariances of the scores without what all tokens share. */
  readonly scores: Pairs;
  /** `E Σ aₜ a'ₜ`; one over `q` is the effective number of tokens. */
  readonly overlaps: Pairs;
  readonly factors: AttentionFactors;
}

/**
 * Attention `yᵢ = Σₜ softmax(scale qᵢ · kₜ) vₜ` from the moments of queries, keys and values: values average by
 * the overlaps of the weights, `q' = p + (q - p) E Σ aₜ²`.
 *
 * Gradients: a value gets them from all `queries`, `(Q/T) (E Σ aₜ² + (Q-1) c E Σ aₜ a'ₜ)` with c the
 * `gradientCorrelation` of two positions of the output (0 if not given); scores get those of the weights,
 * `size (q_v - p_v)` each, through the softmax; `Σₜ ∂L/∂sₜ = 0`, so that queries see the differences of keys only.
 */
export function attention(
  query: Moments,
  key: Moments,
  value: Moments,
  options: ScoreOptions & {
    readonly queries: number;
    /** Units of one head of the values; `size` if not given. */
    readonly valueSize?: number;
    readonly gradientCorrelation?: number;
  },
): Attention {
  const { tokens, size, scale, queries, causal = false } = options;
  const { valueSize = size, gradientCorrelation = 0 } = options;
  const scores = scoreContrasts(query.pairs, key.pairs, options);
  const overlaps = attentionOverlaps(scores, { tokens, causal });
  const apart = Math.max(0, value.pairs.q - value.pairs.p);
  const back = valueSize * apart * softmaxSums(tokens, scores.q, { causal }).gradient * scale ** 2;
  return {
    moments: averageMoments(value, overlaps),
    scores,
    overlaps,
    factors: {
      query: back * Math.max(0, key.pairs.q - key.pairs.p),
      key: (queries / tokens) * back * query.pairs.q,
      value: (queries / tokens) * (overlaps.q + (queries - 1) * gradientCorrelation * overlaps.p),
    },
  };
}
