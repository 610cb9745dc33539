import { KEEP, specOfParameter, type Plan, type PlanEntry } from '../advise/index.ts';
import type { Network, ParameterInfo } from '../network/index.ts';
import { drawOf, isElementwise, type Chosen } from './draw.ts';

/** A box of a tensor that is drawn by itself. */
export interface Part extends Chosen {
  /** `forward/forget/input`; empty if the tensor is one map. */
  readonly name: string;
  readonly start: readonly number[];
  readonly shape: readonly number[];
}

/** One parameter that a program sets: what it is in the file and what its parts get. */
export interface Item {
  readonly info: ParameterInfo;
  readonly entry: PlanEntry;
  /** At least one; in the order of the axis, if one is divided. */
  readonly parts: readonly Part[];
  /** The axis of the file that the parts divide from end to end; `null` if they divide several. */
  readonly axis: number | null;
}

/** The parameters of a plan that are drawn, and those that stay. */
export function itemsOf(plan: Plan, network: Network): { drawn: Item[]; kept: PlanEntry[] } {
  const infos = new Map(network.parameters.map((info) => [info.name, info]));
  const drawn: Item[] = [];
  const kept: PlanEntry[] = [];
  for (const entry of plan.parameters) {
    const info = infos.get(entry.name);
    if (info === undefined || entry.scheme === KEEP) kept.push(entry);
    else drawn.push(itemOf(info, entry));
  }
  return { drawn, kept };
}

function itemOf(info: ParameterInfo, entry: PlanEntry): Item {
  const parts =
    entry.blocks.length === 0
      ? wholeOrGroups(info, drawOf(entry.scheme, entry.options, specOfParameter(info)))
      : entry.blocks.map((block): Part => {
          const { name, start, shape, scheme, options } = block;
          return { ...drawOf(scheme, options, specOfParameter(info, block)), name, start, shape };
        });
  const axis = dividedAxis(info.shape, parts);
  const ordered = axis === null ? parts : parts.toSorted((a, b) => a.start[axis] - b.start[axis]);
  return { info, entry, parts: ordered, axis };
}

/** A tensor without blocks: one part, or one per group where each group is a matrix of its own. */
function wholeOrGroups(info: ParameterInfo, chosen: Chosen): Part[] {
  const { shape, layout, groups } = info;
  const start = shape.map(() => 0);
  if (groups === 1 || isElementwise(chosen.draw) || chosen.draw.kind === 'stored') {
    return [{ ...chosen, name: '', start, shape }];
  }
  // A transposed convolution, [in, out, …kernel], is divided along its inputs.
  const axis = layout.indexOf(layout[0] === 'in' ? 'in' : 'out');
  const size = shape[axis] / groups;
  return Array.from({ length: groups }, (_, group) => ({
    ...chosen,
    name: `group/${group}`,
    start: start.with(axis, group * size),
    shape: shape.with(axis, size),
  }));
}

function dividedAxis(shape: readonly number[], parts: readonly Part[]): number | null {
  const axes = shape.flatMap((extent, axis) =>
    parts.every((part) => part.shape[axis] === extent) ? [] : [axis],
  );
  if (axes.length > 1) return null;
  const [axis = 0] = axes;
  let at = 0;
  for (const part of parts.toSorted((a, b) => a.start[axis] - b.start[axis])) {
    if (part.start[axis] !== at) return null;
    at += part.shape[axis];
  }
  return shape.length === 0 || at === shape[axis] ? axis : null;
}

/** Whether the values of a parameter come from a file, since no framework has the scheme of a part. */
export function isStored({ parts }: Item): boolean {
  return parts.some(({ draw }) => draw.kind === 'stored');
}

/**
 * One of the equal slices of a parameter whose first axis is a stack of them, as the directions of a
 * recurrent layer; `null` if it is no stack.
 */
export function sliceOf(item: Item): Item | null {
  const { info, parts } = item;
  const [count] = info.shape;
  if (count < 2 || !parts.every(({ shape }) => shape[0] === 1)) return null;
  const slices = Array.from({ length: count }, (_, i) =>
    parts.flatMap((part): Part[] =>
      part.start[0] === i
        ? [{ ...part, start: part.start.slice(1), shape: part.shape.slice(1) }]
        : [],
    ),
  );
  const shown = slices.map((slice) =>
    JSON.stringify(slice.map(({ start, shape, draw }) => [start, shape, draw])),
  );
  if (new Set(shown).size > 1) return null;
  const shape = info.shape.slice(1);
  const axis = dividedAxis(shape, slices[0]);
  const own = { ...info, shape, layout: info.layout.slice(1) };
  const ordered =
    axis === null ? slices[0] : slices[0].toSorted((a, b) => a.start[axis] - b.start[axis]);
  return { ...item, info: own, parts: ordered, axis };
}
