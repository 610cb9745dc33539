import { cosSmall, sinSmall } from '../numeric/index.ts';
import { badGain, define } from './define.ts';
import type { Scheme, Spec } from './initializer.ts';
import { linearMaps, mapSize, notLinear } from './linear-map.ts';
import { tensorOfZeros } from './tensor.ts';

interface StftOptions {
  readonly gain: number;
  readonly side: string;
  readonly window: string;
  readonly scaling: string;
  readonly ends: string;
}

/** `cos(2π r / n)` for integers `0 ≤ r < n`: brought into an eighth of the circle before it is rounded. */
function cosTurn(r: number, n: number): number {
  const half = Math.min(r, n - r);
  const quarter = Math.min(half, n / 2 - half);
  const sign = 4 * half > n ? -1 : 1;
  const angle = 8 * quarter <= n ? quarter : n / 4 - quarter;
  const x = (2 * Math.PI * angle) / n;
  return sign * (8 * quarter <= n ? cosSmall(x) : sinSmall(x));
}

/** `sin(2π r / n)`, from the cosine a quarter of a turn away: `4r - n` of `4n`. */
function sinTurn(r: number, n: number): number {
  return cosTurn((4 * r + 3 * n) % (4 * n), 4 * n);
}

/** `a₀ - (1 - a₀) cos(2π t / N)`, N the frame or, if both ends are to be in it, one less. */
function windowOf(frame: number, { window, ends }: StftOptions): number[] {
  if (window === 'none' || frame === 1) return Array.from({ length: frame }, () => 1);
  const period = ends === 'periodic' ? frame : frame - 1;
  const constant = window === 'hann' ? 0.5 : 0.54;
  return Array.from(
    { length: frame },
    (_, t) => constant - (1 - constant) * cosTurn(t % period, period),
  );
}

/** What the window is divided by; without a window nothing is. */
function sizeOf(values: readonly number[], { window, scaling }: StftOptions): number {
  if (window === 'none' || scaling === 'none') return 1;
  return scaling === 'density'
    ? Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
    : values.reduce((sum, value) => sum + Math.abs(value), 0);
}

/** The kernel as rows of frequencies by columns of times. */
function tableOf(spec: Spec, options: StftOptions): Float64Array {
  const { outputs, taps: frame } = mapSize(spec);
  const length = 2 * (outputs - 1);
  const values = windowOf(frame, options);
  const size = sizeOf(values, options);
  const table = new Float64Array(outputs * frame);
  for (let f = 0; f < outputs; f++) {
    for (let t = 0; t < frame; t++) {
      const turn = (f * t) % length;
      const wave = options.side === 'real' ? cosTurn(turn, length) : -sinTurn(turn, length);
      table[f * frame + t] = (options.gain * wave * values[t]) / size;
    }
  }
  return table;
}

function meanOf(table: Float64Array): number {
  return table.reduce((sum, value) => sum + value, 0) / table.length;
}

/**
 * `K[f, t] = gain w_t cos(2π f t / n) / s` (`side=imag`: `-sin`), `n = 2 (out - 1)`: row f of a discrete Fourier
 * transform of the frame, seen through a window w of which s is the 2-norm (`scaling=density`), the sum of
 * magnitudes (`spectrum`) or 1. Without a window nothing is scaled.
 */
export const stft: Scheme = define({
  name: 'stft',
  formula: 'K[f, t] = gain w_t cos(2π f t / n) / s (side=imag: -sin), n = 2 (out - 1)',
  use: 'a one-dimensional convolution over a waveform that is to begin as its spectrogram; one layer for each side',
  reference: 'Allen and Rabiner 1977, doi:10.1109/PROC.1977.10770; Keras 3, initializers.STFT',
  options: { gain: 1, side: 'real', window: 'hann', scaling: 'density', ends: 'symmetric' },
  choices: {
    side: ['real', 'imag'],
    window: ['hann', 'hamming', 'none'],
    scaling: ['density', 'spectrum', 'none'],
    ends: ['symmetric', 'periodic'],
  },
  problem: badGain,
  undefinedFor: (spec, options) => {
    const problem = notLinear(spec);
    if (problem !== null || spec.shape.includes(0)) return problem;
    const { outputs, inputs, taps } = mapSize(spec);
    const shown = `[${spec.shape.join(', ')}]`;
    if (spec.layout.filter((role) => role === 'kernel').length !== 1 || inputs !== 1) {
      return `shape must have one kernel axis and one input per group, got ${shown}`;
    }
    if (outputs < 2) return `outputs must be at least 2 frequencies per group, got ${outputs}`;
    return options.window === 'hann' && taps === 2 && options.ends === 'symmetric'
      ? `a hann window with both its ends, which are 0, must have at least 3 taps, got ${shown}`
      : null;
  },
  mean: (spec, options) => meanOf(tableOf(spec, options)),
  std: (spec, options) => {
    const table = tableOf(spec, options);
    const mean = meanOf(table);
    return Math.sqrt(table.reduce((sum, value) => sum + (value - mean) ** 2, 0) / table.length);
  },
  bound: (spec, options) => {
    const table = tableOf(spec, options);
    const mean = meanOf(table);
    return table.reduce((most, value) => Math.max(most, Math.abs(value - mean)), 0);
  },
  draw: (_, spec, options, kernels) =>
    tensorOfZeros(spec, kernels, (values) => {
      const { bases, outputs, taps } = linearMaps(spec);
      const table = tableOf(spec, options);
      for (const base of bases) {
        for (const [f, output] of outputs.entries()) {
          for (const [t, tap] of taps.entries()) {
            values[base + output + tap] = table[f * taps.length + t];
          }
        }
      }
    }),
});
