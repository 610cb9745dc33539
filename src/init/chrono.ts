import { exactLn } from '../numeric/index.ts';
import { define } from './define.ts';
import type { Scheme } from './initializer.ts';
import { streamFor } from './stream.ts';
import { tensorOfStream } from './tensor.ts';

const CHUNK = 65536;

/** `E ln u` and `E (ln u)²` of u ~ U(1, high). */
function logMoments(high: number): readonly [first: number, second: number] {
  const width = high - 1;
  if (width < SMALL) return [width / 2, (width * width) / 3];
  const ln = Math.log(high);
  return [(high * ln - width) / width, (high * (ln * ln - 2 * ln) + 2 * width) / width];
}

/** Below this width of the interval `ln u` is `u - 1` to all digits that the moments keep. */
const SMALL = 1e-9;

/** `b = sign ln u`, `u ~ U(1, t_max - 1)`. */
export const chronoBias: Scheme = define({
  name: 'chrono_bias',
  formula: 'b = sign ln u, u ~ U(1, t_max - 1)',
  use: 'biases of forget gates (sign 1) and input gates (sign -1) that are to remember for 1 to t_max steps; tensors with one stream are made of the same u',
  reference: 'Tallec & Ollivier 2018, section 2, arXiv:1804.11188',
  options: { t_max: 100, sign: 1, stream: '' },
  problem: ({ t_max, sign }) =>
    !(t_max >= 2 && t_max < Infinity)
      ? `t_max must be finite and >= 2, got ${t_max}`
      : sign === 1 || sign === -1
        ? null
        : `sign must be 1 or -1, got ${sign}`,
  mean: (_, { t_max, sign }) => sign * logMoments(t_max - 1)[0],
  std: (_, { t_max }) => {
    const [first, second] = logMoments(t_max - 1);
    return Math.sqrt(Math.max(0, second - first * first));
  },
  bound: (_, { t_max }) => {
    const [first] = logMoments(t_max - 1);
    return Math.max(first, Math.log(t_max - 1) - first);
  },
  draw: (key, spec, { t_max, sign, stream }, kernels) => {
    const own = streamFor(key, stream);
    return tensorOfStream(spec, kernels, (out, offset) => {
      const u = new Float64Array(Math.min(out.length, CHUNK));
      for (let at = 0; at < out.length; at += CHUNK) {
        const part = u.subarray(0, Math.min(CHUNK, out.length - at));
        kernels.uniform(own, part, 1, t_max - 1, offset + at);
        for (let i = 0; i < part.length; i++) out[at + i] = sign * exactLn(part[i]);
      }
    });
  },
});
