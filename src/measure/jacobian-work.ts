import type { Values } from '../graph/index.ts';
import { bidiagonalLaw, golubKahan, singularValues, type DiscreteLaw } from '../numeric/index.ts';
import type { DType } from '../tensor/index.ts';
import { singularValuesOnEngine } from './singular-values-on-engine.ts';
import { randomVector, type Floats, type Products, type Side } from './jacobian-products.ts';

/** A Jacobian for each of several draws of the weights, as its products with vectors. */
export interface JacobianWork {
  readonly draws: readonly { readonly seed: number; readonly weights: () => Values }[];
  /** Opens products whose runs take at most so many bytes. */
  readonly open: (side: Side, memory: number) => Promise<Products>;
  /** Throws where a number is not finite. */
  readonly check: (values: Floats, seed: number, weights: Values) => Promise<void>;
  readonly dtype: DType;
  readonly rows: number;
  readonly cols: number;
  readonly memory: number;
  /** 0 for all cores. */
  readonly threads: number;
  /** Of the random starts. */
  readonly seed: number;
  readonly progress: (done: number, total: number, what: string) => void;
}

/** What of the largest singular value is the rounding of the Jacobian: 16 units of it. */
const roundingOf = (dtype: DType): number =>
  dtype === 'float64' ? 2 ** -49 : dtype === 'float32' ? 2 ** -20 : 2 ** -7;

/** What products with the same matrix may differ in, relative to the largest: far more than rounding of a sound one. */
const MOST_APART = 2 ** -8;

function checkRounding(difference: number): void {
  if (difference <= MOST_APART) return;
  throw new RangeError(
    `jacobian: its products with vectors must be those of one matrix, got a difference of ${difference.toPrecision(2)} of the largest: rounding hides the derivative, as behind a saturated softmax; take a value before it`,
  );
}

/** Below this, numbers of float32 lose their digits: of these nothing is asked. */
const TINY = 2 ** -100;

/** `‖p - Mᵀ v‖ / ‖Mᵀ v‖` for a matrix with a row for each element of v, and p made in another way. */
function apart(matrix: Floats, v: Float64Array, p: Floats): number {
  const sums = new Float64Array(p.length);
  for (let i = 0; i < v.length; i++) {
    const from = i * p.length;
    for (let j = 0; j < p.length; j++) sums[j] += v[i] * matrix[from + j];
  }
  let difference = 0;
  let square = 0;
  for (let j = 0; j < p.length; j++) {
    difference += (p[j] - sums[j]) ** 2;
    square += sums[j] ** 2;
  }
  return square < TINY ** 2 ? 0 : Math.sqrt(difference / square);
}

/** A run needs this much, whatever else there is. */
const LEAST_ROOM = 2 ** 26;

/**
 * The bytes of a matrix and of what its singular values need: in float32 its square in float64 and a piece of it, in
 * float64 a copy.
 */
export function exactBytes(rows: number, cols: number, dtype: DType): number {
  const short = Math.min(rows, cols);
  if (dtype === 'float64') return 16 * rows * cols;
  return 4 * rows * cols + 8 * (short * short + Math.min(rows * cols, 2 ** 21));
}

/** All singular values of each draw, in ascending order; what is but rounding is 0. */
export async function exactValues(work: JacobianWork): Promise<Float64Array[]> {
  const { draws, open, check, dtype, rows, cols, memory, threads, seed, progress } = work;
  const room = Math.max(LEAST_ROOM, memory - exactBytes(rows, cols, dtype));
  const products = await open(rows <= cols ? 'transposed' : 'plain', room);
  const { inSize, outSize, most } = products;
  const total = draws.length * Math.ceil(inSize / most);
  const floats = (size: number): Floats =>
    dtype === 'float64' ? new Float64Array(size) : new Float32Array(size);
  const found: Float64Array[] = [];
  let done = 0;
  try {
    for (const draw of draws) {
      const weights = draw.weights();
      const matrix = floats(rows * cols);
      // One more product, with a vector of any direction, shows whether rounding leaves J a matrix.
      const other = randomVector(seed, 'check', inSize);
      let product: Floats | null = null;
      for (let first = 0; first < inSize; first += most) {
        progress(done++, total, `rows of the Jacobian from ${first + 1}`);
        const count = Math.min(most, inSize - first);
        const isRoom = first + count === inSize && count < most;
        const block = floats((isRoom ? count + 1 : count) * inSize);
        for (let i = 0; i < count; i++) block[i * inSize + first + i] = 1;
        if (isRoom) block.set(other, count * inSize);
        const made = await products.apply(weights, block, isRoom ? count + 1 : count);
        await check(made, draw.seed, weights);
        matrix.set(made.subarray(0, count * outSize), first * outSize);
        if (isRoom) product = made.slice(count * outSize);
      }
      product ??= await products.apply(weights, other, 1);
      checkRounding(apart(matrix, other, product));
      const values =
        matrix instanceof Float32Array
          ? await singularValuesOnEngine(matrix, inSize, outSize, threads)
          : singularValues(matrix, inSize, outSize);
      const least = roundingOf(dtype) * values[values.length - 1];
      found.push(values.map((s) => (s <= least ? 0 : s)));
    }
  } finally {
    await products.close();
  }
  return found;
}

/** The law of the singular values of each draw as each of some random starts sees it. */
export async function lanczosLaws(
  work: JacobianWork,
  starts: number,
  steps: number,
): Promise<DiscreteLaw[][]> {
  const { draws, open, check, dtype, rows, cols, memory, seed, progress } = work;
  const short = Math.min(rows, cols);
  const length = Math.max(2, Math.min(steps, short, Math.floor(memory / (16 * short))));
  const together = Math.max(1, Math.min(starts, Math.floor(memory / (16 * short * length))));
  const room = Math.max(LEAST_ROOM, memory / 2);
  // The starts are on the shorter side, on which every singular value has a vector.
  const [forth, back]: readonly Side[] =
    cols <= rows ? ['plain', 'transposed'] : ['transposed', 'plain'];
  const forward = await open(forth, room);
  const laws: DiscreteLaw[][] = [];
  let done = 0;
  try {
    const backward = await open(back, room);
    try {
      for (const draw of draws) {
        const weights = draw.weights();
        const through =
          (products: Products) =>
          async (block: Float64Array, count: number): Promise<Float64Array> => {
            const { inSize, outSize, most } = products;
            const out = new Float64Array(count * outSize);
            for (let first = 0; first < count; first += most) {
              const part = Math.min(most, count - first);
              const vectors = block.subarray(first * inSize, (first + part) * inSize);
              const made = await products.apply(weights, vectors, part);
              await check(made, draw.seed, weights);
              out.set(made, first * outSize);
            }
            return out;
          };
        const own: DiscreteLaw[] = [];
        for (let first = 0; first < starts; first += together) {
          progress(done++, draws.length * Math.ceil(starts / together), 'Krylov spaces');
          const vectors = Array.from({ length: Math.min(together, starts - first) }, (_, index) =>
            randomVector(seed, `start/${first + index}`, short),
          );
          const least = roundingOf(dtype);
          const runs = await golubKahan(
            through(forward),
            through(backward),
            vectors,
            length,
            least,
          );
          checkRounding(Math.max(...runs.map(({ disagreement }) => disagreement)));
          own.push(...runs.map((run) => aboveRounding(bidiagonalLaw(run), least)));
        }
        laws.push(own);
      }
    } finally {
      await backward.close();
    }
  } finally {
    await forward.close();
  }
  return laws;
}

function aboveRounding({ s, weight, isExact }: DiscreteLaw, rounding: number): DiscreteLaw {
  const least = rounding * s[s.length - 1];
  return { s: s.map((value) => (value <= least ? 0 : value)), weight, isExact };
}
