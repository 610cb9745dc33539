import { numberAttribute, numbersAttribute, type Node } from '../graph/index.ts';
import { integersOf, storedIntegers } from './integers.ts';
import type { Layer } from './layer.ts';
import type { Wiring } from './wiring.ts';

/** An axis along which the outputs of a layer run. */
interface Span {
  readonly extent: number;
  readonly stride: number;
}

/** An axis of a value, `null` for one that does not concern the outputs. */
type Axis = Span | null;

/** Some outputs of a layer, spread over the axes of a value: `offset + Σ stride · index`. */
interface Columns {
  readonly offset: number;
  readonly axes: readonly Axis[];
}

/** What becomes of a layer's outputs along a path. */
export interface Passage {
  /** Which of them reach its end, as runs in ascending order. */
  readonly runs: readonly Run[];
  /** How many of them stand on the last axis of theirs there, as the width of a head; `null` if not known. */
  readonly width: number | null;
}

/** A run of consecutive outputs of a layer. */
export interface Run {
  readonly start: number;
  readonly length: number;
}

/**
 * Which of a layer's outputs reach the end of a path of nodes through reshapes, transposes, splits
 * and the like. Once a node mixes the outputs with another axis, what is known of the runs stands.
 * `values[i]` is what `path[i]` makes.
 */
export function outputsAlong(
  wiring: Wiring,
  layer: Layer,
  path: readonly Node[],
  values: readonly string[],
): Passage {
  let columns = startOf(wiring, layer);
  for (const [index, node] of path.entries()) {
    const next = step(wiring, columns, node, values[index]);
    if (next === null) {
      return { runs: runsOf(columns), width: widthAfter(wiring, columns, path.slice(index)) };
    }
    columns = next;
  }
  const extents = columns.axes.flatMap((axis) => (axis === null ? [] : [axis.extent]));
  return { runs: runsOf(columns), width: extents.length > 2 ? null : (extents.at(-1) ?? null) };
}

/** The last extent of the first reshape to extents that are known, which puts the heads together with the examples. */
function widthAfter(wiring: Wiring, { axes }: Columns, path: readonly Node[]): number | null {
  const whole = axes.at(-1)?.extent;
  if (whole === undefined) return null;
  for (const { operator, inputs } of path) {
    const last = operator === 'Reshape' ? (integersOf(wiring, inputs[1])?.at(-1) ?? 0) : 0;
    if (last > 0 && whole % last === 0) return last;
  }
  return null;
}

function startOf(wiring: Wiring, layer: Layer): Columns {
  const { layout, view } = layer.operands[0];
  const outputs = view.shape.reduce(
    (product, extent, axis) => (layout[axis] === 'out' ? product * extent : product),
    1,
  );
  const own: Axis = { extent: outputs, stride: 1 };
  if (layout.includes('kernel')) {
    return { offset: 0, axes: [null, own, ...view.shape.slice(2).map(() => null)] };
  }
  const output = layer.node.outputs[0];
  const rank = wiring.graph.values.get(output)?.shape?.length ?? (isFlat(layer.node) ? 2 : 3);
  return { offset: 0, axes: [...Array.from({ length: rank - 1 }, () => null), own] };
}

const isFlat = (node: Node): boolean => node.operator.endsWith('Gemm');

function step(wiring: Wiring, columns: Columns, node: Node, value: string): Columns | null {
  const { axes } = columns;
  switch (node.operator) {
    case 'Reshape':
      return reshaped(columns, integersOf(wiring, node.inputs[1]));
    case 'Transpose': {
      const perm = numbersAttribute(node, 'perm') ?? axes.map((_, axis) => axis).reverse();
      return perm.length === axes.length
        ? { ...columns, axes: perm.map((axis) => axes[axis]) }
        : null;
    }
    case 'Unsqueeze':
    case 'Squeeze': {
      const given = numbersAttribute(node, 'axes') ?? storedIntegers(wiring, node.inputs[1]);
      return given === null ? null : squeezed(columns, node.operator === 'Unsqueeze', given);
    }
    case 'Split': {
      const sizes = numbersAttribute(node, 'split') ?? storedIntegers(wiring, node.inputs[1]);
      const axis = numberAttribute(node, 'axis', 0);
      const index = node.outputs.indexOf(value);
      const whole = axes.at(axis)?.extent;
      if (whole === undefined) return columns;
      const share = Math.ceil(whole / node.outputs.length);
      const start =
        sizes === null ? index * share : sizes.slice(0, index).reduce((sum, n) => sum + n, 0);
      return cut(columns, axis, start, sizes?.[index] ?? Math.min(share, whole - start));
    }
    case 'Slice':
      return sliced(wiring, columns, node);
    case 'Gather': {
      const indices = storedIntegers(wiring, node.inputs[1]);
      const axis = numberAttribute(node, 'axis', 0);
      if (axes.at(axis) === null) return isScalar(wiring, node) ? without(columns, axis) : columns;
      if (indices?.length !== 1) return null;
      const row = cut(columns, axis, indices[0], 1);
      return row !== null && isScalar(wiring, node) ? without(row, axis) : row;
    }
    case 'Concat':
      return axes.at(numberAttribute(node, 'axis', 0)) === null ? columns : null;
    case 'Flatten':
    case 'Tile':
    case 'Expand':
    case 'Einsum':
      return null;
    default:
      return columns;
  }
}

const isScalar = (wiring: Wiring, node: Node): boolean =>
  wiring.graph.constants.get(node.inputs[1] ?? '')?.shape.length === 0;

function without(columns: Columns, axis: number): Columns {
  const at = axis < 0 ? axis + columns.axes.length : axis;
  return { ...columns, axes: columns.axes.toSpliced(at, 1) };
}

function squeezed(columns: Columns, adds: boolean, given: readonly number[]): Columns {
  const rank = columns.axes.length + (adds ? given.length : 0);
  const places = new Set(given.map((axis) => (axis < 0 ? axis + rank : axis)));
  if (!adds) return { ...columns, axes: columns.axes.filter((_, axis) => !places.has(axis)) };
  let next = 0;
  const axes = Array.from({ length: rank }, (_, i) =>
    places.has(i) ? null : (columns.axes[next++] ?? null),
  );
  return { ...columns, axes };
}

function cut(columns: Columns, axis: number, start: number, length: number): Columns | null {
  const at = axis < 0 ? axis + columns.axes.length : axis;
  const old = columns.axes[at];
  if (old === undefined) return null;
  if (old === null) return columns;
  const from = start < 0 ? start + old.extent : start;
  return {
    offset: columns.offset + from * old.stride,
    axes: columns.axes.with(at, { extent: length, stride: old.stride }),
  };
}

function sliced(wiring: Wiring, columns: Columns, node: Node): Columns | null {
  const starts = numbersAttribute(node, 'starts') ?? storedIntegers(wiring, node.inputs[1]);
  const ends = numbersAttribute(node, 'ends') ?? storedIntegers(wiring, node.inputs[2]);
  const axes = numbersAttribute(node, 'axes') ?? storedIntegers(wiring, node.inputs[3]);
  const steps = storedIntegers(wiring, node.inputs[4]);
  if (axes === null || steps?.some((size) => size !== 1) === true) return null;
  let result: Columns | null = columns;
  for (const [index, axis] of axes.entries()) {
    const extent = result?.axes.at(axis)?.extent;
    if (result === null || extent === undefined) continue;
    if (starts === null || ends === null) return null;
    const clamp = (position: number): number =>
      Math.min(extent, Math.max(0, position < 0 ? position + extent : position));
    const from = clamp(starts[index]);
    result = cut(result, axis, from, clamp(ends[index]) - from);
  }
  return result;
}

/** Splits or joins the axes of the outputs; `null` where they are joined with others. */
function reshaped(columns: Columns, target: readonly (number | null)[] | null): Columns | null {
  if (target === null) return null;
  const { axes } = columns;
  const first = axes.findIndex((axis) => axis !== null);
  const last = axes.findLastIndex((axis) => axis !== null);
  const own = axes.slice(first, last + 1).filter((axis) => axis !== null);
  if (first < 0 || own.length < last + 1 - first) return null;
  const total = own.reduce((product, { extent }) => product * extent, 1);
  const after = axes.length - 1 - last;
  for (const end of new Set([target.length - after, target.length])) {
    for (let start = end - 1; start >= 0; start--) {
      const extents = resolved(target.slice(start, end), total, start === first);
      if (extents === null) continue;
      const split = refactored(own, extents);
      if (split === null) return null;
      const blank = (length: number): null[] => Array.from({ length }, () => null);
      return { ...columns, axes: [...blank(start), ...split, ...blank(target.length - end)] };
    }
  }
  return null;
}

/** The extents of target axes if they make up all outputs; one may be open where the place fits. */
function resolved(
  target: readonly (number | null)[],
  total: number,
  mayBeOpen: boolean,
): number[] | null {
  const isOpen = (extent: number | null): boolean => extent === null || extent <= 0;
  const known = target.reduce<number>(
    (all, extent) => (isOpen(extent) ? all : all * (extent ?? 1)),
    1,
  );
  const open = target.filter(isOpen).length;
  if (open === 0 && known !== total) return null;
  if (open === 0) return target.map((extent) => extent ?? 1);
  if (open > 1 || !mayBeOpen || total % known !== 0) return null;
  return target.map((extent) => (isOpen(extent) ? total / known : (extent ?? 1)));
}

/** The same elements in order over axes of other extents, if each new axis has one stride. */
function refactored(own: readonly Span[], extents: readonly number[]): Axis[] | null {
  const result: Axis[] = [];
  let index = own.length - 1;
  let inner = 1;
  for (const extent of [...extents].reverse()) {
    let axis = own[index];
    let stride = (axis?.stride ?? 1) * inner;
    let left = extent;
    if (axis === undefined && extent !== 1) return null;
    while (axis !== undefined && left > axis.extent / inner) {
      const room = axis.extent / inner;
      const outer = own[index - 1];
      if (outer === undefined || left % room !== 0) return null;
      if (outer.stride !== axis.stride * axis.extent && room !== 1) return null;
      if (room === 1) stride = outer.stride;
      left /= room;
      index -= 1;
      inner = 1;
      axis = outer;
    }
    result.unshift({ extent, stride });
    if (axis === undefined) continue;
    inner *= left;
    if (axis.extent % inner !== 0) return null;
    if (inner === axis.extent) {
      index -= 1;
      inner = 1;
    }
  }
  return result;
}

function runsOf(columns: Columns): Run[] {
  let starts = [columns.offset];
  for (const axis of columns.axes) {
    if (axis === null) continue;
    starts = starts.flatMap((start) =>
      Array.from({ length: axis.extent }, (_, i) => start + i * axis.stride),
    );
  }
  return joined(starts.map((start) => ({ start, length: 1 })));
}

/** The runs that cover the same outputs, in order and as long as can be. */
export function joined(runs: readonly Run[]): Run[] {
  const result: Run[] = [];
  for (const { start, length } of [...runs].sort((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last === undefined || last.start + last.length < start) result.push({ start, length });
    else {
      const end = Math.max(last.start + last.length, start + length);
      result[result.length - 1] = { start: last.start, length: end - last.start };
    }
  }
  return result;
}
