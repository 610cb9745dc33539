import type { Kernels, Key } from '../random/index.ts';
import type { AxisRole, FloatDType, Tensor } from '../tensor/index.ts';
import { convOrthogonal } from './conv-orthogonal.ts';
import { badGain, define } from './define.ts';
import { glorotNormal } from './glorot.ts';
import type { Scheme, Spec } from './initializer.ts';
import { lecunNormal } from './lecun.ts';
import { linearMaps, mapSize, notLinear } from './linear-map.ts';
import { deltaOrthogonal, orthogonal, scaledOrthogonal } from './orthogonal.ts';
import { tensorOfZeros } from './tensor.ts';

const BASES = [
  orthogonal,
  scaledOrthogonal,
  deltaOrthogonal,
  convOrthogonal,
  lecunNormal,
  glorotNormal,
];

interface MirrorOptions {
  readonly gain: number;
  readonly base: string;
  readonly mirror: string;
  readonly half_in: number;
  readonly half_out: number;
}

function baseOf({ base }: MirrorOptions): Scheme {
  return BASES.find(({ name }) => name === base) ?? orthogonal;
}

const mirrorsIn = ({ mirror }: MirrorOptions): boolean => mirror !== 'out';
const mirrorsOut = ({ mirror }: MirrorOptions): boolean => mirror !== 'in';

/** The spec of Ω, of all maps: `[maps · out, in, ...kernel]` with the mirrored axes cut in half. */
function specOfOmega(spec: Spec, options: MirrorOptions): Spec {
  const { shape, layout, dtype, fanIn, fanOut } = spec;
  const { outputs, inputs } = mapSize(spec);
  const maps = linearMaps(spec).bases.length;
  const [perOut, perIn] = [mirrorsOut(options) ? 2 : 1, mirrorsIn(options) ? 2 : 1];
  const kernel = shape.filter((_, axis) => layout[axis] === 'kernel');
  return {
    shape: [(maps * outputs) / perOut, inputs / perIn, ...kernel],
    dtype,
    layout: ['out', 'in', ...kernel.map((): AxisRole => 'kernel')],
    groups: Math.max(maps, 1),
    fanIn: fanIn / perIn,
    fanOut: fanOut / perOut,
  };
}

/** What must hold for an axis that is mirrored in blocks of twice `half`, 0 for all of it. */
function unpaired(axis: string, extent: number, half: number): string | null {
  if (extent % 2 !== 0) return `${axis} must be even in number, to be mirrored, got ${extent}`;
  return half === 0 || extent % (2 * half) === 0
    ? null
    : `${axis} must be a multiple of twice the half of ${half}, got ${extent}`;
}

/** Places of the first `count` elements of an axis among its pairs; their mirror images stand `half` further on. */
function firsts(extent: number, isMirrored: boolean, half: number): Uint32Array {
  if (!isMirrored) return Uint32Array.from({ length: extent }, (_, i) => i);
  const reach = half === 0 ? extent / 2 : half;
  return Uint32Array.from(
    { length: extent / 2 },
    (_, i) => 2 * reach * Math.floor(i / reach) + (i % reach),
  );
}

function undefinedFor(spec: Spec, options: MirrorOptions): string | null {
  const problem = notLinear(spec);
  if (problem !== null || spec.shape.includes(0)) return problem;
  const { outputs, inputs } = mapSize(spec);
  const odd =
    (mirrorsIn(options) ? unpaired('inputs', inputs, options.half_in) : null) ??
    (mirrorsOut(options) ? unpaired('outputs', outputs, options.half_out) : null);
  if (odd !== null) return odd;
  try {
    baseOf(options).check(specOfOmega(spec, options), { gain: options.gain });
    return null;
  } catch (error) {
    if (error instanceof RangeError) return `of Ω, ${error.message}`;
    throw error;
  }
}

function draw(key: Key, spec: Spec, options: MirrorOptions, kernels: Kernels): Tensor<FloatDType> {
  const omega = baseOf(options).draw(
    key,
    specOfOmega(spec, options),
    { gain: options.gain },
    kernels,
  );
  const { dtype, shape } = spec;
  const { data } = tensorOfZeros(spec, kernels, () => undefined);
  const isBits = dtype === 'float16' || dtype === 'bfloat16';
  const negative = (value: number): number => (isBits ? value ^ 0x8000 : -value);
  const { bases, outputs, inputs, taps } = linearMaps(spec);
  const rows = firsts(outputs.length, mirrorsOut(options), options.half_out);
  const columns = firsts(inputs.length, mirrorsIn(options), options.half_in);
  const below = mirrorsOut(options) ? halfOf(outputs.length, options.half_out) : null;
  const beside = mirrorsIn(options) ? halfOf(inputs.length, options.half_in) : null;
  let next = 0;
  for (const base of bases) {
    for (const o of rows) {
      for (const i of columns) {
        for (const tap of taps) {
          const value = omega.data[next++];
          const at = base + tap;
          data[at + outputs[o] + inputs[i]] = value;
          if (beside !== null) data[at + outputs[o] + inputs[i + beside]] = negative(value);
          if (below !== null) data[at + outputs[o + below] + inputs[i]] = negative(value);
          if (beside !== null && below !== null) {
            data[at + outputs[o + below] + inputs[i + beside]] = value;
          }
        }
      }
    }
  }
  return { dtype, shape, data };
}

const halfOf = (extent: number, half: number): number => (half === 0 ? extent / 2 : half);

/**
 * `W = [Ω, -Ω]` over the inputs, so that `W [x₊; (-x)₊] = Ω x`; `mirror=out` is `[Ω; -Ω]` over the outputs, which
 * gives a plain rectifier both halves to keep, `both` is `[[Ω, -Ω], [-Ω, Ω]]`. Ω is drawn by `base`. The
 * halves of an axis stand one after the other, or in blocks of twice `half_in` and `half_out` if these
 * are not 0.
 */
export const looksLinear: Scheme = define({
  name: 'looks_linear',
  formula: 'W = [Ω, -Ω] (mirror=out: [Ω; -Ω], both: [[Ω, -Ω], [-Ω, Ω]]), Ω by base with this gain',
  use: 'after a concatenated rectifier [x₊; (-x)₊], or mirrored in plain ReLU networks: deep networks that begin linear',
  reference: 'Balduzzi et al. 2017, section 4, arXiv:1702.08591',
  options: { gain: 1, base: 'orthogonal', mirror: 'in', half_in: 0, half_out: 0 },
  choices: { base: BASES.map(({ name }) => name), mirror: ['in', 'out', 'both'] },
  problem: ({ gain, half_in: halfIn, half_out: halfOut }) => {
    const odd = Object.entries({ half_in: halfIn, half_out: halfOut }).find(
      ([, half]) => !Number.isSafeInteger(half) || half < 0,
    );
    return odd === undefined
      ? badGain({ gain })
      : `${odd[0]} must be an integer >= 0, got ${odd[1]}`;
  },
  undefinedFor,
  std: (spec, options) => baseOf(options).std(specOfOmega(spec, options), { gain: options.gain }),
  bound: (spec, options) =>
    baseOf(options).bound(specOfOmega(spec, options), { gain: options.gain }),
  draw,
});
