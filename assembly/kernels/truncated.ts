import { VALUES, WORDS } from './memory';
import { block, cosines, normal64, sines } from './normal';
import { oneBlock, SCRATCH } from './philox';
import { OUTSIDE, quickInside32 } from './quick';

const LN2_HIGH: f64 = 2977044471.0 / 4294967296.0;
const LN2_LOW: f64 = 1.9082149292705877e-10;
const STEP: f64 = 1.0 / 4294967296.0;

/** How attempts are made. */
const WIDE: i32 = 0;
const AROUND_0: i32 = 1;
const NARROW_TAIL: i32 = 2;
const TAIL: i32 = 3;

let method: i32 = 0;
/** The interval, mirrored into the positive half where it is a tail on the negative side. */
let a: f64 = 0;
let b: f64 = 0;
let sign: f64 = 1;
let rate: f64 = 0;
/** What the attempt's number becomes, and the ends that it is clamped to. */
let toMean: f64 = 0;
let byStd: f64 = 1;
let bottom: f64 = 0;
let top: f64 = 0;
/** The index of the chunk's first element. */
let base: u64 = 0;

/** `ln x` for a normal number x > 0, in the operations of the promise. */
function ln(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  let k = <i32>(bits >> 52) - 1023;
  let m = reinterpret<f64>((bits & 0xfffffffffffff) | 0x3ff0000000000000);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    k += 1;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  const twice = 2 * s;
  const p =
    1.0 / 3.0 +
    z *
      (1.0 / 5.0 +
        z *
          (1.0 / 7.0 +
            z *
              (1.0 / 9.0 +
                z *
                  (1.0 / 11.0 +
                    z *
                      (1.0 / 13.0 +
                        z *
                          (1.0 / 15.0 +
                            z * (1.0 / 17.0 + z * (1.0 / 19.0 + z * (1.0 / 21.0)))))))));
  return <f64>k * LN2_HIGH + (twice + twice * (z * p) + <f64>k * LN2_LOW);
}

/** `(w + ½) 2^-32` of word j of an attempt. */
function uniform(j: usize): f64 {
  return (<f64>load<u32>(SCRATCH + 4 * j) + 0.5) * STEP;
}

/** 64 bits of uniform number from the first two words of an attempt. */
function uniform64(): f64 {
  return (<f64>load<u32>(SCRATCH) + (<f64>load<u32>(SCRATCH, 4) + 0.5) * STEP) * STEP;
}

function isInside(z: f64): bool {
  return z >= a && z <= b;
}

/** The number that the words of an attempt propose, NaN if it is rejected. */
function proposal(): f64 {
  if (method === WIDE) {
    block(v128.load(SCRATCH));
    let z = f64x2.extract_lane(cosines, 0);
    if (isInside(z)) return z;
    z = f64x2.extract_lane(sines, 0);
    if (isInside(z)) return z;
    z = f64x2.extract_lane(cosines, 1);
    if (isInside(z)) return z;
    z = f64x2.extract_lane(sines, 1);
    return isInside(z) ? z : NaN;
  }
  if (method === AROUND_0) {
    const x = min(a + (b - a) * uniform64(), b);
    return ln(uniform(2)) <= -0.5 * x * x ? x : NaN;
  }
  if (method === NARROW_TAIL) {
    const d = (b - a) * uniform64();
    return ln(uniform(2)) <= -0.5 * d * (2 * a + d) ? sign * min(a + d, b) : NaN;
  }
  const e = -ln(uniform64());
  const d = (e - 1) / rate;
  const isKept = e <= (b - a) * rate && ln(uniform(2)) <= -0.5 * d * d;
  return isKept ? sign * min(a + e / rate, b) : NaN;
}

/** The number of element `base + j` by attempts. */
function attempt(j: i32): f64 {
  const element = base + <u64>j;
  let high = <u32>(element >> 32);
  let z: f64 = NaN;
  while (isNaN(z)) {
    high += 1 << 21;
    oneBlock(<u32>element, high);
    z = proposal();
  }
  return z;
}

function finished(z: f64): f64 {
  const value = toMean + byStd * z;
  return value < bottom ? bottom : value > top ? top : value;
}

/** Makes the block at word i again, exactly, with attempts for what lies outside. */
function remake(i: i32): void {
  block(v128.load(WORDS + 4 * <usize>i));
  const c0 = f64x2.extract_lane(cosines, 0);
  const s0 = f64x2.extract_lane(sines, 0);
  const c1 = f64x2.extract_lane(cosines, 1);
  const s1 = f64x2.extract_lane(sines, 1);
  const at = VALUES + 4 * <usize>i;
  store<f32>(at, <f32>finished(isInside(c0) ? c0 : attempt(i)));
  store<f32>(at, <f32>finished(isInside(s0) ? s0 : attempt(i + 1)), 4);
  store<f32>(at, <f32>finished(isInside(c1) ? c1 : attempt(i + 2)), 8);
  store<f32>(at, <f32>finished(isInside(s1) ? s1 : attempt(i + 3)), 12);
}

/** Sets the law for what follows: `mean + std z`, z in [low, high], clamped to [least, most]. */
export function setTruncation(
  mean: f64,
  std: f64,
  low: f64,
  high: f64,
  least: f64,
  most: f64,
): void {
  toMean = mean;
  byStd = std;
  bottom = least;
  top = most;
  sign = 1;
  a = low;
  b = high;
  if (low <= 0 && high >= 0) {
    method = high - low >= 2.5066282746310002 ? WIDE : AROUND_0;
    return;
  }
  if (high < 0) {
    sign = -1;
    a = -high;
    b = -low;
  }
  rate = (a + sqrt(a * a + 4)) / 2;
  method = (b - a) * rate <= 1 ? NARROW_TAIL : TAIL;
}

/** Turns `count` words into float64 numbers of the law that is set; the first is `element` of the stream. */
export function truncated64(count: i32, element: u64): void {
  base = element;
  if (method === WIDE) normal64(count, 0, 1);
  for (let j = 0; j < count; j++) {
    const at = VALUES + 8 * <usize>j;
    const z = load<f64>(at);
    store<f64>(at, finished(method === WIDE && isInside(z) ? z : attempt(j)));
  }
}

/** The same as float32 numbers, up to three more. */
export function truncated32(count: i32, element: u64): void {
  if (method === WIDE && toMean === 0 && byStd >= 1e-25 && byStd <= 1e25) {
    base = element;
    const listed = quickInside32(
      count,
      byStd,
      max(byStd * a * (1 - 1e-11), bottom),
      min(byStd * b * (1 - 1e-11), top),
      byStd * a * (1 + 1e-11),
      byStd * b * (1 + 1e-11),
      remake,
    );
    for (let k = 0; k < listed; k++) {
      const j = load<i32>(OUTSIDE + 4 * <usize>k);
      store<f32>(VALUES + 4 * <usize>j, <f32>finished(attempt(j)));
    }
    return;
  }
  truncated64(count, element);
  for (let j = 0; j < count; j++) {
    store<f32>(VALUES + 4 * <usize>j, <f32>load<f64>(VALUES + 8 * <usize>j));
  }
}
