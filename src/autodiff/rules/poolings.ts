import { numberAttribute, numbersAttribute, type Node } from '../../graph/index.ts';
import { emit, emitAll, furtherOutput } from '../emit.ts';
import { extents, mul, rankOf, reshapeLike, sumOver, times } from '../ops.ts';
import { floats, ints, scalar, type Scope } from '../scope.ts';
import { isCeil, places, windowOf, type PaddedWindow } from '../window.ts';
import { nodeText } from '../wording.ts';
import { byExpansion, rule, type Rule } from './rule.ts';
import { scatterSum } from './scatter.ts';
import { extentAt, spread } from './spread.ts';

/** The largest element of each window gets the cotangent, the first of them where several are. */
const maxPool: Rule = rule((s, node, g) => {
  const { storage_order: order = 0, ...attributes } = node.attributes;
  const [x] = node.inputs;
  // Places are wanted in row-major order, whatever the node itself gives.
  const places = (): string =>
    order === 0 ? furtherOutput(s, node, 1) : emitAll(s, 'MaxPool', [x], attributes, 2)[1];
  return [() => scatterSum(s, g, places(), x)];
});

function windowAt(s: Scope, node: Node): PaddedWindow {
  const kernel = numbersAttribute(node, 'kernel_shape') ?? [];
  const spatial = kernel.map((_, axis) => extentAt(s, node.inputs[0], axis + 2));
  const window = windowOf(node, kernel, spatial);
  const pads = window.pads.filter((pad) => pad !== null);
  const isOpen = isCeil(node) && spatial.includes(null);
  if (pads.length < kernel.length || isOpen) {
    throw new RangeError(
      `${nodeText(node)}: with auto_pad or ceil_mode the extents must be known to differentiate it, got unknown ones`,
    );
  }
  return { ...window, pads };
}

/** How many elements each window averages along an axis. */
function counts(window: PaddedWindow, axis: number, extent: number, node: Node): number[] {
  const [before, after] = window.pads[axis];
  const includesPads = numberAttribute(node, 'count_include_pad', 0) !== 0;
  const [low, high] = includesPads ? [-before, extent + after] : [0, extent];
  return Array.from({ length: places(window, axis, extent, isCeil(node)) }, (_, place) => {
    let count = 0;
    for (let at = 0; at < window.kernel[axis]; at++) {
      const position = place * window.strides[axis] + at * window.dilations[axis] - before;
      if (position >= low && position < high) count++;
    }
    return count;
  });
}

/** `1 / count` for every window, to be broadcast over [N, C, …]. */
function shares(s: Scope, node: Node, window: PaddedWindow): string {
  const [x] = node.inputs;
  const { kernel, strides, dilations, pads } = window;
  const spatial = kernel.map((_, axis) => extentAt(s, x, axis + 2));
  const known = spatial.filter((extent) => extent !== null);
  if (known.length === kernel.length) {
    let all = [1];
    const each = known.map((extent, axis) => counts(window, axis, extent, node));
    for (const list of each) all = all.flatMap((count) => list.map((more) => count * more));
    const shape = [1, 1, ...each.map(({ length }) => length)];
    return floats(
      s,
      all.map((count) => 1 / count),
      shape,
      x,
    );
  }
  const size = kernel.reduce((product, extent) => product * extent, 1);
  const isPadded = pads.some(([before, after]) => before + after > 0);
  if (!isPadded || numberAttribute(node, 'count_include_pad', 0) !== 0)
    return scalar(s, 1 / size, x);
  const target = emit(s, 'Concat', [ints(s, [1, 1]), extents(s, x, 2)], { axis: 0 });
  const ones = emit(s, 'Expand', [scalar(s, 1, x), target]);
  const counted = emit(s, 'Conv', [ones, onesKernel(s, kernel, x)], {
    kernel_shape: kernel,
    strides,
    dilations,
    pads: [...pads.map(([before]) => before), ...pads.map(([, after]) => after)],
  });
  return emit(s, 'Reciprocal', [counted]);
}

function onesKernel(s: Scope, kernel: readonly number[], like: string): string {
  const size = kernel.reduce((product, extent) => product * extent, 1);
  return floats(
    s,
    Array.from({ length: size }, () => 1),
    [1, 1, ...kernel],
    like,
  );
}

/** Each window's cotangent, in equal shares, to what it averages. */
const averagePool: Rule = rule((s, node, g) => {
  const [x] = node.inputs;
  const window = windowAt(s, node);
  const channels = (value: string): string => {
    const target = emit(s, 'Concat', [ints(s, [-1, 1]), extents(s, value, 2)], { axis: 0 });
    return emit(s, 'Reshape', [value, target]);
  };
  return [
    () => {
      const share = channels(mul(s, g, shares(s, node, window)));
      const kernel = onesKernel(s, window.kernel, x);
      return reshapeLike(s, spread(s, share, kernel, channels(x), window, 1), x);
    },
  ];
});

function spatialAxes(s: Scope, node: Node): number[] {
  const rank = rankOf(s, node.inputs[0]);
  if (rank === null) {
    throw new RangeError(
      `${nodeText(node)}: the rank of its input must be known to differentiate it, got an unknown one`,
    );
  }
  return Array.from({ length: rank - 2 }, (_, axis) => axis + 2);
}

function reduced(operator: string): Rule {
  return byExpansion((s, node) => [
    emit(s, operator, [node.inputs[0], ints(s, spatialAxes(s, node))], { keepdims: 1 }),
  ]);
}

/** `(Σ |x|ᵖ)^(1/p)` of powers that `sum` adds up. */
function norm(s: Scope, node: Node, sum: (powers: string) => string): string {
  const p = numberAttribute(node, 'p', 2);
  const size = emit(s, 'Abs', [node.inputs[0]]);
  const total = sum(emit(s, 'Pow', [size, scalar(s, p, size)]));
  return emit(s, 'Pow', [total, scalar(s, 1 / p, total)]);
}

/** Poolings. */
export const poolings: Readonly<Record<string, Rule>> = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  LpPool: byExpansion((s, node) => {
    const { p: _, ...attributes } = node.attributes;
    const kernel = numbersAttribute(node, 'kernel_shape') ?? [];
    const size = kernel.reduce((product, extent) => product * extent, 1);
    const mean = (powers: string): string =>
      emit(s, 'AveragePool', [powers], { ...attributes, count_include_pad: 1 });
    return [norm(s, node, (powers) => times(s, size, mean(powers)))];
  }),
  GlobalAveragePool: reduced('ReduceMean'),
  GlobalMaxPool: reduced('ReduceMax'),
  GlobalLpPool: byExpansion((s, node) => [
    norm(s, node, (powers) => sumOver(s, powers, spatialAxes(s, node), true)),
  ]),
};
