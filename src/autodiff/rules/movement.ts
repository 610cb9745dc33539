import { numberAttribute, numbersAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { emit, emitAll } from '../emit.ts';
import { castLike, extents, reshapeLike, shapeOf, sumTo, transpose, zerosLike } from '../ops.ts';
import { floats, ints, typeOf, type Scope } from '../scope.ts';
import { nodeText } from '../wording.ts';
import { byExpansion, rule, type Rule } from './rule.ts';
import { scatterSum } from './scatter.ts';

const likeInput: Rule = rule((s, { inputs: [x] }, g) => [() => reshapeLike(s, g, x)]);

const turned: Rule = rule((s, node, g) => {
  const perm = numbersAttribute(node, 'perm');
  if (perm === null) return [() => emit(s, 'Transpose', [g])];
  const inverse = perm.map((_, axis) => perm.indexOf(axis));
  return [() => transpose(s, g, inverse)];
});

/** Positive axis, where the rank is needed to say which. */
function extentAlong(s: Scope, value: string, axis: number): string {
  return axis === -1 ? extents(s, value, -1) : extents(s, value, axis, axis + 1);
}

const concat: Rule = rule((s, node, g) => {
  const axis = numberAttribute(node, 'axis', 0);
  const { inputs } = node;
  if (inputs.length === 1) return [() => g];
  let parts: readonly string[] | null = null;
  const split = (): readonly string[] => {
    const sizes = emit(
      s,
      'Concat',
      inputs.map((input) => extentAlong(s, input, axis)),
      { axis: 0 },
    );
    parts ??= emitAll(s, 'Split', [g, sizes], { axis }, inputs.length);
    return parts;
  };
  return inputs.map((_, index) => () => split()[index]);
});

const split: Rule = {
  vjp: ({ scope: s, node, cotangents }) => {
    const parts = (): readonly string[] =>
      cotangents.map((g, index) => g ?? zerosLike(s, node.outputs[index]));
    return [() => emit(s, 'Concat', parts(), { axis: numberAttribute(node, 'axis', 0) })];
  },
};

/** The place that each element of the result came from, in row-major order of `x`. */
function sources(s: Scope, node: Node): string {
  const [x, ...rest] = node.inputs;
  const size = emit(s, 'Size', [x]);
  const places = emit(s, 'Range', [ints(s, [0], []), size, ints(s, [1], [])]);
  const shaped = emit(s, 'Reshape', [places, shapeOf(s, x)], { allowzero: 1 });
  return emit(s, node.operator, [shaped, ...rest], node.attributes);
}

/** Sends every cotangent back to where its element came from. */
function sentBack(s: Scope, node: Node, g: string): string {
  return scatterSum(s, g, sources(s, node), node.inputs[0]);
}

/** A kernel of one place for each channel that changes nothing. */
function ones(s: Scope, channels: number, rank: number, like: string): string {
  const shape = [channels, ...Array.from({ length: rank - 1 }, () => 1)];
  return floats(s, new Float64Array(channels).fill(1), shape, like);
}

/**
 * Zeros around the cotangent. Of every second place or so, zeros between them too: a transposed convolution of every channel
 * by itself, in an eighth of the time of sending elements back one by one.
 */
const sliced: Rule = rule((s, node, g) => {
  const [x, starts, , axes = '', steps = ''] = node.inputs;
  const { shape } = typeOf(s, x);
  const made = typeOf(s, g).shape;
  const from = typeOf(s, starts).value;
  const at = axes === '' ? shape?.map((_, axis) => axis) : typeOf(s, axes).value;
  const by = steps === '' ? from?.map(() => 1) : typeOf(s, steps).value;
  const isForwards = by?.every((step) => step >= 1) === true;
  if (shape === null || made === null || !from || !at || !isForwards)
    return [() => sentBack(s, node, g)];
  const before = shape.map(() => 0);
  const after = shape.map(() => 0);
  const strides = shape.map(() => 1);
  for (const [index, start] of from.entries()) {
    const axis = at[index] < 0 ? at[index] + shape.length : at[index];
    const extent = shape[axis];
    const left = made[axis];
    if (typeof extent !== 'number' || typeof left !== 'number') {
      return [() => sentBack(s, node, g)];
    }
    before[axis] = Math.min(Math.max(start < 0 ? start + extent : start, 0), extent);
    strides[axis] = by[index];
    after[axis] = extent - before[axis] - ((left - 1) * strides[axis] + 1);
  }
  if (strides.every((stride) => stride === 1)) {
    return [() => emit(s, 'Pad', [g, ints(s, [...before, ...after])])];
  }
  const inside = after.map((pad, axis) => Math.min(pad, strides[axis] - 1));
  const isImages = strides.slice(0, 2).every((stride) => stride === 1) && shape.length > 2;
  const channels = made[1];
  const isFloat32 = typeOf(s, g).dtype === 'float32';
  if (!isImages || !isFloat32 || typeof channels !== 'number' || made.includes(0)) {
    return [() => sentBack(s, node, g)];
  }
  return [
    () => {
      const spaced = emit(s, 'ConvTranspose', [g, ones(s, channels, shape.length, g)], {
        group: channels,
        strides: strides.slice(2),
        output_padding: inside.slice(2),
      });
      const rest = after.map((pad, axis) => pad - inside[axis]);
      const isWhole = [...before, ...rest].every((pad) => pad === 0);
      return isWhole ? spaced : emit(s, 'Pad', [spaced, ints(s, [...before, ...rest])]);
    },
  ];
});

const padded: Rule = rule((s, node, g) => {
  const [, pads, fill = '', axes = ''] = node.inputs;
  const mode = textAttribute(node, 'mode', 'constant');
  if (mode !== 'constant') return [() => sentBack(s, node, g)];
  const back = (value: string): string =>
    emit(s, 'Pad', [value, emit(s, 'Neg', [pads]), ...(axes === '' ? [] : ['', axes])]);
  const ofFill = (): string => {
    const all = emit(s, 'ReduceSum', [g], { keepdims: 0 });
    return emit(s, 'Sub', [all, emit(s, 'ReduceSum', [back(g)], { keepdims: 0 })]);
  };
  return [() => back(g), null, fill === '' ? null : () => reshapeLike(s, ofFill(), fill)];
});

/** `[r₁·d₁, r₂·d₂, …]` as `[r₁, d₁, r₂, d₂, …]`, summed over the repeats. */
const tiled: Rule = rule((s, node, g) => {
  const [x, repeats] = node.inputs;
  const rank = typeOf(s, x).shape?.length;
  if (rank === undefined) {
    throw new RangeError(
      `${nodeText(node)}: the rank of its input must be known to differentiate it, got an unknown one`,
    );
  }
  const pairs = Array.from({ length: rank }, (_, axis) => [
    emit(s, 'Slice', [repeats, ints(s, [axis]), ints(s, [axis + 1])]),
    extents(s, x, axis, axis + 1),
  ]);
  const target = emit(s, 'Concat', pairs.flat(), { axis: 0 });
  const axes = Array.from({ length: rank }, (_, axis) => 2 * axis);
  return [
    () =>
      rank === 0
        ? g
        : emit(s, 'ReduceSum', [emit(s, 'Reshape', [g, target], { allowzero: 1 }), ints(s, axes)], {
            keepdims: 0,
          }),
  ];
});

/** Columns first: `[N, C·b·b, H, W]` as `[N, C, b, b, H, W]`, to `[N, C, H, b, W, b]`. */
const columnsFirst: Rule = byExpansion((s, node) => {
  const [x] = node.inputs;
  const block = numberAttribute(node, 'blocksize', 1);
  const concat = (parts: readonly string[]): string => emit(s, 'Concat', parts, { axis: 0 });
  const [n, c, h, w] = [0, 1, 2, 3].map((axis) => extents(s, x, axis, axis + 1));
  const b = ints(s, [block]);
  const each = emit(s, 'Div', [c, ints(s, [block * block])]);
  const apart = emit(s, 'Reshape', [x, concat([n, each, b, b, h, w])], { allowzero: 1 });
  const target = concat([n, each, emit(s, 'Mul', [h, b]), emit(s, 'Mul', [w, b])]);
  return [emit(s, 'Reshape', [transpose(s, apart, [0, 1, 4, 2, 5, 3]), target], { allowzero: 1 })];
});

const depthToSpace: Rule = {
  vjp: (call) => {
    const isCrd = textAttribute(call.node, 'mode', 'DCR') === 'CRD';
    return (isCrd ? columnsFirst : blocks('SpaceToDepth')).vjp(call);
  },
};

function blocks(inverse: string): Rule {
  return rule((s, node, g) => {
    const blocksize = numberAttribute(node, 'blocksize', 1);
    return [() => emit(s, inverse, [g], { blocksize })];
  });
}

/** Not in training: whether it is has been looked at before. */
const dropout: Rule = rule((_, __, g) => [() => g]);

/** Operators that move elements. */
export const movement: Readonly<Record<string, Rule>> = {
  Reshape: likeInput,
  Flatten: likeInput,
  Squeeze: likeInput,
  Unsqueeze: likeInput,
  Transpose: turned,
  Concat: concat,
  Split: split,
  Slice: sliced,
  Pad: padded,
  Expand: rule((s, { inputs: [x] }, g) => [() => sumTo(s, g, x)]),
  Tile: tiled,
  DepthToSpace: depthToSpace,
  SpaceToDepth: blocks('DepthToSpace'),
  Trilu: rule((s, { inputs: [, ...rest], attributes }, g) => [
    () => emit(s, 'Trilu', [g, ...rest], attributes),
  ]),
  ReverseSequence: rule((s, { inputs: [, lengths], attributes }, g) => [
    () => emit(s, 'ReverseSequence', [g, lengths], attributes),
  ]),
  Cast: rule((s, { inputs: [x] }, g) => [() => castLike(s, g, x)]),
  CastLike: rule((s, { inputs: [x] }, g) => [() => castLike(s, g, x)]),
  Dropout: dropout,
};
