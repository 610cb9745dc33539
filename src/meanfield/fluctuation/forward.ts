import type { Graph, Node } from '../../graph/index.ts';
import { countOf } from '../predict/axes.ts';
import type { Signal, State } from '../predict/state.ts';
import { identityTransfer, type Transfer } from '../predict/transfer.ts';
import { responseOf, type Response } from './response.ts';
import { combined, product, type Ripple, type Sketch } from './sketch.ts';
import { noiseOfMean, unitNoise, type Noise, type UnitNoise } from './unit-noise.ts';

/**
 * How q and `d = q - k` of a value, as means over its units and over examples, vary from one draw to the next: by what
 * was drawn before it (`kernel`), and by its own units being few (`own`).
 */
export interface Wave {
  readonly kernel: { readonly q: Ripple; readonly d: Ripple };
  readonly own: { readonly q: Ripple; readonly d: Ripple };
  /** By how much the means over draws are off the wide limit, to first order in 1/width. */
  readonly bias: { readonly q: number; readonly d: number };
}

/** What does not depend on the number of examples, found once for each value. */
export interface Findings {
  readonly response: (state: Signal) => Response;
  readonly unit: (state: Signal) => UnitNoise;
}

/** How a graph is gone through. */
export interface Course {
  readonly graph: Graph;
  readonly states: ReadonlyMap<string, State>;
  readonly isStored: (value: string) => boolean;
  /** Whether a node is a linear map by a stored weight. */
  readonly isLinear: (node: Node) => boolean;
  readonly findings: Findings;
}

/** Of what the means are taken. */
export interface Pass {
  readonly sketch: Sketch;
  /** Examples of a mean; 1 for what one example, or pair of them, does. */
  readonly examples: number;
  /** The covariances of single examples, which bend the means, of what was drawn before a value or of all of it. */
  readonly singles: ((value: string, isWhole: boolean) => Noise | null) | null;
}

/** What responses and noises have been found, by the source and function of a value. */
export function findingsOf(): Findings {
  const responses = new Map<object, Map<Transfer, Response>>();
  const units = new Map<object, Map<Transfer, UnitNoise>>();
  const once = <Result>(
    known: Map<object, Map<Transfer, Result>>,
    { source, transfer }: Signal,
    find: () => Result,
  ): Result => {
    const own = known.get(source) ?? new Map<Transfer, Result>();
    known.set(source, own);
    const before = own.get(transfer);
    if (before !== undefined) return before;
    const found = find();
    own.set(transfer, found);
    return found;
  };
  return {
    response: (state) =>
      once(responses, state, () => responseOf(state.transfer, state.source.moments)),
    unit: (state) => once(units, state, () => unitNoise(state.transfer, state.source.moments)),
  };
}

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
      waves.set(
        output,
        state?.kind === 'signal' ? waveOf(course, pass, waves, node, output, state) : null,
      );
    }
  }
  return waves;
}

/** The examples are what was measured, so that their means are known; single ones are not like the mean. */
function inputWave({ findings }: Course, pass: Pass, state: Signal): Wave | null {
  const { sketch, examples } = pass;
  const still = wave(sketch.zero(), sketch.zero(), sketch.zero(), sketch.zero());
  if (examples > 1) return still;
  const own = freshNoise(pass, findings, state, true);
  return own === null ? null : { ...still, own };
}

const wave = (kernelQ: Ripple, kernelD: Ripple, ownQ: Ripple, ownD: Ripple): Wave => ({
  kernel: { q: kernelQ, d: kernelD },
  own: { q: ownQ, d: ownD },
  bias: { q: 0, d: 0 },
});

/** The noise of the units of a value, whose elements are what its function makes of independent Gaussians. */
function freshNoise(
  { sketch, examples }: Pass,
  findings: Findings,
  state: Signal,
  isEachPlace: boolean = false,
  less: readonly Signal[] = [],
): Wave['own'] | null {
  const units = countOf(state.axes, ['unit']);
  const places = countOf(state.axes, ['place', 'key']) ?? 1;
  if (units === null || !(units > 0)) return null;
  const sample = {
    examples,
    paired: Math.max(2, examples),
    units: isEachPlace ? units * places : units,
    places: isEachPlace ? 1 : places,
  };
  const noiseOf = (one: Signal): Noise =>
    noiseOfMean(findings.unit(one), one.source.moments, sample);
  let { qq, qd, dd } = noiseOf(state);
  for (const part of less) {
    const noise = noiseOf(part);
    qq -= noise.qq;
    qd -= noise.qd;
    dd -= noise.dd;
  }
  const [q, d] = [sketch.zero(), sketch.zero()];
  const [first, second] = [sketch.noise(), sketch.noise()];
  const sigma = Math.sqrt(Math.max(0, qq));
  const along = sigma > 0 ? qd / sigma : 0;
  first(q, sigma);
  first(d, along);
  second(d, Math.sqrt(Math.max(0, dd - along ** 2)));
  return { q, d };
}

/** A value by itself, as a Gaussian of its own moments. */
function gaussianLike(state: Signal): Signal {
  const moments = state.moments();
  return {
    ...state,
    source: { ...state.source, moments, marginal: null },
    transfer: identityTransfer,
  };
}

const LAYER_NORMS = new Set([
  'GroupNormalization',
  'LayerNormalization',
  'RMSNormalization',
  'SimplifiedLayerNormalization',
]);

/** Averages over positions: their units are those of what they average, their noise is not. */
const AVERAGES = new Set([
  'AveragePool',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'MatMul',
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

function waveOf(
  course: Course,
  pass: Pass,
  waves: ReadonlyMap<string, Wave | null>,
  node: Node,
  output: string,
  state: Signal,
): Wave | null {
  const { states, isStored, isLinear, findings } = course;
  const { source } = state;
  const of = (value: string): Wave | null => {
    if (!isStored(value)) return waves.get(value) ?? null;
    const { zero } = pass.sketch;
    return wave(zero(), zero(), zero(), zero());
  };
  if (source.value !== output) return pointwise(pass, findings, of(source.value), state);
  const fresh = (): Wave['own'] | null => freshNoise(pass, findings, gaussianLike(state));
  const inputs = node.inputs
    .filter((value) => value !== '' && !isStored(value))
    .map((value) => ({ value, state: states.get(value), wave: of(value) }));
  const signals = inputs.flatMap((input) =>
    input.state?.kind === 'signal' && input.wave !== null
      ? [{ ...input, state: input.state, wave: input.wave }]
      : [],
  );
  if (isLinear(node)) {
    const [from] = signals;
    if (from === undefined || signals.length !== inputs.length) return null;
    const own = fresh();
    if (own === null) return null;
    const total = scaled(from.wave, ratioOf(from.state, state, 'd'), true);
    return { ...total, own };
  }
  if (node.operator === 'Gather' && inputs.every(({ state: from }) => from?.kind === 'tokens')) {
    const own = fresh();
    const { zero } = pass.sketch;
    return own === null ? null : { ...wave(zero(), zero(), zero(), zero()), own };
  }
  if (node.operator === 'MatMul') {
    // The weights of an attention are the other factor.
    const [from] = signals;
    const own = fresh();
    if (from === undefined || own === null || source.pulls.length !== 3) return null;
    return { ...relative(from.wave, from.state, state), own };
  }
  if (signals.length !== inputs.length || signals.length === 0) return null;
  const [first, second] = signals;
  switch (node.operator) {
    case 'Add':
    case 'Sub':
    case 'Sum': {
      const cross = freshNoise(
        pass,
        findings,
        gaussianLike(state),
        false,
        signals.map((signal) => gaussianLike(signal.state)),
      );
      if (cross === null) return null;
      const all = signals.map((signal) => signal.wave);
      const sum = (of: (one: Wave) => Ripple): Ripple =>
        combined(...all.map((one) => [1, of(one)] as const));
      return {
        kernel: { q: sum((one) => one.kernel.q), d: sum((one) => one.kernel.d) },
        own: {
          q: combined([1, sum((one) => one.own.q)], [signals.length > 1 ? 1 : 0, cross.q]),
          d: combined([1, sum((one) => one.own.d)], [signals.length > 1 ? 1 : 0, cross.d]),
        },
        bias: {
          q: all.reduce((bias, one) => bias + one.bias.q, 0),
          d: all.reduce((bias, one) => bias + one.bias.d, 0),
        },
      };
    }
    case 'Mul': {
      if (signals.length !== 2) return null;
      const own = fresh();
      if (own === null) return null;
      const [a, b] = [
        relative(first.wave, first.state, state),
        relative(second.wave, second.state, state),
      ];
      const join = (x: Ripple, y: Ripple): Ripple => combined([1, x], [1, y]);
      return {
        kernel: { q: join(a.kernel.q, b.kernel.q), d: join(a.kernel.d, b.kernel.d) },
        own: {
          q: combined([1, a.own.q], [1, b.own.q], [1, own.q]),
          d: combined([1, a.own.d], [1, b.own.d], [1, own.d]),
        },
        bias: { q: a.bias.q + b.bias.q, d: a.bias.d + b.bias.d },
      };
    }
    case 'Concat': {
      const own = fresh();
      if (own === null) return null;
      const sizes = signals.map(({ state: { axes } }) => countOf(axes, ['unit', 'place']) ?? 1);
      const whole = sizes.reduce((sum, size) => sum + size, 0);
      const all = signals.map((signal) => signal.wave);
      const mean = (of: (one: Wave) => Ripple): Ripple =>
        combined(...all.map((one, i) => [sizes[i] / whole, of(one)] as const));
      return {
        kernel: { q: mean((one) => one.kernel.q), d: mean((one) => one.kernel.d) },
        own: { q: mean((one) => one.own.q), d: mean((one) => one.own.d) },
        bias: {
          q: all.reduce((bias, one, i) => bias + (sizes[i] / whole) * one.bias.q, 0),
          d: all.reduce((bias, one, i) => bias + (sizes[i] / whole) * one.bias.d, 0),
        },
      };
    }
    default:
  }
  if (LAYER_NORMS.has(node.operator)) return normalised(pass, first.value, first, state);
  if (node.operator === 'BatchNormalization' && source.pulls.length === 1) {
    const isTraining = Number(node.attributes['training_mode'] ?? 0) === 1;
    return isTraining ? null : scaled(first.wave, ratioOf(first.state, state, 'd'));
  }
  if (MOVES.has(node.operator)) {
    const moved = relative(first.wave, first.state, state);
    const [before, after] = [first.state, state].map(({ axes }) =>
      countOf(axes, ['unit', 'place']),
    );
    if (before === after) return moved;
    const own = fresh();
    return own === null ? null : { ...moved, own };
  }
  if (AVERAGES.has(node.operator)) {
    const own = fresh();
    return own === null ? null : { ...relative(first.wave, first.state, state), own };
  }
  return null;
}

const pairOf = (state: Signal): { readonly q: number; readonly d: number } => {
  const { q, k } = state.moments();
  return { q, d: Math.max(0, q - k) };
};

/** By how much a linear map scales second moments; by that of differences, which a bias does not change. */
function ratioOf(from: Signal, to: Signal, by: 'q' | 'd'): number {
  const [before, after] = [pairOf(from), pairOf(to)];
  if (by === 'd' && before.d > 1e-9 * before.q) return after.d / before.d;
  return before.q > 0 ? after.q / before.q : 0;
}

/** A wave times a factor; all of it as what was drawn before where `isRead`. */
function scaled({ kernel, own, bias }: Wave, factor: number, isRead: boolean = false): Wave {
  const share = isRead ? factor : 0;
  return {
    kernel: {
      q: combined([factor, kernel.q], [share, own.q]),
      d: combined([factor, kernel.d], [share, own.d]),
    },
    own: { q: combined([factor - share, own.q]), d: combined([factor - share, own.d]) },
    bias: { q: factor * bias.q, d: factor * bias.d },
  };
}

/** The wave of a value that keeps what is relative of q and of d. */
function relative({ kernel, own, bias }: Wave, from: Signal, to: Signal): Wave {
  const [before, after] = [pairOf(from), pairOf(to)];
  const q = before.q > 0 ? after.q / before.q : 0;
  const d = before.d > 1e-12 * before.q ? after.d / before.d : 0;
  return {
    kernel: { q: combined([q, kernel.q]), d: combined([d, kernel.d]) },
    own: { q: combined([q, own.q]), d: combined([d, own.d]) },
    bias: { q: q * bias.q, d: d * bias.d },
  };
}

/** A function of a source: what was drawn before goes through it, its own units are a sample of their own. */
function pointwise(pass: Pass, findings: Findings, base: Wave | null, state: Signal): Wave | null {
  if (base === null) return null;
  const { affine } = state.transfer;
  if (affine !== null) return scaled(base, affine[0] ** 2);
  const own = freshNoise(pass, findings, state);
  if (own === null) return null;
  const { qq, dq, dd, second } = findings.response(state);
  const { kernel, bias } = base;
  const single = pass.singles?.(state.source.value, false) ?? { qq: 0, qd: 0, dd: 0 };
  return {
    kernel: { q: combined([qq, kernel.q]), d: combined([dq, kernel.q], [dd, kernel.d]) },
    own,
    bias: {
      q: qq * bias.q + 0.5 * second.qqq * single.qq,
      d:
        dq * bias.q +
        dd * bias.d +
        0.5 * (second.dqq * single.qq + 2 * second.dqd * single.qd + second.ddd * single.dd),
    },
  };
}

/** A normalisation over units leaves nothing of q and takes d relative to it, example by example. */
function normalised(
  pass: Pass,
  name: string,
  from: { readonly state: Signal; readonly wave: Wave },
  to: Signal,
): Wave {
  const { q, d } = pairOf(from.state);
  const after = pairOf(to);
  const factor = d > 1e-12 * q ? after.d / d : 0;
  const ratio = q > 0 ? d / q : 0;
  const { kernel, own, bias } = from.wave;
  const turned = (of: Wave['own']): Wave['own'] => ({
    q: pass.sketch.zero(),
    d: combined([factor, of.d], [-factor * ratio, of.q]),
  });
  const single = pass.singles?.(name, true) ?? { qq: 0, qd: 0, dd: 0 };
  const bend = q > 0 ? (ratio * single.qq - single.qd) / q : 0;
  return {
    kernel: turned(kernel),
    own: turned(own),
    bias: { q: 0, d: factor * (bias.d - ratio * bias.q + bend) },
  };
}

/** The covariances of a wave: of all of it, or of what was drawn before. */
export function covarianceOf({ kernel, own }: Wave, isWhole: boolean): Noise {
  const q = isWhole ? combined([1, kernel.q], [1, own.q]) : kernel.q;
  const d = isWhole ? combined([1, kernel.d], [1, own.d]) : kernel.d;
  return { qq: product(q, q), qd: product(q, d), dd: product(d, d) };
}
