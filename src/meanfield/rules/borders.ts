/** A window that slides along one axis of an image, as convolutions and pooling have it. */
export interface Slide {
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
  /** Positions added before the first. */
  readonly before: number;
  /** Positions of the output. */
  readonly out: number;
}

/**
 * What zeros beyond the ends of an axis do to second moments. A profile has the second moment at each position of
 * the axis in units of its mean; moments at two-dimensional positions are products over the axes.
 */
export interface Border {
  /** Factor of the mean second moment, and of that of two inputs at one position, in units of `taps`. */
  readonly same: number;
  /** Factor of the mean over pairs of far positions. */
  readonly far: number;
  /** Of the output. */
  readonly profile: Float64Array;
}

/** The profile of an axis whose positions are alike. */
export function flatProfile(size: number): Float64Array {
  return new Float64Array(size).fill(1);
}

/**
 * A convolution of independent weights along one axis: a position of the output sums over the taps that lie inside,
 * `q'(o) ∝ Σ_tap q(stride o + dilation tap - before)`, and two positions have those taps in common that lie inside for
 * both, `p'(o, o') ∝ Σ_tap √(q q')` of positions that are alike but for their second moment. Averaged over positions, zeros
 * take more of p than of q; repeated layers have less at the border each time.
 * `RangeError` unless the window has taps and outputs.
 */
export function slideBorder(profile: Float64Array, slide: Slide): Border {
  const { taps, stride, dilation, before, out } = slide;
  checkSlide(slide);
  const amplitude = profile.map(Math.sqrt);
  const level = average(amplitude);
  const sums = new Float64Array(out);
  let far = 0;
  for (let tap = 0; tap < taps; tap++) {
    let seen = 0;
    for (let o = 0; o < out; o++) {
      const at = stride * o + dilation * tap - before;
      if (at < 0 || at >= profile.length) continue;
      sums[o] += profile[at];
      seen += amplitude[at];
    }
    far += (seen / out) ** 2;
  }
  const same = average(sums) / taps;
  return {
    same,
    far: level > 0 ? far / (taps * level * level) : 0,
    profile: same > 0 ? sums.map((sum) => sum / (same * taps)) : sums,
  };
}

/**
 * A transposed convolution of independent weights along one axis: input i reaches the output `stride i + dilation tap -
 * before`, so that an output sees those taps that hit an input, and two outputs have in common the taps that both see.
 * `same` and `far` are in units of one tap over one input. `RangeError` unless there are taps and outputs.
 */
export function spreadBorder(profile: Float64Array, slide: Slide): Border {
  const { taps, stride, dilation, before, out } = slide;
  checkSlide(slide);
  const amplitude = profile.map(Math.sqrt);
  const level = average(amplitude);
  const sums = new Float64Array(out);
  let far = 0;
  for (let tap = 0; tap < taps; tap++) {
    let seen = 0;
    for (let i = 0; i < profile.length; i++) {
      const o = stride * i + dilation * tap - before;
      if (o < 0 || o >= out) continue;
      sums[o] += profile[i];
      seen += amplitude[i];
    }
    far += (seen / out) ** 2;
  }
  const same = average(sums);
  return {
    same,
    far: level > 0 ? far / (level * level) : 0,
    profile: same > 0 ? sums.map((sum) => sum / same) : sums,
  };
}

/**
 * A pooling along one axis, over the positions of the windows that lie inside: `same` is the mean second moment of the
 * positions that windows see, each as often as it is seen, and of averages that of the positions they keep.
 */
export function poolBorder(profile: Float64Array, slide: Slide): Border {
  const { taps, stride, dilation, before, out } = slide;
  checkSlide(slide);
  const means = new Float64Array(out);
  const amplitudes = new Float64Array(out);
  for (let o = 0; o < out; o++) {
    let [count, sum, amplitude] = [0, 0, 0];
    for (let tap = 0; tap < taps; tap++) {
      const at = stride * o + dilation * tap - before;
      if (at < 0 || at >= profile.length) continue;
      count++;
      sum += profile[at];
      amplitude += Math.sqrt(profile[at]);
    }
    means[o] = count > 0 ? sum / count : 0;
    amplitudes[o] = count > 0 ? amplitude / count : 0;
  }
  const same = average(means);
  const level = average(profile.map(Math.sqrt));
  return {
    same,
    far: level > 0 ? (average(amplitudes) / level) ** 2 : 0,
    profile: same > 0 ? means.map((mean) => mean / same) : means,
  };
}

/** The profile of a sum of independent values with second moments `a` and `b`. */
export function mixedProfile(
  first: Float64Array,
  a: number,
  second: Float64Array,
  b: number,
): Float64Array {
  return a + b > 0 ? first.map((x, i) => (a * x + b * second[i]) / (a + b)) : first;
}

function average(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function checkSlide({ taps, out }: Slide): void {
  for (const [name, count] of [
    ['taps', taps],
    ['out', out],
  ] as const) {
    if (!Number.isInteger(count) || count < 1) {
      throw new RangeError(`slide: ${name} must be a whole number from 1 on, got ${count}`);
    }
  }
}
