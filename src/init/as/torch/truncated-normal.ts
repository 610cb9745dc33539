import { erf, exactLn } from '../../../numeric/index.ts';
import { cutNormalMoments } from '../../cut-normal.ts';
import type { Options } from '../../initializer.ts';
import { fillTorchNormal, torchNormalsAt } from './box-muller.ts';
import { erfinv32 } from './erfinv.ts';
import { numberOf, type TorchFunction } from './function.ts';
import type { TorchGenerator } from './mersenne.ts';
import { fillTorchUniform, torchUniformsAt } from './uniform.ts';

const call = 'torch.nn.init.trunc_normal_';
const f = Math.fround;

interface Cut {
  readonly mean: number;
  readonly std: number;
  readonly a: number;
  readonly b: number;
}

function cutOf(options: Options): Cut {
  const [mean, std] = [numberOf(options, 'mean'), numberOf(options, 'std')];
  const [a, b] = [numberOf(options, 'a'), numberOf(options, 'b')];
  if (!Number.isFinite(mean)) throw new RangeError(`${call}: mean must be finite, got ${mean}`);
  if (!(std > 0 && std < Infinity)) {
    throw new RangeError(`${call}: std must be finite and > 0, got ${std}`);
  }
  if (!(a < b)) throw new RangeError(`${call}: a must be < b, got ${a} and ${b}`);
  return { mean, std, a, b };
}

const cdf = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;

/** Rounds of redrawing after which there is no hope of an end. */
const ROUNDS = 20_000;

function endless({ mean, std, a, b }: Cut): never {
  throw new RangeError(
    `${call}: a and b must be where N(${mean}, ${std}²) has values, got ${a} and ${b}, of which ${ROUNDS} rounds found too few`,
  );
}

/** Share of the normal above which 2.13 draws normal numbers, and below which uniform ones. */
const SHARE = 0.3;

/** 2.13 and 2.12: whole tensors are drawn again until every element has been inside once. */
function fillByRejection(generator: TorchGenerator, out: Float32Array, cut: Cut): void {
  const { mean, std, a, b } = cut;
  const share = cdf((b - mean) / std) - cdf((a - mean) / std);
  if (share > SHARE) fillFromNormals(generator, out, cut);
  else fillFromUniforms(generator, out, cut);
}

function fillFromNormals(generator: TorchGenerator, out: Float32Array, cut: Cut): void {
  const { mean, std } = cut;
  const [low, high] = [f(cut.a), f(cut.b)];
  const isOutside = (value: number): boolean => value < low || value > high;
  fillTorchNormal(generator, out, mean, std);
  let count = 0;
  for (const value of out) if (isOutside(value)) count++;
  let left = new Uint32Array(count);
  for (let i = 0, k = 0; k < count; i++) if (isOutside(out[i])) left[k++] = i;
  for (let round = 0; left.length > 0; round++) {
    if (round === ROUNDS) endless(cut);
    const values = torchNormalsAt(generator, out.length, left, mean, std);
    for (const [k, i] of left.entries()) out[i] = values[k];
    left = left.filter((i) => isOutside(out[i]));
  }
}

function fillFromUniforms(generator: TorchGenerator, out: Float32Array, cut: Cut): void {
  const { mean, std, a, b } = cut;
  const mode = Math.max(a, Math.min(mean, b));
  const z = (mode - mean) / std;
  const [centre, scale, logPeak] = [f(mean), f(std), f(-0.5 * (z * z))];
  const logDensity = (value: number): number => {
    const deviation = f(f(value - centre) / scale);
    return f(f(f(deviation * deviation) * -0.5) - logPeak);
  };
  const size = out.length;
  let left = new Uint32Array(size);
  for (let i = 0; i < size; i++) left[i] = i;
  for (let round = 0; round === 0 || left.length > 0; round++) {
    if (round === ROUNDS) endless(cut);
    const values = torchUniformsAt(generator, size, left, a, b, true);
    for (const [k, i] of left.entries()) out[i] = values[k];
    const chances = torchUniformsAt(generator, size, left, 0, 1, true);
    left = left.filter((i, k) => f(exactLn(chances[k])) > logDensity(out[i]));
  }
}

/** 2.11 and before: the inverse distribution function, then clamped. */
function fillByInverse(generator: TorchGenerator, out: Float32Array, cut: Cut): void {
  const { mean, std, a, b } = cut;
  const [from, to] = [2 * cdf((a - mean) / std) - 1, 2 * cdf((b - mean) / std) - 1];
  fillTorchUniform(generator, out, from, to, false);
  const [scale, centre, low, high] = [f(std * Math.SQRT2), f(mean), f(a), f(b)];
  for (let i = 0; i < out.length; i++) {
    const value = f(f(erfinv32(out[i]) * scale) + centre);
    out[i] = Math.min(Math.max(value, low), high);
  }
}

function truncated(
  tolerance: number,
  fill: (generator: TorchGenerator, out: Float32Array, cut: Cut) => void,
): TorchFunction {
  return {
    call,
    options: { mean: 0, std: 1, a: -2, b: 2 },
    choices: {},
    tolerance,
    fill: (generator, out, _, options) => fill(generator, out, cutOf(options)),
    spread: (_, options) => {
      const { mean, std, a, b } = cutOf(options);
      const z = cutNormalMoments((a - mean) / std, (b - mean) / std);
      const centre = mean + std * z.mean;
      const reach = Math.max(b - centre, centre - a);
      return { std: std * z.std, bound: reach === Infinity ? null : reach };
    },
  };
}

/** `trunc_normal_` of 2.13: `a` and `b` are bounds of the values themselves, `std` that of the normal before the cut. */
export const truncatedNormal213: TorchFunction = truncated(0, fillByRejection);

/**
 * `trunc_normal_` of 2.11. Its `erfinv` is MKL's, whose last bit is not the same on all processors: the
 * values agree to two units in the last place.
 */
export const truncatedNormal211: TorchFunction = truncated(5e-7, fillByInverse);
