import type { Node } from '../../graph/index.ts';
import type { Axes } from '../predict/state.ts';
import { windowsOf } from '../predict/windows.ts';

/**
 * Squared coefficient of variation of how often a convolution uses the positions of its input: at borders and by strides
 * that do not divide the kernel some are used less often. 0 where sizes are not known.
 */
export function unevenUse(node: Node, kernel: readonly number[], axes: Axes): number {
  const sizes = kernel.map((_, axis) => axes?.[axis + 2]?.size ?? null);
  const windows = windowsOf(node, kernel, sizes);
  if (windows === null) return 0;
  let square = 1;
  for (const { from, out, taps, stride, dilation, before } of windows) {
    const uses = new Float64Array(from);
    for (let o = 0; o < out; o++) {
      for (let tap = 0; tap < taps; tap++) {
        const at = o * stride + tap * dilation - before;
        if (at >= 0 && at < from) uses[at]++;
      }
    }
    const mean = uses.reduce((sum, use) => sum + use, 0) / from;
    if (mean > 0) square *= uses.reduce((sum, use) => sum + (use / mean) ** 2, 0) / from;
  }
  return Math.max(0, square - 1);
}
