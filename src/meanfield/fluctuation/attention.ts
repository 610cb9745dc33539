import { countOf } from '../predict/axes.ts';
import type { Signal, State } from '../predict/state.ts';
import type { Course, Pass } from './course.ts';
import { relativeSlopes, passed, summed, type Pair, type Wave } from './wave.ts';

type Shares = Extract<State, { kind: 'shares' }>;

/** Layers that are looked for behind a value. */
const STEPS = 8;

/** Units of what a value was made of by the last linear map before it. */
function unitsBefore({ states, producer, weightOf }: Course, value: string): number | null {
  let at = value;
  for (let step = 0; step < STEPS; step++) {
    const state = states.get(at);
    if (state?.kind !== 'signal') return null;
    const { source } = state;
    const [pull] = source.pulls;
    if (pull === undefined) return null;
    const node = producer(source.value);
    if (node !== undefined && weightOf(node) !== null) {
      const from = states.get(pull.to);
      return from?.kind === 'signal' ? countOf(from.axes, ['unit']) : null;
    }
    at = pull.to;
  }
  return null;
}

/** Units of a query of the scores that a value is made of. */
export function headUnits({ states, producer }: Course, value: string): number | null {
  let at = value;
  for (let step = 0; step < STEPS; step++) {
    const node = producer(at);
    const scored = node?.inputs.find((input) => states.get(input)?.kind === 'scores');
    if (node === undefined) return null;
    if (scored === undefined) {
      const query = states.get(node.inputs[0] ?? '');
      return query?.kind === 'signal' ? (query.axes?.at(-1)?.size ?? null) : null;
    }
    at = scored;
  }
  return null;
}

/**
 * Relative bias of the overlap of attention weights: the scores of a query of so many units have a variance that
 * scatters by 2 over the units, and `E Σ aᵢ²` grows like its exponential.
 */
export function overlapBias(shares: Shares, units: number): number {
  const s2 = shares.scores.contrasts.q;
  return s2 ** 2 / units;
}

/**
 * An average with the weights of an attention. Keys and values are made of the same tokens: two tokens that are alike
 * by `ρ² ~ 1/units` get like weights, which adds `s² ρ²` of the values to the average, s² the variance of the scores.
 */
export function attended(
  course: Course,
  pass: Pass,
  shares: Shares,
  from: { readonly value: string; readonly state: Signal; readonly wave: Wave },
  to: Signal,
  own: Pair,
): Wave {
  const after = passed(from.wave, relativeSlopes(from.state, to));
  const { q, p } = from.state.moments();
  const units = unitsBefore(course, from.value);
  const s2 = shares.scores.contrasts.q;
  const keys = shares.axes?.at(-1)?.size ?? shares.keys;
  const single = Math.max(0, q - p);
  // Not more than all tokens being one.
  const bias = units === null ? 0 : single * Math.min(1, s2 / units);
  const wave = { ...after, own, bias: { q: after.bias.q + bias, d: after.bias.d + bias } };
  if (pass.few !== null) return wave;
  // Queries differ in how many keys they look at.
  const spread = Math.min(1, Math.expm1(4 * s2) / keys);
  const scatter = single * shares.overlaps.q * Math.sqrt(spread);
  const pair = { q: pass.sketch.zero(), d: pass.sketch.zero() };
  const noise = pass.sketch.noise();
  const per = 1 / Math.sqrt(pass.examples);
  noise(pair.q, scatter * per);
  noise(pair.d, scatter * per);
  return { ...wave, own: summed([1, own], [1, pair]) };
}
