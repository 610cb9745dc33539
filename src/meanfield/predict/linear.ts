import { numberAttribute, numbersAttribute, type Node } from '../../graph/index.ts';
import type { LayerPart, LayerParts } from '../../network/index.ts';
import { flatProfile, slideBorder, spreadBorder, type Border } from '../rules/borders.ts';
import { sumMoments, withoutPositions, type Moments } from './moments.ts';
import type { Law } from './prediction.ts';
import {
  farMoments,
  hasPlaces,
  opened,
  unknown,
  type Axes,
  type Axis,
  type FarPairs,
  type Signal,
  type State,
} from './state.ts';
import { centreOf, placeAxis, profileOf, reached, windowsOf, type Window } from './windows.ts';
import { signalOf } from './signal-of.ts';
import type { Walk } from './walk.ts';

/** How a weight acts: inputs that an output sums over, outputs that an input reaches. */
interface Fans {
  readonly fanIn: number;
  /** Inputs of one unit among them: the taps of a kernel, the positions of a mixer. */
  readonly perUnit: number;
  readonly fanOut: number;
  /** Whether another position of the output has weights of its own. */
  readonly isMixer: boolean;
  /** What far positions have in common of what near ones have, less than 1 with zeros at borders. */
  readonly farShare?: number;
  /** What near positions have in common of what one position has, less than 1 where their taps differ. */
  readonly nearShare?: number;
  readonly axes: Axes;
}

/** Fewer inputs than this do not make a sum Gaussian. */
const NARROW = 16;

/**
 * A linear map by a stored weight and its bias, `q' = fan_in Var(w) q` and what means of weights add: the
 * source is closed and a new one opened. At the borders of images the taps that lie inside are counted.
 * Reference: Poole et al. 2016, eq. 3; Xiao et al. 2018, eq. 2.5, arXiv:1806.05393
 */
export function linearRule(walk: Walk, node: Node, layer: LayerParts): readonly State[] {
  const [weight] = layer.parts;
  const dataSlot = layer.operator.includes('Conv') ? 0 : 1 - weight.slot;
  const name = node.inputs[dataSlot];
  const state = signalOf(walk, name);
  if (state.kind === 'unknown') return [state];
  const law = walk.lawOf(weight);
  const fans = fansOf(node, weight, layer.groups, state, law);
  if (fans === null) return [unknown(`${node.operator} of this form has no rule`)];
  const scale = numberAttribute(node, 'alpha', 1) ** 2;
  const own = mapped(apart(state.moments(), fans.nearShare), fans, law, scale);
  const bias = layer.parts.find((part) => part.role === 'bias' && part.slot === 2);
  const biased = (sum: Moments): Moments =>
    bias === undefined ? sum : sumMoments(sum, biasMoments(walk.lawOf(bias)));
  const moments = biased(own);
  const factor = scale * fans.fanOut * (law.variance + law.mean ** 2);
  return [
    opened(node.outputs[0], hasPlaces(fans.axes) ? moments : withoutPositions(moments), fans.axes, {
      isGaussian: true,
      far: farOf(state, fans, (from) => biased(mapped(from, fans, law, scale))),
      pulls: [{ to: name, factor }],
      chi: factor,
      note: law.caveat ?? narrowNote(fans.fanIn),
    }),
  ];
}

const apart = (moments: Moments, share: number = 1): Moments => ({
  ...moments,
  p: share * moments.p,
  r: share * moments.r,
});

function farOf(
  state: Signal,
  { farShare = 1, axes }: Fans,
  rule: (from: Moments) => Moments,
): FarPairs | null {
  if (!hasPlaces(axes) || (farShare > 1 - 1e-9 && state.source.far === null)) return null;
  const from = farMoments(state);
  const { p, r } = rule(apart(from, farShare));
  return { p, r };
}

function narrowNote(fanIn: number): string | null {
  return fanIn < NARROW
    ? `sums over ${Number(fanIn.toPrecision(3))} inputs are taken as Gaussian`
    : null;
}

/** Second moments of biases, one for every unit. */
function biasMoments({ mean, variance }: Law): Moments {
  const q = variance + mean * mean;
  return { mean, q, k: q, p: q, r: q };
}

/** `E (Σ w x)(Σ w x')` for independent weights: each pair of one element, and what the mean adds over others. */
function mapped(moments: Moments, fans: Fans, law: Law, scale: number): Moments {
  const { mean, q, k, p, r } = moments;
  const { fanIn, perUnit, isMixer } = fans;
  const square = law.mean ** 2;
  const own = law.variance + square;
  const pair = (same: number, apart: number, each: number): number =>
    scale *
    fanIn *
    (each * same + square * ((perUnit - 1) * apart + Math.max(0, fanIn - perUnit) * mean ** 2));
  return {
    mean: Math.sqrt(scale) * fanIn * law.mean * mean,
    q: pair(q, p, own),
    k: pair(k, r, own),
    p: isMixer ? pair(q, p, square) : pair(p, p, own),
    r: isMixer ? pair(k, r, square) : pair(r, r, own),
  };
}

const extentOf = ({ layout, shape }: LayerPart, role: 'in' | 'out'): number =>
  shape.reduce((all, size, axis) => (layout[axis] === role ? all * size : all), 1);

function fansOf(
  node: Node,
  weight: LayerPart,
  groups: number,
  state: Signal,
  law: Law,
): Fans | null {
  switch (node.operator) {
    case 'Conv':
    case 'FusedConv':
      return convolutionFans(node, weight, groups, state, law);
    case 'ConvTranspose':
      return transposedFans(node, weight, groups, state);
    case 'Gemm':
    case 'FusedGemm':
    case 'MatMul':
    case 'FusedMatMul':
    case 'Einsum':
      return matrixFans(node, weight, state);
    default:
      return null;
  }
}

const spatialSizes = (axes: Axes, rank: number): (number | null)[] =>
  Array.from({ length: rank }, (_, axis) => axes?.[axis + 2]?.size ?? null);

function imageAxes(axes: Axes, channels: number, places: readonly Axis[]): Axes {
  return [axes?.[0] ?? { kind: 'batch', size: null }, { kind: 'unit', size: channels }, ...places];
}

/** What the zeros at the ends of each axis do; a kernel that is zero but for its centre does not see them. */
function bordersOf(axes: Axes, windows: readonly Window[], isCentre: boolean): readonly Border[] {
  return windows.map((window, index) => {
    const profile = profileOf(axes?.[index + 2], window.from);
    if (window.out === 0) return { same: 1, far: 1, profile: flatProfile(0) };
    return slideBorder(profile, isCentre ? centreOf(window) : window);
  });
}

function convolutionFans(
  node: Node,
  weight: LayerPart,
  groups: number,
  { axes }: Signal,
  law: Law,
): Fans {
  const [out, perGroup, ...kernel] = weight.shape;
  const taps = kernel.reduce((all, size) => all * size, 1);
  const windows = windowsOf(node, kernel, spatialSizes(axes, kernel.length));
  const isCentre = law.centre === true;
  const strides = numbersAttribute(node, 'strides') ?? kernel.map(() => 1);
  const step = strides.reduce((all, stride) => all * stride, 1);
  // The law of a kernel that is zero but for its centre is spread over all taps.
  const reach =
    windows === null
      ? taps / step
      : isCentre
        ? taps * reached(windows.map(centreOf))
        : reached(windows);
  const borders = windows === null ? null : bordersOf(axes, windows, isCentre);
  const share = borders?.reduce((all, { same }) => all * same, 1) ?? 1;
  return {
    fanIn: perGroup * taps * share,
    perUnit: taps * share,
    fanOut: (out / groups) * reach,
    isMixer: false,
    farShare:
      borders?.reduce((all, { same, far }) => (same > 0 ? (all * far) / same : all), 1) ?? 1,
    axes: imageAxes(
      axes,
      out,
      borders?.map(({ profile }) => placeAxis(profile)) ??
        kernel.map((): Axis => ({ kind: 'place', size: null })),
    ),
  };
}

function transposedFans(node: Node, weight: LayerPart, groups: number, { axes }: Signal): Fans {
  const [inputs, perGroup, ...kernel] = weight.shape;
  const strides = numbersAttribute(node, 'strides') ?? kernel.map(() => 1);
  const pads = numbersAttribute(node, 'pads') ?? kernel.flatMap(() => [0, 0]);
  const extra = numbersAttribute(node, 'output_padding') ?? kernel.map(() => 0);
  const dilations = numbersAttribute(node, 'dilations') ?? kernel.map(() => 1);
  const sizes = spatialSizes(axes, kernel.length).map((size, axis) =>
    size === null
      ? null
      : (size - 1) * strides[axis] +
        dilations[axis] * (kernel[axis] - 1) +
        1 +
        extra[axis] -
        pads[axis] -
        pads[axis + kernel.length],
  );
  const borders = sizes.map((out, axis): Border | null => {
    const from = axes?.[axis + 2]?.size ?? null;
    if (from === null || out === null || out < 1) return null;
    return spreadBorder(profileOf(axes?.[axis + 2], from), {
      taps: kernel[axis],
      stride: strides[axis],
      dilation: dilations[axis],
      before: pads[axis],
      out,
    });
  });
  const over = (of: (border: Border | null, axis: number) => number): number =>
    borders.reduce((all, border, axis) => all * of(border, axis), 1);
  // Neighbours meet the same taps as often as any two positions do, or less.
  const farShare = over((border) =>
    border !== null && border.same > 0 ? border.far / border.same : 1,
  );
  const seen = over((border, axis) => border?.same ?? kernel[axis] / strides[axis]);
  return {
    fanIn: (inputs / groups) * seen,
    perUnit: seen,
    // Pairs of an input and an output, by inputs as by outputs.
    fanOut: perGroup * seen * over((_, axis) => outputsPerInput(axes, sizes, strides, axis)),
    isMixer: false,
    farShare,
    nearShare: farShare,
    axes: imageAxes(
      axes,
      perGroup * groups,
      borders.map((border, axis) =>
        border === null ? { kind: 'place', size: sizes[axis] } : placeAxis(border.profile),
      ),
    ),
  };
}

function outputsPerInput(
  axes: Axes,
  sizes: readonly (number | null)[],
  strides: readonly number[],
  axis: number,
): number {
  const [from, out] = [axes?.[axis + 2]?.size ?? null, sizes[axis]];
  return from === null || out === null || from < 1 || out < 1 ? strides[axis] : out / from;
}

function matrixFans(node: Node, weight: LayerPart, { axes }: Signal): Fans {
  const [fanIn, fanOut] = [extentOf(weight, 'in'), extentOf(weight, 'out')];
  const plain = { fanIn, perUnit: 1, fanOut, isMixer: false };
  if (axes === null) return { ...plain, axes };
  if (node.operator === 'Einsum') return { ...plain, axes: null };
  const isLeft = weight.slot === 0;
  const isTurned = numberAttribute(node, isLeft ? 'transB' : 'transA', 0) === 1;
  const axis = isLeft !== isTurned ? axes.length - 2 : axes.length - 1;
  const contracted = axes[Math.max(0, axis)];
  const isMixer = contracted.kind === 'place' || contracted.kind === 'key';
  const result = axes.with(Math.max(0, axis), {
    kind: isMixer ? 'place' : 'unit',
    size: fanOut,
  });
  return { ...plain, perUnit: isMixer ? fanIn : 1, isMixer, axes: result };
}
