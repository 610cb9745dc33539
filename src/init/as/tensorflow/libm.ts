const scratch = new Float32Array(1);
const bits = new Int32Array(scratch.buffer);

const LOG_OFFSET = 0x3f330000;

/** `1/c` and `ln c` for 16 numbers c in [0.7, 1.4]. */
const LOG_TABLE: readonly (readonly [inverse: number, log: number])[] = [
  [1.398907162146528, -0.33569133332882284],
  [1.3403141896637998, -0.2929040563774074],
  [1.286432210124115, -0.2518726580937369],
  [1.2367150214269895, -0.21245868807117255],
  [1.1906977166711752, -0.17453945183745634],
  [1.1479821020556429, -0.1380057072319758],
  [1.1082251448272158, -0.10275976698545139],
  [1.0711297413057381, -0.06871392447020525],
  [1.036437278977283, -0.0357891387398228],
  [1, 0],
  [0.9492859795739057, 0.05204517742929496],
  [0.8951049428609004, 0.11081431298787942],
  [0.8476821620351103, 0.1652495223695143],
  [0.8050314851692001, 0.21687389031699977],
  [0.7664671008843108, 0.2659635028121397],
  [0.731428603316328, 0.3127556664073557],
];

/**
 * `ln x` of a normal float32 x > 0, in float32, as the GNU C library rounds it (release 2.28 and later:
 * float64 inside, one rounding at the end; that it may fuse products and sums changes no result for the
 * numbers k 2^-23).
 * Reference: ARM optimized-routines, math/logf.c (MIT)
 */
export function glibcLog32(x: number): number {
  scratch[0] = x;
  const offset = bits[0] - LOG_OFFSET;
  const k = offset >> 23;
  const [inverse, log] = LOG_TABLE[(offset >>> 19) & 15];
  bits[0] -= k << 23;
  const r = scratch[0] * inverse - 1;
  const r2 = r * r;
  const y = -0.25089342214237154 * r2 + (0.333456765744066 * r + -0.4999997485802103);
  return Math.fround(y * r2 + (log + k * Math.LN2 + r));
}

/** `sin x` for |x| ≤ π/4, by odd powers; x2 is x². */
function sinPart(x: number, x2: number): number {
  const x3 = x2 * x;
  return (
    x + x3 * -0.16666654943701084 + x3 * x2 * (0.008332178146138854 + x2 * -0.00019517298981385725)
  );
}

/** `cos x` for |x| ≤ π/4, by even powers; x2 is x². */
function cosPart(x2: number): number {
  const x4 = x2 * x2;
  const head = 1 + x2 * -0.49999999725108224 + x4 * 0.041666623324344516;
  return head + x4 * x2 * (-0.001388676379437604 + x2 * 2.4390450703564542e-5);
}

/** `2/π · 2²⁴`, so that adding 2²³ and shifting by 24 rounds to the nearest quadrant. */
const QUADRANTS = 10680707.430881744;

/**
 * `[sin x, cos x]` of a float32 x in [0, 120), in float32, as the GNU C library rounds them.
 * Reference: ARM optimized-routines, math/sincosf.c (MIT)
 */
export function glibcSinCos32(x: number, out: Float32Array): void {
  const quadrant = x < Math.PI / 4 ? 0 : (((x * QUADRANTS) | 0) + 0x800000) >> 24;
  const reduced = x - quadrant * (Math.PI / 2);
  const x2 = reduced * reduced;
  const sin = sinPart(reduced, x2);
  const cos = cosPart(x2);
  const isOdd = (quadrant & 1) === 1;
  out[0] = (quadrant & 2) === 0 ? (isOdd ? cos : sin) : isOdd ? -cos : -sin;
  out[1] = ((quadrant + 1) & 2) === 0 ? (isOdd ? sin : cos) : isOdd ? -sin : -cos;
}
