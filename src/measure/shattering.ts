import type { Model } from '../graph/index.ts';
import { fillNormal, fold, key, type Key } from '../random/index.ts';
import { checkDraws, type Ensemble } from './ensemble.ts';
import { openGradients, type Gradients } from './example-gradients.ts';
import { autocorrelation, brownNoise, meanCorrelation, whiteNoise } from './gradient-likeness.ts';
import type { Feeds } from './inputs.ts';
import type { ShatteringMeasurement } from './measurement.ts';

/** How shattering is measured. */
export interface ShatteringOptions {
  /** What errors call the network. */
  readonly name?: string;
  /** Points of the grid, 256 if not given. */
  readonly points?: number;
  /** Ends of the grid, -2 and 2 if not given. */
  readonly range?: readonly [low: number, high: number];
  /** Largest lag of the autocorrelation; 30 if not given and there are so many points. */
  readonly lags?: number;
  /** Independent inputs, 64 if not given. */
  readonly inputs?: number;
  /** A batch of data, of two examples at least, in place of N(0, 1). */
  readonly feeds?: Feeds;
  /** Of the inputs, the projection and the noise; 0 if not given. */
  readonly seed?: number;
  /** What the gradient is with respect to: the only float input if not given. */
  readonly from?: string;
  /** The value whose gradient it is: the first float output if not given. */
  readonly to?: string;
  /**
   * Where the network takes statistics over the batch, whether they are held (if not given), so that g_i is the gradient of
   * `r · y_i` alone, or move with the inputs, so that it is that of `Σ_j r · y_j`, which adds up to 0 over a centred batch.
   */
  readonly statistics?: 'moving' | 'held';
  readonly threads?: number;
  /** Bytes of values that may be in memory at once; 2³⁰ if not given. */
  readonly memory?: number;
  /** Called as the work goes on: `what` of the `total` steps is done next. */
  readonly progress?: (done: number, total: number, what: string) => void;
}

const where = 'shattering';

/** Components of the noise beside gradients that have more. */
const MOST_COMPONENTS = 64;

/**
 * How the gradients `g(x) = ∂(r · y)/∂x` of neighbouring and of independent inputs resemble each other, over
 * draws of the weights; r ~ N(0, 1) is the same for all inputs of a draw. The grid is t = low … high: an
 * input of one number is t itself; a larger one is `a + t b` with a and b ~ N(0, 1), new ones in every draw, a
 * line that misses the origin, since on a line through it a positively homogeneous network has the same
 * gradient everywhere but for the sign of t. Of data it is the line through two examples, at t = -1 and 1, those of the
 * i-th draw being the i-th and the next, and the independent inputs are all of them. Where examples depend on each other, as with normalisation over the
 * batch, the whole grid is one batch.
 * `RangeError` for options out of range, values that have no gradient, and gradients that are not finite or
 * zero in all draws.
 * Reference: Balduzzi et al. 2017, section 2, arXiv:1702.08591
 */
export async function measureShattering(
  model: Model,
  ensemble: Ensemble,
  options: ShatteringOptions = {},
): Promise<ShatteringMeasurement> {
  const { points = 256, range = [-2, 2], inputs = 64, seed = 0, progress = () => {} } = options;
  const { lags = Math.min(30, points - 1) } = options;
  checkOptions(points, range, lags, inputs);
  checkDraws(where, ensemble);
  const root = fold(key(seed), where);
  const gradients = await openGradients(where, model, ensemble, {
    statistics: 'held',
    ...options,
    seed,
  });
  try {
    const { size, input, batch } = gradients;
    const data = input.rows;
    if (data !== null && data.length < 2) {
      throw new RangeError(`${where}: data must have at least two examples, got ${data.length}`);
    }
    const independent =
      data?.length ?? (batch.fixed !== null && batch.isMixed ? batch.fixed : inputs);
    const noiseSize = Math.min(size, MOST_COMPONENTS);
    const draws: {
      correlation: number;
      autocorrelation: readonly number[];
      white: readonly number[];
      brown: readonly number[];
    }[] = [];
    let dead = 0;
    for (const [index, drawSeed] of ensemble.seeds.entries()) {
      progress(index, ensemble.seeds.length, `gradients of draw ${index + 1}`);
      const own = fold(root, `draw/${drawSeed}`);
      const found = await measureDraw(gradients, drawSeed, own, {
        points,
        range,
        lags,
        independent,
        pair: index,
      });
      if (found === null) dead++;
      else {
        const white = autocorrelation(whiteNoise(fold(own, 'white'), points, noiseSize), lags);
        const brown = autocorrelation(brownNoise(fold(own, 'brown'), points, noiseSize), lags);
        draws.push({ ...found, white: white ?? [], brown: brown ?? [] });
      }
    }
    progress(ensemble.seeds.length, ensemble.seeds.length, 'done');
    if (draws.length === 0) {
      throw new RangeError(
        `${where}: the gradient of ${gradients.to} with respect to ${gradients.from} must not be zero everywhere, got zero in ${ensemble.seeds.length === 1 ? 'the only draw' : `all ${ensemble.seeds.length} draws`}`,
      );
    }
    const meanOf = (pick: (draw: (typeof draws)[number]) => readonly number[]): number[] =>
      Array.from({ length: lags + 1 }, (_, k) => mean(draws.map((draw) => pick(draw)[k])));
    return {
      from: gradients.from,
      to: gradients.to,
      size,
      points,
      line: lineText(input.size, range, data !== null),
      batch: batch.isMixed ? Math.min(points, batch.fixed ?? points) : null,
      statistics: batch.isMixed ? (batch.isHeld ? 'held' : 'moving') : null,
      inputs: independent,
      dead,
      correlation: mean(draws.map(({ correlation }) => correlation)),
      autocorrelation: meanOf((draw) => draw.autocorrelation),
      white: meanOf(({ white }) => white),
      brown: meanOf(({ brown }) => brown),
      draws: {
        correlation: draws.map(({ correlation }) => correlation),
        autocorrelation: draws.map((draw) => draw.autocorrelation),
      },
    };
  } finally {
    await gradients.close();
  }
}

interface Grid {
  readonly points: number;
  readonly range: readonly [low: number, high: number];
  readonly lags: number;
  readonly independent: number;
  /** Which examples of data the line goes through. */
  readonly pair: number;
}

/** One draw of the weights; `null` where its gradients are zero. */
async function measureDraw(
  gradients: Gradients,
  drawSeed: number,
  own: Key,
  { points, range, lags, independent, pair }: Grid,
): Promise<{ correlation: number; autocorrelation: readonly number[] } | null> {
  const { size, rows } = gradients.input;
  const { origin, direction } = lineOf(fold(own, 'line'), size, rows, pair);
  const [low, high] = range;
  const line = Array.from({ length: points }, (_, i) => {
    const t = low + ((high - low) * i) / (points - 1);
    return origin.map((x, d) => x + t * direction[d]);
  });
  const cotangent = normals(fold(own, 'cotangent'), gradients.outputs);
  const along = autocorrelation(await gradients.at(drawSeed, line, cotangent), lags);
  const apart =
    rows ?? Array.from({ length: independent }, (_, i) => normals(fold(own, `input/${i}`), size));
  const correlation = meanCorrelation(await gradients.at(drawSeed, apart, cotangent));
  return along === null || correlation === null ? null : { correlation, autocorrelation: along };
}

function normals(from: Key, count: number): Float64Array {
  const numbers = new Float64Array(count);
  fillNormal(from, numbers, 0, 1);
  return numbers;
}

/** The line that the grid lies on: `origin + t direction`. */
function lineOf(
  from: Key,
  size: number,
  rows: readonly Float64Array[] | null,
  pair: number,
): { readonly origin: Float64Array; readonly direction: Float64Array } {
  if (size === 1) return { origin: Float64Array.of(0), direction: Float64Array.of(1) };
  if (rows === null) {
    return {
      origin: normals(fold(from, 'origin'), size),
      direction: normals(fold(from, 'direction'), size),
    };
  }
  const [one, other] = [rows[pair % rows.length], rows[(pair + 1) % rows.length]];
  return {
    origin: one.map((x, d) => (x + other[d]) / 2),
    direction: one.map((x, d) => (other[d] - x) / 2),
  };
}

function lineText(size: number, [low, high]: readonly [number, number], isOfData: boolean): string {
  if (size === 1) return `the input from ${low} to ${high}`;
  return isOfData
    ? `through two examples at t = -1 and 1, t from ${low} to ${high}`
    : `a + t b with a, b ~ N(0, 1) and t from ${low} to ${high}, which misses the origin`;
}

function checkOptions(
  points: number,
  [low, high]: readonly [number, number],
  lags: number,
  inputs: number,
): void {
  if (!Number.isInteger(points) || points < 3) {
    throw new RangeError(`${where}: points must be an integer of at least 3, got ${points}`);
  }
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw new RangeError(
      `${where}: range must go from a number to a larger one, got ${low} to ${high}`,
    );
  }
  if (!Number.isInteger(lags) || lags < 1 || lags >= points) {
    throw new RangeError(
      `${where}: lags must be an integer from 1 to ${points - 1} for ${points} points, got ${lags}`,
    );
  }
  if (!Number.isInteger(inputs) || inputs < 2) {
    throw new RangeError(`${where}: inputs must be an integer of at least 2, got ${inputs}`);
  }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
