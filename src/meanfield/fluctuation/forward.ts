import { numberAttribute, type Node } from '../../graph/index.ts';
import { countOf } from '../predict/axes.ts';
import type { Signal } from '../predict/state.ts';
import { attended } from './attention.ts';
import type { Course, Pass } from './course.ts';
import { fixedNoise, gaussianLike, LOOSE, noisePair } from './noise-pair.ts';
import { combinedNoise, type Noise, type Rigid } from './unit-noise.ts';
import { unevenUse } from './uses.ts';
import {
  linearSlopes,
  mapped,
  mixed,
  pairOf,
  passed,
  read,
  relativeSlopes,
  stillWave,
  summed,
  type Pair,
  type Slopes,
  type Wave,
} from './wave.ts';

/** The waves of all values that flow; `null` from the first operator without an analysis on. */
export function wavesOf(course: Course, pass: Pass): ReadonlyMap<string, Wave | null> {
  const { graph, states, isStored } = course;
  const waves = new Map<string, Wave | null>();
  for (const { name } of graph.inputs) {
    const state = states.get(name);
    waves.set(name, state?.kind === 'signal' ? inputWave(course, pass, state) : null);
  }
  for (const node of graph.nodes) {
    for (const output of node.outputs) {
      const state = states.get(output);
      if (output === '' || isStored(output)) continue;
      const isSignal = state?.kind === 'signal';
      waves.set(output, isSignal ? waveOf(course, pass, waves, node, output, state) : null);
    }
  }
  return waves;
}

/** The examples are what was measured, so that their means are known; single ones are not like the mean. */
function inputWave(course: Course, pass: Pass, state: Signal): Wave | null {
  const still = stillWave(pass.sketch.zero);
  if (pass.few !== null) return still;
  const own = noisePair(course, pass, state);
  return own === null ? null : { ...still, own };
}

const NONE: Noise = { qq: 0, qd: 0, dd: 0 };

const LAYER_NORMS = new Set([
  'GroupNormalization',
  'LayerNormalization',
  'RMSNormalization',
  'SimplifiedLayerNormalization',
]);

/** Of several positions one: their units are those of what they average, their noise is not. */
const AVERAGES = new Set([
  'AveragePool',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'MaxPool',
  'ReduceMax',
  'ReduceMean',
  'ReduceSum',
]);

/** What hands on its elements, or some of them. */
const MOVES = new Set([
  'DepthToSpace',
  'Expand',
  'Flatten',
  'Gather',
  'Identity',
  'Pad',
  'Reshape',
  'Slice',
  'SpaceToDepth',
  'Split',
  'Squeeze',
  'Tile',
  'Transpose',
  'Unsqueeze',
]);

/** An input of a node that varies. */
interface Moving {
  readonly value: string;
  readonly state: Signal;
  readonly wave: Wave;
}

function waveOf(
  course: Course,
  pass: Pass,
  waves: ReadonlyMap<string, Wave | null>,
  node: Node,
  output: string,
  state: Signal,
): Wave | null {
  const { states, isStored } = course;
  const { source } = state;
  const still = stillWave(pass.sketch.zero);
  const of = (value: string): Wave | null => (isStored(value) ? still : (waves.get(value) ?? null));
  if (source.value !== output) return pointwise(course, pass, of(source.value), state);
  const rigid = rigidOf(course, output);
  const own = noisePair(course, pass, gaussianLike(state), { rigid });
  if (own === null) return null;
  const inputs = node.inputs.filter((value) => value !== '' && !isStored(value));
  const signals = inputs.flatMap((value): readonly Moving[] => {
    const [from, wave] = [states.get(value), of(value)];
    return from?.kind === 'signal' && wave !== null ? [{ value, state: from, wave }] : [];
  });
  const isIndexed = inputs.every((value) => states.get(value)?.kind === 'tokens');
  if (node.operator === 'Gather' && isIndexed) return { ...still, own };
  const shares = states.get(node.inputs[0] ?? '');
  if (node.operator === 'MatMul' && shares?.kind === 'shares' && signals.length === 1) {
    return attended(course, pass, shares, signals[0], state, own);
  }
  if (signals.length !== inputs.length || signals.length === 0) return null;
  const [first] = signals;
  const weight = course.weightOf(node);
  if (weight !== null) return linear(course, pass, node, weight, first, state, own);
  switch (node.operator) {
    case 'Add':
    case 'Sub':
    case 'Sum': {
      const sum = mixed(signals.map(({ wave }) => [1, wave]));
      if (signals.length === 1) return sum;
      const less = signals.map((signal) => gaussianLike(signal.state));
      const cross = noisePair(course, pass, gaussianLike(state), { less });
      return cross === null ? null : { ...sum, own: summed([1, sum.own], [1, cross]) };
    }
    case 'Mul': {
      const all = mixed(
        signals.map((signal) => [1, passed(signal.wave, relativeSlopes(signal.state, state))]),
      );
      return { ...all, own: summed([1, all.own], [1, own]) };
    }
    case 'Concat': {
      const sizes = signals.map(({ state: { axes } }) => countOf(axes, ['unit', 'place']) ?? 1);
      const whole = sizes.reduce((sum, size) => sum + size, 0);
      return mixed(signals.map(({ wave }, i) => [sizes[i] / whole, wave]));
    }
    case 'BatchNormalization': {
      const isTraining = numberAttribute(node, 'training_mode', 0) === 1;
      return isTraining ? null : passed(first.wave, linearSlopes(first.state, state));
    }
    default:
  }
  if (LAYER_NORMS.has(node.operator)) return normalised(pass, node, first, state);
  const moved = passed(first.wave, relativeSlopes(first.state, state));
  if (MOVES.has(node.operator)) {
    const sizeOf = ({ axes }: Signal): number | null => countOf(axes, ['unit', 'place']);
    if (sizeOf(first.state) !== sizeOf(state)) return { ...moved, own };
    return pass.few === null ? averaged(first.state, state, moved, moved.own) : moved;
  }
  if (!AVERAGES.has(node.operator)) return null;
  return pooled(course, pass, averaged(first.state, state, moved, own), first.state, state);
}

/** Where positions become one, single ones average out as far as they are not alike. */
function averaged(from: Signal, to: Signal, wave: Wave, own: Pair): Wave {
  const [before, after] = [from, to].map(({ axes }) => countOf(axes, ['place', 'key']) ?? 1);
  return { ...wave, own: before > after ? mapped(own, evenly(alike(from, before / after))) : own };
}

const evenly = (factor: number): Slopes => ({ qq: factor, dq: 0, dd: factor });

/** What is left of the noise of one position in the mean over so many: the standard deviation of a share. */
function alike(state: Signal, count: number): number {
  const { q, p, mean } = state.moments();
  const variance = q - mean ** 2;
  const share = variance > 0 ? Math.min(1, ((p - mean ** 2) / variance) ** 2) : 1;
  return Math.sqrt(share + (1 - share) / count);
}

/** A linear map: its inputs are a sample, of several positions where it has taps. */
function linear(
  course: Course,
  pass: Pass,
  node: Node,
  weight: readonly number[],
  from: Moving,
  to: Signal,
  own: Pair,
): Wave | null {
  const slopes = linearSlopes(from.state, to);
  const isImage = node.operator.includes('Conv');
  const taps = isImage ? weight.slice(2).reduce((all, size) => all * size, 1) : 1;
  if (pass.few === null) return read(from.wave, slopes, own, alike(from.state, taps));
  const after = read(from.wave, slopes, own);
  const uneven = isImage ? unevenUse(node, weight.slice(2), from.state.axes) : 0;
  const isInput = course.graph.inputs.some(({ name }) => name === from.value);
  if (!isInput || uneven === 0) return after;
  // Not all elements of the input are used equally often, and their mean is not that of all.
  const sample = noisePair(course, pass, from.state, {
    units: elementsOf(from.state) / uneven,
    places: 1,
  });
  if (sample === null) return null;
  return { ...after, lasting: summed([1, after.lasting], [1, mapped(sample, slopes)]) };
}

const elementsOf = ({ axes }: Signal): number => countOf(axes, ['unit', 'place']) ?? 1;

/**
 * The mean over positions knows of the inputs little but their own means over positions, and those are a sample of
 * fewer numbers: the channels of the examples at hand.
 */
function pooled(course: Course, pass: Pass, wave: Wave, from: Signal, to: Signal): Wave | null {
  const [before, after] = [from, to].map(({ axes }) => countOf(axes, ['place', 'key']) ?? 1);
  const inputs = course.graph.inputs.flatMap(({ name }) => {
    const state = course.states.get(name);
    return state?.kind === 'signal' ? [state] : [];
  });
  if (pass.few === null || before <= after || inputs.length === 0) return wave;
  const units = Math.min(...inputs.map(({ axes }) => countOf(axes, ['unit']) ?? 1));
  const places = Math.min(...inputs.map(({ axes }) => countOf(axes, ['place']) ?? 1));
  if (places === 1) return wave;
  const { q, p } = from.moments();
  const single = Math.max(0, (q - p) / (before / after)) / pairOf(to).q;
  const sample = noisePair(course, pass, gaussianLike(to), { units, places: after });
  if (sample === null) return null;
  return { ...wave, lasting: summed([1, wave.lasting], [Math.min(1, single), sample]) };
}

/** What is fixed of the units of a source, given what was drawn before its own layer. */
export function rigidOf({ producer, weightOf, kept }: Course, value: string): Rigid {
  const node = producer(value);
  if (node === undefined) return LOOSE;
  if (LAYER_NORMS.has(node.operator)) return { q: 1, d: 0 };
  const share = weightOf(node) === null ? 0 : kept(node, false);
  return { q: share, d: share };
}

/** A function of a source: what was drawn before goes through it, its own units are a sample of their own. */
function pointwise(course: Course, pass: Pass, base: Wave | null, state: Signal): Wave | null {
  if (base === null) return null;
  const { affine } = state.transfer;
  const { value } = state.source;
  if (affine !== null) return passed(base, evenly(affine[0] ** 2));
  const rigid = rigidOf(course, value);
  const own = noisePair(course, pass, state, { rigid });
  if (own === null) return null;
  const response = course.findings.response(state);
  const { second } = response;
  const after = passed(base, response);
  let { one, pair } = pass.few?.(value, false) ?? { one: NONE, pair: NONE };
  if (rigid.q > 0) {
    // Units of fixed length are less spread out than the Gaussians that the limit takes them for.
    one = combinedNoise(one, 1, fixedNoise(course, state, 1, rigid), -1);
    pair = combinedNoise(pair, 1, fixedNoise(course, state, 2, rigid), -1);
  }
  // The variance of the difference of two examples.
  const ee = 4 * (one.qq - pair.qq);
  const bend =
    second.dqq * pair.qq + 2 * second.dqd * pair.qd + second.ddd * pair.dd + second.dee * ee;
  return {
    ...after,
    own,
    bias: {
      q: after.bias.q + 0.5 * second.qqq * one.qq,
      d: after.bias.d + 0.5 * bend,
    },
  };
}

/** A normalisation over units leaves little of q and takes d relative to it, example by example. */
function normalised(pass: Pass, node: Node, from: Moving, to: Signal): Wave {
  const { q, d } = pairOf(from.state);
  const after = pairOf(to);
  const epsilon = numberAttribute(node, 'epsilon', 1e-5);
  const left = epsilon / (q + epsilon);
  const factor = d > 1e-12 * q ? after.d / d : 0;
  const ratio = q > 0 ? d / q : 0;
  const wave = passed(from.wave, { qq: (left * after.q) / q, dq: -factor * ratio, dd: factor });
  const { one, pair } = pass.few?.(from.value, true) ?? { one: NONE, pair: NONE };
  const ee = Math.max(0, 4 * (one.qq - pair.qq));
  const bend = q > 0 ? (ratio * pair.qq - pair.qd - ((1 - ratio) * ee) / 8) / q : 0;
  return {
    ...wave,
    bias: {
      q: wave.bias.q - (left * after.q * one.qq) / q ** 2,
      d: wave.bias.d + factor * bend,
    },
  };
}
