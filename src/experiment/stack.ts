import type { LearningBatch, LearningSet } from '../data/index.ts';
import { checkFeeds } from '../runtime/index.ts';
import { stackName } from '../train/index.ts';
import { bytesPerElement, type Tensor } from '../tensor/index.ts';
import type { Objective } from './objective.ts';
import type { StepPick } from './training.ts';

type Tensors = Readonly<Record<string, Tensor>>;

/** Tensors of equal shape as one, along a new first axis. */
function stacked(tensors: readonly Tensor[]): Tensor {
  const [{ dtype, shape, data }] = tensors;
  if (tensors.length === 1) return { dtype, shape: [1, ...shape], data };
  const size = data.length;
  const all = Reflect.construct(data.constructor, [size * tensors.length]);
  tensors.forEach((tensor, index) => all.set(tensor.data, index * size));
  return { dtype, shape: [tensors.length, ...shape], data: all };
}

/**
 * What the network and its loss read, by name. `RangeError` for tensors that do not fit and for a class that the network does not have: its loss would be
 * one of no class.
 */
export function tensorsOf(
  { inputs, target }: LearningBatch,
  where: string,
  { classes, reads }: Objective,
): Tensors {
  if (target.dtype === 'int64') {
    for (const index of target.data) {
      if (index >= 0n && index < BigInt(classes)) continue;
      throw new RangeError(
        `${where}: classes must be from 0 to ${classes - 1}, as many as the output has, got ${index}`,
      );
    }
  }
  const tensors = { ...inputs, target };
  checkFeeds(reads, tensors);
  return tensors;
}

function bytesOf(tensors: Tensors): number {
  return Object.values(tensors).reduce(
    (sum, { dtype, data }) => sum + data.length * bytesPerElement(dtype),
    0,
  );
}

const shapesOf = (tensors: Tensors): string =>
  Object.values(tensors)
    .map(({ shape }) => shape.join())
    .join(';');

/** Consecutive steps that one run of the engine takes, and what is fed to it. */
export interface Group {
  readonly picks: readonly StepPick[];
  readonly feeds: Tensors;
  /** Whether all steps read the same tensors. */
  readonly isHeld: boolean;
}

/** How picks become groups. */
export interface GroupOptions {
  readonly where: string;
  readonly objective: Objective;
  /** Most bytes of examples in one run. */
  readonly mostBytes: number;
}

/** Makes groups, and keeps the batch that all steps read for the next ones. */
export function grouping({
  where,
  objective,
  mostBytes,
}: GroupOptions): (set: LearningSet, picks: readonly StepPick[]) => Iterable<Group> {
  let kept: {
    readonly set: LearningSet;
    readonly indices: Uint32Array;
    readonly feeds: Tensors;
  } | null = null;

  const heldFeeds = (set: LearningSet, indices: Uint32Array): Tensors => {
    if (kept?.set !== set || kept.indices !== indices) {
      kept = { set, indices, feeds: tensorsOf(set.batch(indices, null), where, objective) };
    }
    return kept.feeds;
  };

  return function* groups(set, picks) {
    const [first] = picks;
    const isWhole =
      first.indices.length === set.count && picks.every(({ indices }) => indices === first.indices);
    if (set.random === false && isWhole) {
      yield { picks, feeds: heldFeeds(set, first.indices), isHeld: true };
      return;
    }
    let [batches, start, shapes, bytes]: [Tensors[], number, string, number] = [[], 0, '', 0];
    const group = (): Group => {
      const names = Object.keys(batches[0]);
      const feeds = names.map(
        (name) => [stackName(name), stacked(batches.map((batch) => batch[name]))] as const,
      );
      const taken = picks.slice(start, start + batches.length);
      return { picks: taken, feeds: Object.fromEntries(feeds), isHeld: false };
    };
    for (const [index, { indices, key }] of picks.entries()) {
      const batch = tensorsOf(set.batch(indices, key ?? null), where, objective);
      const own = shapesOf(batch);
      if (batches.length > 0 && (own !== shapes || bytes + bytesOf(batch) > mostBytes)) {
        yield group();
        [batches, start, bytes] = [[], index, 0];
      }
      shapes = own;
      bytes += bytesOf(batch);
      batches.push(batch);
    }
    yield group();
  };
}
