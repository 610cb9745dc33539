import { numberAttribute, numbersAttribute, textAttribute, type Node } from '../../graph/index.ts';
import { flatProfile, type Slide } from '../rules/borders.ts';
import type { Axis } from './state.ts';

/** A window that slides along one axis. */
export interface Window extends Slide {
  /** Positions of the input. */
  readonly from: number;
  /** Pairs of an output and a tap that lies inside the input. */
  readonly pairs: number;
}

/** The windows of a convolution or pooling along its spatial axes; `null` where a size is not known. */
export function windowsOf(
  node: Node,
  kernel: readonly number[],
  sizes: readonly (number | null)[],
): readonly Window[] | null {
  const windows: Window[] = [];
  for (const [axis, from] of sizes.entries()) {
    if (from === null) return null;
    windows.push(windowAlong(node, kernel[axis], axis, sizes.length, from));
  }
  return windows;
}

function windowAlong(node: Node, taps: number, axis: number, rank: number, from: number): Window {
  const stride = numbersAttribute(node, 'strides')?.[axis] ?? 1;
  const dilation = numbersAttribute(node, 'dilations')?.[axis] ?? 1;
  const reach = dilation * (taps - 1) + 1;
  const auto = textAttribute(node, 'auto_pad', 'NOTSET');
  const pads = numbersAttribute(node, 'pads');
  let before = auto === 'NOTSET' ? (pads?.[axis] ?? 0) : 0;
  const after = auto === 'NOTSET' ? (pads?.[axis + rank] ?? 0) : 0;
  let out: number;
  if (auto.startsWith('SAME')) {
    out = Math.ceil(from / stride);
    const total = Math.max(0, (out - 1) * stride + reach - from);
    before = auto === 'SAME_LOWER' ? Math.ceil(total / 2) : Math.floor(total / 2);
  } else {
    const room = (from + before + after - reach) / stride;
    const isCeiled = numberAttribute(node, 'ceil_mode', 0) === 1;
    out = (isCeiled ? Math.ceil(room) : Math.floor(room)) + 1;
    if (isCeiled && (out - 1) * stride >= from + before) out--;
  }
  const slide = { out: Math.max(0, out), taps, stride, dilation, before };
  return { ...slide, from, pairs: pairsOf(slide, from) };
}

function pairsOf({ out, taps, stride, dilation, before }: Slide, from: number): number {
  let pairs = 0;
  for (let tap = 0; tap < taps; tap++) {
    // Outputs o with 0 <= o · stride + offset < from.
    const offset = tap * dilation - before;
    const first = Math.max(0, Math.ceil(-offset / stride));
    const last = Math.min(out - 1, Math.floor((from - 1 - offset) / stride));
    pairs += Math.max(0, last - first + 1);
  }
  return pairs;
}

/** The window of the tap in the middle alone. */
export function centreOf(window: Window): Window {
  const centre = window.dilation * Math.floor(window.taps / 2);
  const seen = { ...window, taps: 1, before: window.before - centre };
  return { ...seen, pairs: pairsOf(seen, window.from) };
}

/** The second moment along an axis in units of its mean. */
export function profileOf(axis: Axis | undefined, size: number): Float64Array {
  return axis?.profile?.length === size ? axis.profile : flatProfile(size);
}

/** An axis of positions with a profile, which is left out where they are alike. */
export function placeAxis(profile: Float64Array): Axis {
  const isFlat = profile.every((moment) => Math.abs(moment - 1) < 1e-12);
  return { kind: 'place', size: profile.length, ...(isFlat ? {} : { profile }) };
}

/** Outputs that an element of the input reaches by a window, on average. */
export function reached(windows: readonly Window[]): number {
  return windows.reduce(
    (count, { from, pairs }) => (from === 0 ? count : (count * pairs) / from),
    1,
  );
}
