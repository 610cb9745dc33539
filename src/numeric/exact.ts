// The only operations here are + − × ÷ √ on float64, comparisons and integer arithmetic, which IEEE 754
// and ECMAScript round in one way only; the functions of Math that they leave open are not used.

const LN2_HIGH = 2977044471 / 2 ** 32;
const LN2_LOW = 1.9082149292705877e-10;

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);

/** `2^k` for an integer k in -1022…1023, from its bits. */
export function exactPow2(k: number): number {
  scratchWords[0] = 0;
  scratchWords[1] = (k + 1023) << 20;
  return scratch[0];
}

/**
 * `ln m = 2 (s + s³/3 + … + s²¹/21)`, `s = (m - 1)/(m + 1)`, for m in [√½, √2].
 * The same bits in every engine.
 */
export function lnNearOne(m: number): number {
  const s = (m - 1) / (m + 1);
  const s2 = s * s;
  const twice = 2 * s;
  const tail =
    1 / 3 +
    s2 *
      (1 / 5 +
        s2 *
          (1 / 7 +
            s2 *
              (1 / 9 +
                s2 *
                  (1 / 11 +
                    s2 *
                      (1 / 13 + s2 * (1 / 15 + s2 * (1 / 17 + s2 * (1 / 19 + s2 * (1 / 21)))))))));
  return twice + twice * (s2 * tail);
}

/** `k ln 2 + part` with ln 2 in two pieces, so that nothing is lost for |k| ≤ 1100. */
export function addLn2(k: number, part: number): number {
  return k * LN2_HIGH + (part + k * LN2_LOW);
}

/** `ln x` with the same bits in every engine; outside x > 0 as `Math.log`. */
export function exactLn(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return Infinity;
  let k = 0;
  let normal = x;
  if (x < 2 ** -1022) {
    normal = x * 2 ** 54;
    k = -54;
  }
  scratch[0] = normal;
  const high = scratchWords[1];
  k += (high >>> 20) - 1023;
  scratchWords[1] = (high & 0xfffff) | 0x3ff00000;
  let m = scratch[0];
  if (m > Math.SQRT2) {
    m *= 0.5;
    k += 1;
  }
  return addLn2(k, lnNearOne(m));
}

/** `sin x = x - x³/3! + … + x¹⁷/17!` for |x| ≤ π/4. The same bits in every engine. */
export function sinSmall(x: number): number {
  const x2 = x * x;
  const tail =
    -1 / 6 +
    x2 *
      (1 / 120 +
        x2 *
          (-1 / 5040 +
            x2 *
              (1 / 362880 +
                x2 *
                  (-1 / 39916800 +
                    x2 *
                      (1 / 6227020800 + x2 * (-1 / 1307674368000 + x2 * (1 / 355687428096000)))))));
  return x + x * (x2 * tail);
}

/** `cos x = 1 - x²/2! + … + x¹⁶/16!` for |x| ≤ π/4. The same bits in every engine. */
export function cosSmall(x: number): number {
  const x2 = x * x;
  const tail =
    1 / 24 +
    x2 *
      (-1 / 720 +
        x2 *
          (1 / 40320 +
            x2 *
              (-1 / 3628800 +
                x2 * (1 / 479001600 + x2 * (-1 / 87178291200 + x2 * (1 / 20922789888000))))));
  return 1 - 0.5 * x2 + x2 * x2 * tail;
}

/** `e^x` with the same bits in every engine; 0 for x < -708, from where on the numbers are subnormal. */
export function exactExp(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x > 709.782712893384) return Infinity;
  if (x < -708) return 0;
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 1;
  for (let n = 14; n >= 1; n--) sum = 1 + (r * sum) / n;
  return sum * exactPow2(k - 1) * 2;
}
