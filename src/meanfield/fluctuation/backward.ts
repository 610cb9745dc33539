import type { Graph } from '../../graph/index.ts';
import { countOf } from '../predict/axes.ts';
import { transferMoments, transferSlope } from '../predict/expectation.ts';
import type { Signal } from '../predict/state.ts';
import { slopeOf } from '../predict/state.ts';
import type { Transfer } from '../predict/transfer.ts';
import type { Course, Pass } from './course.ts';
import { rigidOf } from './forward.ts';
import { fixedNoise } from './noise-pair.ts';
import type { Wave } from './wave.ts';
import { combined, product, type Ripple } from './sketch.ts';

/** How the second moment of the gradient at a value varies, in its own units. */
interface Tide {
  size: number;
  kernel: Ripple;
  own: Ripple;
  /** Mean squared cosine of the gradients of two examples. */
  overlap: number;
  bias: number;
  /** The share of its size over units that is fixed by what came before it. */
  rigid: number;
}

/** Relative variance over draws and bias of a gradient's second moment. */
export interface GradientScatter {
  readonly variance: number;
  readonly bias: number;
}

/**
 * The scatter of the second moments of gradients, `null` where there is no analysis: each layer is a sample of
 * units again, and slopes follow the q of their pre-activations. Gradients of different examples start apart from
 * each other and become alike as far as layers are narrow, so that few outputs do not average out over examples.
 */
export function gradientScatter(
  course: Course,
  pass: Pass,
  waves: ReadonlyMap<string, Wave | null>,
  seeds: readonly string[],
  examples: number,
): ReadonlyMap<string, GradientScatter | null> {
  const { graph, states, isStored, weightOf, producer, kept } = course;
  const { sketch } = pass;
  const tides = new Map<string, Tide | null>();
  const sampleOf = (state: Signal): { readonly units: number; readonly count: number } | null => {
    const units = countOf(state.axes, ['unit']);
    if (units === null || !(units > 0)) return null;
    return { units, count: examples * (countOf(state.axes, ['place', 'key']) ?? 1) };
  };
  /** A noise of a gradient over units: of one example, and of what all have in common. */
  const fresh = (state: Signal, size: number, one: number, all: number): Ripple | null => {
    const sample = sampleOf(state);
    if (sample === null) return null;
    const ripple = sketch.zero();
    const { units, count } = sample;
    sketch.noise()(
      ripple,
      size * Math.sqrt(Math.max(0, one / count + all * (1 - 1 / count)) / units),
    );
    return ripple;
  };
  const add = (to: string, more: Tide | null): void => {
    if (isStored(to)) return;
    const before = tides.get(to);
    const state = states.get(to);
    if (before === undefined) tides.set(to, more);
    else if (before === null || more === null || state?.kind !== 'signal') tides.set(to, null);
    else {
      const overlap =
        (before.overlap * before.size + more.overlap * more.size) / (before.size + more.size);
      const cross = fresh(
        state,
        1,
        4 * before.size * more.size,
        4 * before.size * more.size * overlap,
      );
      tides.set(
        to,
        cross === null
          ? null
          : {
              size: before.size + more.size,
              kernel: combined([1, before.kernel], [1, more.kernel]),
              own: combined([1, before.own], [1, more.own], [0, cross]),
              overlap,
              bias: before.bias + more.bias,
              rigid: 0,
            },
      );
      // The product of two gradients of one unit has a spread of its own.
      const merged = tides.get(to);
      if (merged !== null && merged !== undefined && cross !== null) {
        const spread = Math.sqrt(product(cross, cross));
        sketch.noise()(merged.own, spread);
      }
    }
  };
  for (const seed of seeds) {
    const state = states.get(seed);
    if (state?.kind !== 'signal') continue;
    const sample = sampleOf(state);
    // What is measured is relative to the cotangents that were drawn.
    tides.set(
      seed,
      sample === null
        ? null
        : {
            size: 1,
            kernel: sketch.zero(),
            own: sketch.zero(),
            overlap: 1 / sample.units,
            bias: 0,
            rigid: 0,
          },
    );
  }
  const found = new Map<string, GradientScatter | null>();
  const values = [...graph.inputs.map(({ name }) => name), ...valuesOf(graph)];
  for (const value of values.reverse()) {
    const tide = tides.get(value);
    if (tide === undefined) continue;
    const state = states.get(value);
    if (tide === null || state?.kind !== 'signal') {
      found.set(value, null);
      if (state?.kind === 'signal') {
        if (state.source.value === value) for (const { to } of state.source.pulls) add(to, null);
        else add(state.source.value, null);
      }
      continue;
    }
    const whole = combined([1, tide.kernel], [1, tide.own]);
    // Of what is zero exactly there is no relative scatter.
    const relative = {
      variance: product(whole, whole) / tide.size ** 2,
      bias: tide.bias / tide.size,
    };
    found.set(value, tide.size > 0 ? relative : null);
    if (state.source.value !== value) {
      add(
        state.source.value,
        atSource(course, pass, waves.get(state.source.value) ?? null, state, tide, fresh),
      );
      continue;
    }
    const node = producer(value);
    const isWeighted = node !== undefined && weightOf(node) !== null;
    for (const { to, factor } of state.source.pulls) {
      const from = states.get(to);
      if (from?.kind !== 'signal') {
        add(to, null);
        continue;
      }
      const size = factor * tide.size;
      const passed = { ...tide, size, bias: factor * tide.bias };
      if (isWeighted) {
        // What comes through random weights is a sample of Gaussians over the units that it reaches.
        const { overlap } = tide;
        const rigid = kept(node, true);
        const loose = 2 * (1 - rigid);
        const own = fresh(from, size, loose, loose * overlap);
        const units = sampleOf(from)?.units ?? 1;
        add(
          to,
          own === null
            ? null
            : {
                ...passed,
                kernel: combined([factor, whole]),
                own,
                overlap: overlap + ((1 - overlap) * (1 - rigid)) / units,
                rigid,
              },
        );
        continue;
      }
      let kernel = combined([factor, tide.kernel]);
      let { bias } = passed;
      if (
        node !== undefined &&
        node.operator.includes('Norm') &&
        node.operator !== 'BatchNormalization'
      ) {
        // A normalisation divides by what the signal was.
        const before = waves.get(to);
        const { q } = from.moments();
        if (before === null || before === undefined || !(q > 0)) {
          add(to, null);
          continue;
        }
        // And of 1/q the mean is more than one over that of q.
        const { qq } = pass.few?.(to, true)?.one ?? { qq: 0 };
        bias += (size * qq) / q ** 2;
        kernel = combined([1, kernel], [-size / q, before.kernel.q], [-size / q, before.own.q]);
      }
      add(to, { ...passed, bias, kernel, own: combined([factor, tide.own]) });
    }
  }
  return found;
}

function valuesOf(graph: Graph): readonly string[] {
  return graph.nodes.flatMap(({ outputs }) => outputs.filter((output) => output !== ''));
}

/** The square of a transfer's slope, as a transfer: its moments are those of what multiplies a squared gradient. */
const slopeSquare = ({ df, kinks }: Transfer): Transfer => ({
  f: (x) => df(x) ** 2,
  df: () => 0,
  kinks,
  affine: null,
});

/** Step of differences relative to the number itself. */
const STEP = 0.01;

/** The tide in front of a function: each unit's gradient times its slope. */
function atSource(
  course: Course,
  pass: Pass,
  wave: Wave | null,
  state: Signal,
  tide: Tide,
  fresh: (state: Signal, size: number, one: number, all: number) => Ripple | null,
): Tide | null {
  const { transfer, source } = state;
  const slope = slopeOf(state);
  const size = slope * tide.size;
  if (transfer.affine !== null) {
    return {
      ...tide,
      size,
      kernel: combined([slope, tide.kernel]),
      own: combined([slope, tide.own]),
      bias: slope * tide.bias,
    };
  }
  if (wave === null || !(slope > 0)) return null;
  const { moments } = source;
  const step = STEP * moments.q;
  const slopeAt = (change: number): number =>
    transferSlope(transfer, { ...moments, q: moments.q + change });
  const [up, down] = [slopeAt(step), slopeAt(-step)];
  const perQ = (up - down) / (2 * step);
  const bend = (up - 2 * slopeAt(0) + down) / step ** 2;
  const fixed = rigidOf(course, source.value);
  const loose = pass.few?.(source.value, false)?.one.qq ?? 0;
  const single = fixed.q > 0 ? loose - fixedNoise(course, state, 1, fixed).qq : loose;
  // Orthogonal weights turn directions across their input into ones across their output, where its large units are not.
  const units = countOf(state.axes, ['unit']) ?? Infinity;
  const across = (-2 * fixed.d * perQ * moments.q) / units;
  const squares = transferMoments(slopeSquare(transfer), moments);
  const { overlap, rigid } = tide;
  const whole = 1 + 2 * rigid;
  const one = (3 * squares.q) / squares.mean ** 2 - whole;
  const all = ((1 + 2 * overlap) * squares.k) / squares.mean ** 2 - 1 - 2 * rigid * overlap;
  const own = fresh(state, size, Math.max(0, one), Math.max(0, all));
  if (own === null) return null;
  // Gradients of two examples stay alike as far as their slopes do.
  const alike = transferMoments(slopeOnly(transfer), moments);
  const share = alike.q > 0 ? Math.min(1, (alike.k / alike.q) ** 2) : 0;
  return {
    size,
    kernel: combined([slope, tide.kernel], [tide.size * perQ, wave.kernel.q]),
    own,
    overlap: share * overlap,
    rigid: 0,
    bias: slope * tide.bias + tide.size * (perQ * wave.bias.q + 0.5 * bend * single + across),
  };
}

const slopeOnly = ({ df, kinks }: Transfer): Transfer => ({
  f: df,
  df: () => 0,
  kinks,
  affine: null,
});
