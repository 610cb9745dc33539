import { eachPair, type Moments, type Pairs } from './pairs.ts';

/** What the statistics of a normalisation run over, 1 where they do not run over something. */
export interface NormOver {
  /** Units of one position: the layer, a group; `Infinity` for the wide limit. */
  readonly units: number;
  /** Positions of one input. */
  readonly positions: number;
  /** Inputs of a batch. */
  readonly inputs: number;
}

/** How the statistics are used. */
export interface NormOptions {
  /** Whether the mean is subtracted: all but RMS normalisation. */
  readonly centred: boolean;
  /** Added to the variance. */
  readonly epsilon: number;
}

/** A normalised value, and what the normalisation does to gradients. */
export interface Normalised {
  readonly moments: Moments;
  /** Factor of the second moment of gradients on the way back; `Infinity` where the mean of it does not exist. */
  readonly factor: number;
}

/**
 * `(x - x̄) / √(s² + ε)` with statistics over units, positions or inputs. Covariances lose those of the averages,
 * `E (x - x̄)(x' - x̄') = E x x' - E x̄ x̄'`, and all are divided by `q - E x̄² + ε`: the statistics count as
 * fixed numbers, true for many elements. Layer normalisation runs over units, instance normalisation over positions,
 * group normalisation over both, batch normalisation over positions and inputs.
 *
 * The factor for gradients that are independent is `(N-2)/N · ν/(ν-2) / (q - E x̄² + ε)`: of N elements the two
 * directions of the mean and of x itself are lost, and `E 1/s²` is that of ν degrees of freedom, which follow
 * from the covariances. Linear batch-normalised layers so have `(B-2)/(B-3)`.
 * Reference: Yang et al. 2019, arXiv:1902.08129
 */
export function normalised(
  { mean, pairs }: Moments,
  over: NormOver,
  { centred, epsilon }: NormOptions,
): Normalised {
  checkOver(over);
  const none = { q: 0, k: 0, p: 0, r: 0 };
  const averages = centred ? covariancesOfAverages(mean, pairs, over) : none;
  const left: Pairs = {
    q: Math.max(0, pairs.q - averages.q),
    k: pairs.k - averages.k,
    p: pairs.p - averages.p,
    r: pairs.r - averages.r,
  };
  const variance = left.q + epsilon;
  if (!(variance > 0)) {
    throw new RangeError(
      `normalised: the variance that is divided by must be positive, got ${variance}; ` +
        `the elements of one normalisation are equal`,
    );
  }
  // Over units the mean becomes 0; over positions or inputs each unit's mean does, and with it that of all.
  const moments = {
    mean: centred ? 0 : mean / Math.sqrt(variance),
    pairs: eachPair(left, (moment) => moment / variance),
  };
  const count = over.units * over.positions * over.inputs;
  const kept = count === Infinity ? 1 : Math.max(0, count - (centred ? 2 : 1)) / count;
  const inverse = kept === 0 ? 0 : meanInverse(degreesOfFreedom(left, over, centred, mean));
  return { moments, factor: (kept * inverse) / variance };
}

/** `E x̄ x̄'` of the averages that two elements of each kind of pair are centred by. */
function covariancesOfAverages(mean: number, pairs: Pairs, over: NormOver): Pairs {
  const { units, positions: n, inputs: b } = over;
  // Over all positions two positions have the same average; over a batch two inputs have.
  const alike = n > 1 ? (pairs.q + (n - 1) * pairs.p) / n : pairs.q;
  const alikeOther = n > 1 ? (pairs.k + (n - 1) * pairs.r) / n : pairs.k;
  const apart = n > 1 ? alike : pairs.p;
  const apartOther = n > 1 ? alikeOther : pairs.r;
  const same = b > 1 ? (alike + (b - 1) * alikeOther) / b : alike;
  const elsewhere = b > 1 ? (apart + (b - 1) * apartOther) / b : apart;
  const square = mean * mean;
  const overUnits = (moment: number): number =>
    units === Infinity ? square : square + (moment - square) / units;
  return {
    q: overUnits(same),
    k: overUnits(b > 1 ? same : alikeOther),
    p: overUnits(elsewhere),
    r: overUnits(b > 1 ? elsewhere : apartOther),
  };
}

/** `(tr Σ)² / tr Σ²` of the covariances Σ of the elements of one normalisation. */
function degreesOfFreedom(left: Pairs, over: NormOver, centred: boolean, mean: number): number {
  const { units, positions: n, inputs: b } = over;
  if (units === Infinity) return Infinity;
  const count = units * n * b;
  const within =
    left.q ** 2 + (n - 1) * left.p ** 2 + (b - 1) * left.k ** 2 + (n - 1) * (b - 1) * left.r ** 2;
  // A row of Σ adds up to zero where the mean is taken off; the other units share what is left equally.
  const row = left.q + (n - 1) * left.p + (b - 1) * left.k + (n - 1) * (b - 1) * left.r;
  const others = (units - 1) * n * b;
  const covariance = centred ? row / Math.max(1, others) : mean * mean;
  return (count * left.q ** 2) / (within + others * covariance ** 2);
}

/** `E 1/s²` in units of `1 / E s²`: `ν / (ν-2)`. */
function meanInverse(freedom: number): number {
  if (freedom === Infinity) return 1;
  return freedom > 2 ? freedom / (freedom - 2) : Infinity;
}

function checkOver(over: NormOver): void {
  for (const [name, count] of Object.entries(over)) {
    if (!(count >= 1)) {
      throw new RangeError(`normalised: ${name} must be a count from 1 on, got ${count}`);
    }
  }
}
