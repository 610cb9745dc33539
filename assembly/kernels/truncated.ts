import { VALUES, WORDS } from './memory';
import { block, cosines, normal64, sines } from './normal';
import { COUNTERS, fourBlocks, SCRATCH } from './philox';
import { quickInside32 } from './quick';

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

/** `(w + ½) 2^-32` of word j of the attempt at these words. */
function uniform(words: usize, j: usize): f64 {
  return (<f64>load<u32>(words + 4 * j) + 0.5) * STEP;
}

/** 64 bits of uniform number from the first two words of an attempt. */
function uniform64(words: usize): f64 {
  return (<f64>load<u32>(words) + (<f64>load<u32>(words, 4) + 0.5) * STEP) * STEP;
}

function isInside(z: f64): bool {
  return z >= a && z <= b;
}

/** The number that the words of an attempt propose, NaN if it is rejected. */
function proposal(words: usize): f64 {
  if (method === WIDE) {
    block(v128.load(words));
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
    const x = min(a + (b - a) * uniform64(words), b);
    return ln(uniform(words, 2)) <= -0.5 * x * x ? x : NaN;
  }
  if (method === NARROW_TAIL) {
    const d = (b - a) * uniform64(words);
    return ln(uniform(words, 2)) <= -0.5 * d * (2 * a + d) ? sign * min(a + d, b) : NaN;
  }
  const e = -ln(uniform64(words));
  const d = (e - 1) / rate;
  const isKept = e <= (b - a) * rate && ln(uniform(words, 2)) <= -0.5 * d * d;
  return isKept ? sign * min(a + e / rate, b) : NaN;
}

/** Sets block `lane` of `COUNTERS` to attempt t of element `base + j`. */
function setAttempt(lane: usize, j: i32, t: u32): void {
  const element = base + <u64>j;
  store<u32>(COUNTERS + 4 * lane, <u32>element);
  store<u32>(COUNTERS + 4 * lane, <u32>(element >> 32) + (t << 21), 16);
}

/** The number of element `base + j` by attempts t, t + 1, …, four at a time. */
function attempts(j: i32, t: u32): f64 {
  let z: f64 = NaN;
  for (let from = t; isNaN(z); from += 4) {
    for (let lane: u32 = 0; lane < 4; lane++) setAttempt(lane, j, from + lane);
    fourBlocks();
    for (let lane: u32 = 0; lane < 4 && isNaN(z); lane++) z = proposal(SCRATCH + 16 * lane);
  }
  return z;
}

/** Elements that still need a number, by their index in the chunk. */
const PENDING: usize = memory.data(4 * (2048 + 32), 64);

let pending: i32 = 0;

/** Notes that element j needs attempts. */
function note(j: i32): void {
  store<i32>(PENDING + 4 * <usize>pending, j);
  pending++;
}

/** First attempts of four pending elements at a time, which wait for nothing but themselves. */
function settle(isSingle: bool): void {
  for (let k = 0; k < pending; k += 4) {
    const together = min(4, pending - k);
    for (let lane = 0; lane < together; lane++) {
      setAttempt(lane, load<i32>(PENDING + 4 * <usize>(k + lane)), 1);
    }
    fourBlocks();
    // Where first attempts fail, others take the place of their words.
    for (let lane = 0; lane < together; lane++) {
      store<f64>(FIRST + 8 * <usize>lane, proposal(SCRATCH + 16 * <usize>lane));
    }
    for (let lane = 0; lane < together; lane++) {
      const j = load<i32>(PENDING + 4 * <usize>(k + lane));
      const first = load<f64>(FIRST + 8 * <usize>lane);
      const value = finished(isNaN(first) ? attempts(j, 2) : first);
      if (isSingle) store<f32>(VALUES + 4 * <usize>j, <f32>value);
      else store<f64>(VALUES + 8 * <usize>j, value);
    }
  }
  pending = 0;
}

const FIRST: usize = memory.data(32, 16);

function finished(z: f64): f64 {
  const value = toMean + byStd * z;
  return value < bottom ? bottom : value > top ? top : value;
}

function finish32(j: i32, z: f64): void {
  if (isInside(z)) store<f32>(VALUES + 4 * <usize>j, <f32>finished(z));
  else note(j);
}

/** Makes the block at word i again, exactly. */
function remake(i: i32): void {
  block(v128.load(WORDS + 4 * <usize>i));
  finish32(i, f64x2.extract_lane(cosines, 0));
  finish32(i + 1, f64x2.extract_lane(sines, 0));
  finish32(i + 2, f64x2.extract_lane(cosines, 1));
  finish32(i + 3, f64x2.extract_lane(sines, 1));
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

/** The float32 number so many places above x, or below for a negative count; infinite beyond the last one. */
function neighbour(x: f32, places: i32): f32 {
  // The bits of floats, with those of negative ones mirrored, are integers in the same order.
  const bits = reinterpret<i32>(x);
  const order = (bits < 0 ? i32.MIN_VALUE - bits : bits) + places;
  return reinterpret<f32>(order < 0 ? i32.MIN_VALUE - order : order);
}

/** Turns `count` words into float64 numbers of the law that is set; the first is `element` of the stream. */
export function truncated64(count: i32, element: u64): void {
  base = element;
  if (method === WIDE) normal64(count, 0, 1);
  for (let j = 0; j < count; j++) {
    const at = VALUES + 8 * <usize>j;
    const z = load<f64>(at);
    if (method === WIDE && isInside(z)) store<f64>(at, finished(z));
    else note(j);
  }
  settle(false);
}

/** The same as float32 numbers, up to three more. */
export function truncated32(count: i32, element: u64): void {
  if (method === WIDE && toMean === 0 && byStd >= 1e-25 && byStd <= 1e25) {
    base = element;
    // Two float32 numbers beyond each end in either direction are left to the exact way.
    const low = <f32>max(byStd * a, -f32.MAX_VALUE);
    const high = <f32>min(byStd * b, f32.MAX_VALUE);
    quickInside32(
      count,
      byStd,
      neighbour(low, 2),
      neighbour(high, -2),
      neighbour(low, -2),
      neighbour(high, 2),
      remake,
      note,
    );
    settle(true);
    return;
  }
  truncated64(count, element);
  for (let j = 0; j < count; j++) {
    store<f32>(VALUES + 4 * <usize>j, <f32>load<f64>(VALUES + 8 * <usize>j));
  }
}
