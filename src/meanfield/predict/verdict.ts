import { brent } from '../../numeric/index.ts';
import type { LayerKind, Network } from '../../network/index.ts';
import type { NetworkPhase, PredictedLayer, Prediction } from './prediction.ts';

/** A row with what the verdict needs besides. */
export interface Row extends PredictedLayer {
  readonly kind: LayerKind;
  /** Elements of one example, `null` where that is not known. */
  readonly elements: number | null;
  /** Whether every path from the inputs to the last layers passes it: it is in no branch. */
  readonly isPassedByAll: boolean;
}

type Verdict = Omit<Prediction, 'version' | 'model' | 'layers' | 'depth'>;

/**
 * Gradients whose second moment changes by more than `e⁶`, as it does over six depth scales, belong to a
 * network that is not trained by one step size. Reference: Schoenholz et al. 2017, §5, arXiv:1611.01232
 */
const MOST_SCALES = 6;

/** Factor of the signal's second moment beyond which it is lost, the one by which measurements are judged. */
const LOST = Math.log(1e6);

/** Less than this is no change: the rounding of a quadrature over a thousand layers. */
const NO_CHANGE = 1e-9;

/** From the first hidden layer to the last: what changes by which logarithm. */
interface Course {
  readonly first: Row;
  readonly last: Row;
  readonly rows: readonly Row[];
  /** Of the squared length of the gradient, on the way back. */
  readonly gradient: number;
  /** Of the second moment of the signal. */
  readonly signal: number;
  /** Of `1 - c`. */
  readonly distance: number;
}

/** Where a network is looked at: at what layers and sums make. */
const PLACES: ReadonlySet<LayerKind> = new Set(['embedding', 'linear', 'sum']);

/** The squared length of the gradient at a row: no matter of how many elements it is spread over. */
const lengthOf = ({ gradient, elements }: Row): number => (gradient ?? NaN) * (elements ?? 1);

function courseOf(rows: readonly Row[]): Course | null {
  const linear = rows.filter(({ kind }) => kind === 'linear');
  const head = linear.findLast(({ gradient }) => gradient === 1);
  const before = head === undefined ? rows : rows.slice(0, rows.indexOf(head));
  const open = before.filter(
    ({ kind, gradient }) => PLACES.has(kind) && gradient !== null && gradient > 0,
  );
  const stream = open.filter(({ isPassedByAll }) => isPassedByAll);
  const path = stream.length > 1 ? stream : open;
  const [first] = path;
  const last = path.at(-1);
  if (first === undefined || last === undefined) return null;
  const apart = (row: Row): number => 1 - (row.c ?? 1);
  return {
    first,
    last,
    rows: path,
    gradient: Math.log(lengthOf(first) / lengthOf(last)),
    signal: Math.log((last.q ?? NaN) / (first.q ?? NaN)),
    distance: apart(first) > 0 && apart(last) > 0 ? Math.log(apart(last) / apart(first)) : 0,
  };
}

/** What becomes of a network, from its rows; `scaled` predicts them again with other weights. */
export function verdictOf(
  rows: readonly Row[],
  network: Network,
  scaled: (factor: number) => readonly Row[],
): Verdict {
  const lost = rows.find(({ known }) => !known);
  const nothing = { depthScale: null, gradientFactor: null, where: null, change: null };
  const linear = rows.filter(({ kind }) => kind === 'linear');
  if (linear.length === 0) {
    const verdict = 'There is no linear layer with stored weights to judge.';
    return { ...nothing, phase: 'unknown', verdict };
  }
  const silent = silentFrom(rows);
  if (silent !== null) return { ...nothing, ...silent };
  const dead = rows.findLast(
    ({ kind, gradient, q, isPassedByAll }) =>
      isPassedByAll && PLACES.has(kind) && gradient === 0 && q !== null && q > 0,
  );
  if (dead !== undefined && lost === undefined) {
    const closed = rows.slice(rows.indexOf(dead) + 1).find(({ chi }) => chi === 0);
    const isLayer = closed?.kind === 'linear';
    return {
      ...nothing,
      phase: 'vanishing',
      gradientFactor: 0,
      where: dead.name,
      change: isLayer
        ? `Give the weights of \`${closed.name}\` a variance, unless training is meant to start there.`
        : 'Put a function with a slope in the place of steps, at least on the way back.',
      verdict: isLayer
        ? `No gradient gets to \`${dead.name}\`: the weights of \`${closed.name}\` are zero.`
        : `No gradient gets to \`${dead.name}\`: what follows it is flat almost everywhere, or its gradients are too small for a number.`,
    };
  }
  const course = courseOf(rows);
  const isCut = lost !== undefined && (course === null || Number.isNaN(course.gradient));
  if (isCut || (lost !== undefined && linear.some(({ known }) => !known))) {
    const { name, note } = lost;
    return {
      ...nothing,
      phase: 'unknown',
      where: name,
      verdict: `Nothing is known from \`${name}\` on: ${note ?? 'there is no rule for what makes it'}.`,
    };
  }
  if (course === null || course.first === course.last) return shallow(linear, nothing);
  return judged(course, network, scaled);
}

/** A network whose output is zero. */
function silentFrom(
  rows: readonly Row[],
): Pick<Verdict, 'phase' | 'where' | 'change' | 'verdict'> | null {
  const places = rows.filter(({ kind }) => PLACES.has(kind));
  const head = places.findLast(({ kind, gradient }) => kind === 'linear' && gradient === 1);
  if (head?.q !== 0) return null;
  const alive = places.findLastIndex(({ q }) => q !== null && q > 0);
  const end = places.slice(alive + 1).find(({ kind }) => kind === 'linear') ?? head;
  if (end === head) {
    return {
      phase: 'critical',
      where: head.name,
      change: null,
      verdict: `The output starts at zero, as the weights of \`${head.name}\` do: at the first update they alone learn, and what is before them from then on.`,
    };
  }
  return {
    phase: 'vanishing',
    where: end.name,
    change: `Give the weights of \`${end.name}\` a variance, unless training is meant to start there.`,
    verdict: `The output is zero: the signal ends at \`${end.name}\`, and no gradient gets past it before its first update.`,
  };
}

function shallow(
  linear: readonly Row[],
  nothing: Pick<Verdict, 'depthScale' | 'gradientFactor' | 'where' | 'change'>,
): Verdict {
  const [only] = linear;
  const layers = linear.length > 1 ? 'One hidden layer' : 'One layer';
  return {
    ...nothing,
    phase: 'critical',
    gradientFactor: only.gradient,
    verdict: `${layers} has no depth over which anything could vanish or explode: second moment ${shown(only.q)} at \`${only.name}\`.`,
  };
}

function judged(
  course: Course,
  network: Network,
  scaled: (factor: number) => readonly Row[],
): Verdict {
  const { first, last, gradient, signal } = course;
  const layers = Math.max(1, network.depth - 1);
  const fastest = Math.max(...rates(course));
  const depthScale = fastest > NO_CHANGE ? layers / fastest : null;
  const phase = phaseOf(course);
  const where = phase === 'critical' ? null : firstBad(course);
  const base = { phase, depthScale, gradientFactor: first.gradient, where };
  const scale =
    depthScale === null
      ? 'nothing changes with depth'
      : `the depth scale is ${shown(depthScale)} layers against a depth of ${network.depth}`;
  const how = `from \`${last.name}\` back to \`${first.name}\` the squared length of the gradient changes by a factor ${factorOf(gradient)}, on the way there the second moment of the signal by ${factorOf(signal)}`;
  if (phase === 'critical') {
    const alike =
      course.distance < -MOST_SCALES
        ? ` Two inputs become alike: 1 - c shrinks by ${factorOf(course.distance)}.`
        : '';
    const verdict = `Signal and gradient keep their size: ${how}; ${scale}.${alike}`;
    return { ...base, change: null, verdict };
  }
  const what = Math.abs(gradient) > MOST_SCALES ? 'gradient' : 'signal';
  const ends = phase === 'exploding' ? 'explodes' : 'vanishes';
  return {
    ...base,
    change: cureFor(what, network.normalised, scaled),
    verdict: `The ${what} ${ends}: ${how}; ${scale}. It goes wrong first at \`${where}\`.`,
  };
}

/** How fast each of them changes; a signal that is not known any more does not count. */
const rates = ({ gradient, signal, distance }: Course): number[] =>
  [gradient, signal, distance].map((rate) => (Number.isNaN(rate) ? 0 : Math.abs(rate)));

function phaseOf({ gradient, signal }: Course): NetworkPhase {
  if (Math.abs(gradient) > MOST_SCALES) return gradient > 0 ? 'exploding' : 'vanishing';
  if (Math.abs(signal) > LOST) return signal > 0 ? 'exploding' : 'vanishing';
  return Number.isNaN(gradient) || Number.isNaN(signal) ? 'unknown' : 'critical';
}

/** On the way of what goes wrong, the first row that is past the limit. */
function firstBad({ gradient, first, last, rows }: Course): string {
  if (Math.abs(gradient) > MOST_SCALES) {
    const limit = (row: Row): boolean =>
      Math.abs(Math.log(lengthOf(row) / lengthOf(last))) > MOST_SCALES;
    return (rows.findLast(limit) ?? first).name;
  }
  const limit = (row: Row): boolean => Math.abs(Math.log((row.q ?? NaN) / (first.q ?? NaN))) > LOST;
  return (rows.find(limit) ?? last).name;
}

/** Factors on the standard deviation between which a cure is looked for. */
const FACTORS = [1 / 64, 1 / 16, 1 / 4, 1 / 2, 2, 4, 16, 64] as const;

/** The factor on all hidden weights that keeps what goes wrong, found by predicting again. */
function cureFor(
  what: 'gradient' | 'signal',
  isNormalised: boolean,
  scaled: (factor: number) => readonly Row[],
): string {
  const change = (logFactor: number): number =>
    courseOf(scaled(Math.exp(logFactor)))?.[what] ?? NaN;
  const here = change(0);
  const found: number[] = [];
  for (const side of [-1, 1]) {
    let [near, valueNear] = [0, here];
    for (const factor of side < 0 ? FACTORS.filter((x) => x < 1).reverse() : FACTORS) {
      if (factor < 1 !== side < 0) continue;
      const far = Math.log(factor);
      const valueFar = change(far);
      if (!Number.isFinite(valueFar)) break;
      if (valueFar > 0 !== valueNear > 0) {
        found.push(brent(change, near, far, 1e-4));
        break;
      }
      [near, valueNear] = [far, valueFar];
    }
  }
  const [best] = found.sort((a, b) => Math.abs(a) - Math.abs(b));
  if (best === undefined) {
    const cure = isNormalised
      ? 'normalisations set the sizes here, so put residual sums around the layers'
      : 'put normalisations or residual sums between the layers, or take another activation';
    return `No scale of the weights between 1/64 and 64 times theirs keeps the ${what}: ${cure}.`;
  }
  const other = what === 'gradient' ? 'signal' : 'gradient';
  const after = courseOf(scaled(Math.exp(best)))?.[other] ?? NaN;
  return `Multiply the standard deviation of all hidden weights by ${shown(Math.exp(best))}: from the first hidden layer to the last that keeps the ${what}, and changes the second moment of the ${other} by a factor ${factorOf(after)}.`;
}

/** A number of few digits. */
function shown(value: number | null): string {
  if (value === null) return 'unknown';
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e5)) return String(Number(value.toPrecision(3)));
  return value.toExponential(1).replace('e+', 'e');
}

/** A factor by its logarithm, also one that no double holds. */
function factorOf(log: number): string {
  if (Number.isNaN(log)) return 'that is not known';
  if (Math.abs(log) < 600) return shown(Math.exp(log));
  return `1e${Math.round(log / Math.LN10)}`;
}
