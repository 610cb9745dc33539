import { valueTypes } from '../autodiff/index.ts';
import type { Graph, Values } from '../graph/index.ts';
import type { DType } from '../tensor/index.ts';
import { layoutFrom, type ExampleLayout } from './example-layout.ts';
import { shapeKey, shapesOf } from './graph-shapes.ts';
import type { Feeds } from './inputs.ts';
import { batchOf } from './jacobian-batch.ts';
import type { Ends } from './jacobian-values.ts';
import type { ProbeOptions } from './probe.ts';

/** How often an example can be in a run: `fixed` times, or as often as one likes. */
export interface Copies {
  readonly make: (count: number) => Feeds;
  readonly fixed: number | null;
}

/** Where a Jacobian is taken: at one example, alone or within its batch. */
export interface Site {
  readonly ends: Ends;
  readonly dtype: DType;
  /** How the examples lie in the two values. */
  readonly from: ExampleLayout;
  readonly to: ExampleLayout;
  readonly feeds: Feeds;
  /** Examples in `feeds`, the first of which it is about. */
  readonly examples: number;
  /** Whether `feeds` holds nothing but the example. */
  readonly isAlone: boolean;
  /** Copies of the example beside each other, if they do not influence each other. */
  readonly copies: () => Promise<Copies | null>;
}

/** Two values and how one example lies in them, known before anything runs but for whether others matter. */
export interface Outline {
  readonly ends: Ends;
  readonly dtype: DType;
  readonly from: ExampleLayout;
  readonly to: ExampleLayout;
  /** Examples in `feeds`. */
  readonly count: number;
  readonly feeds: Feeds;
  /** The first example alone; `null` where the file fixes more. */
  readonly alone: Feeds | null;
  /** Two examples (or as many as the file fixes); `null` where examples cannot be told apart. */
  readonly several: Feeds | null;
  readonly copies: Copies | null;
}

/** The shapes of the two values on some inputs. */
type ShapesOfEnds = Readonly<Record<'from' | 'to', readonly number[]>>;

/** The shapes of two values for some inputs as far as they are known beforehand. */
export function shapesBefore(graph: Graph, { from, to }: Ends, feeds: Feeds): ShapesOfEnds | null {
  const inputs = new Map(Object.entries(feeds).map(([name, { shape }]) => [name, shape]));
  const types = valueTypes(graph, inputs);
  const [a, b] = [from, to].map((name) => {
    const shape = types.get(name)?.shape ?? null;
    const numbers = (shape ?? []).filter((extent) => typeof extent === 'number');
    return shape !== null && numbers.length === shape.length ? numbers : null;
  });
  return a === null || b === null ? null : { from: a, to: b };
}

/** The same by running the network. */
export async function shapesByRun(
  graph: Graph,
  { from, to }: Ends,
  feeds: Feeds,
  weights: Values,
  options: ProbeOptions,
): Promise<ShapesOfEnds> {
  const shapes = (await shapesOf(graph, weights, [feeds], options)).get(shapeKey(feeds));
  return { from: shapes?.get(from) ?? [], to: shapes?.get(to) ?? [] };
}

const whole = (shape: readonly number[]): ExampleLayout => ({ axis: 0, shape });

/** Inputs whose shapes tell how the examples lie: of one, two and three examples, or those that are given. */
export function trials(graph: Graph, feeds: Feeds): readonly Feeds[] {
  const { isOpen, take } = batchOf(graph, feeds);
  return isOpen ? [take([0]), take([0, 0]), take([0, 0, 0])] : [feeds];
}

/** How one example lies in two values, which have these shapes for the `trials`. */
export function outlineOf(
  graph: Graph,
  ends: Ends,
  feeds: Feeds,
  dtype: DType,
  [one, two, three]: readonly ShapesOfEnds[],
): Outline {
  const batch = batchOf(graph, feeds);
  const { count } = batch;
  const base = { ends, dtype, count, feeds };
  if (batch.isOpen) {
    const make = (n: number): Feeds => batch.take(Array.from({ length: n }, () => 0));
    const from = layoutFrom([2, two.from], [3, three.from]);
    const to = layoutFrom([2, two.to], [3, three.to]);
    const alone = batch.take([0]);
    if (from === null || to === null) {
      return {
        ...base,
        from: whole(one.from),
        to: whole(one.to),
        alone,
        several: null,
        copies: null,
      };
    }
    const several = batch.take([0, count > 1 ? 1 : 0]);
    return { ...base, from, to, alone, several, copies: { make, fixed: null } };
  }
  const isBatch = count > 1 && one.from[0] === count && one.to[0] === count;
  if (!isBatch) {
    return {
      ...base,
      count: 1,
      from: whole(one.from),
      to: whole(one.to),
      alone: feeds,
      several: null,
      copies: null,
    };
  }
  const layout = (shape: readonly number[]): ExampleLayout => whole([1, ...shape.slice(1)]);
  const make = (): Feeds => batch.take(Array.from({ length: count }, () => 0));
  return {
    ...base,
    from: layout(one.from),
    to: layout(one.to),
    alone: null,
    several: feeds,
    copies: { make, fixed: count },
  };
}

/**
 * The place at which the Jacobian is taken: the example alone, in copies of it where examples are seen not to
 * influence each other, or within its batch where they do. `areCoupled` says whether they do in some inputs.
 */
export async function siteOf(
  outline: Outline,
  areCoupled: (several: Feeds, examples: number) => Promise<boolean>,
): Promise<Site> {
  const { ends, dtype, from, to, count, feeds, alone, several, copies } = outline;
  const base = { ends, dtype, from, to };
  const none = (): Promise<null> => Promise.resolve(null);
  if (several === null) {
    return { ...base, feeds: alone ?? feeds, examples: 1, isAlone: true, copies: none };
  }
  if (count === 1 && alone !== null) {
    const ifApart = async (): Promise<Copies | null> =>
      (await areCoupled(several, 2)) ? null : copies;
    return { ...base, feeds: alone, examples: 1, isAlone: true, copies: ifApart };
  }
  if (await areCoupled(several, alone === null ? count : 2)) {
    return { ...base, feeds, examples: count, isAlone: false, copies: none };
  }
  const given = (): Promise<Copies | null> => Promise.resolve(copies);
  if (alone !== null) return { ...base, feeds: alone, examples: 1, isAlone: true, copies: given };
  return { ...base, feeds, examples: count, isAlone: false, copies: given };
}
