import type { Jump, Nonlinearity } from '../activation/index.ts';
import { gaussianMean, normalPdf } from '../numeric/index.ts';

/** `1 / √(2π)`. */
const PEAK = normalPdf(0);

/** Standard deviations beyond which a jump counts for nothing. */
const REACH = 9;

/**
 * `sin θ` times what two deltas in `φ'` at jumps of `φ` add to `E φ'(u₁) φ'(u₂)`: the heights of the jumps times the
 * density of `(u₁, u₂)` there. A smooth function of the angle.
 */
export function jumpPairs(phi: Nonlinearity, q1: number, q2: number, theta: number): number {
  const [std1, std2] = [Math.sqrt(q1), Math.sqrt(q2)];
  const [c, s] = [Math.cos(theta), Math.sin(theta)];
  let sum = 0;
  const within = (std: number): Jump[] =>
    (phi.jumps ?? []).filter(({ at }) => Math.abs(at) < REACH * std);
  const seconds = within(std2);
  for (const first of within(std1)) {
    for (const second of seconds) {
      const [z1, z2] = [first.at / std1, second.at / std2];
      const isThere = theta === 0 ? z1 === z2 : z1 === -z2;
      const atEnd = isThere ? PEAK : 0;
      const given = theta === 0 || theta === Math.PI ? atEnd : normalPdf((z2 - c * z1) / s);
      sum += (first.height * second.height * normalPdf(z1) * given) / (std1 * std2);
    }
  }
  return sum;
}

/** What a delta in one factor and the smooth part of the other add to `E φ'(u₁) φ'(u₂)`. */
export function jumpsWithSlopes(phi: Nonlinearity, q1: number, q2: number, theta: number): number {
  const [std1, std2] = [Math.sqrt(q1), Math.sqrt(q2)];
  const [c, s] = [Math.cos(theta), Math.sin(theta)];
  let sum = 0;
  if (slopesOf(phi)?.every((slope) => slope === 0) ?? false) return 0;
  for (const { at, height } of phi.jumps ?? []) {
    if (Math.abs(at) > REACH * Math.max(std1, std2)) continue;
    for (const [own, other] of [
      [std1, std2],
      [std2, std1],
    ]) {
      const z = at / own;
      const slope = (w: number): number => phi.df(other * (c * z + s * w));
      const breakpoints = phi.breakpoints.map((x) => (x / other - c * z) / s);
      // At θ = 0 and π the other one stands at the jump itself, half of the time on either side.
      const beside =
        0.5 * (phi.df(other * c * z * (1 - 1e-15)) + phi.df(other * c * z * (1 + 1e-15)));
      const isEnd = theta === 0 || theta === Math.PI;
      const given = isEnd ? beside : gaussianMean(slope, { breakpoints });
      sum += ((height * normalPdf(z)) / own) * given;
    }
  }
  return sum;
}

const SLOPES: WeakMap<Nonlinearity, readonly number[] | null> = new WeakMap();

/** The slopes between the breakpoints of a piecewise linear `φ`, `null` for any other. */
export function slopesOf(phi: Nonlinearity): readonly number[] | null {
  let slopes = SLOPES.get(phi);
  if (slopes === undefined) SLOPES.set(phi, (slopes = findSlopes(phi)));
  return slopes;
}

function findSlopes({ df, breakpoints }: Nonlinearity): readonly number[] | null {
  if (breakpoints.length === 0) return null;
  const ends = [breakpoints[0] - 64, ...breakpoints, breakpoints[breakpoints.length - 1] + 64];
  const slopes: number[] = [];
  for (let i = 0; i + 1 < ends.length; i++) {
    const slope = df(0.5 * (ends[i] + ends[i + 1]));
    for (const t of [1e-9, 1e-4, 0.03, 0.2, 0.37, 0.7, 0.96, 0.9999, 1 - 1e-9]) {
      if (df(ends[i] + t * (ends[i + 1] - ends[i])) !== slope) return null;
    }
    slopes.push(slope);
  }
  return slopes;
}
