import type { Constant } from '../graph/index.ts';
import { isFloat, sizeOf, toFloat64 } from '../tensor/index.ts';
import { isNormalisation } from './norms.ts';
import { READS_SHAPE, type Wiring } from './wiring.ts';

/** Operators that repeat or rearrange elements and compute nothing. */
const COPIES = new Set([
  'Identity',
  'Cast',
  'Transpose',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Slice',
  'Split',
  'Gather',
  'Concat',
  'Expand',
  'Tile',
  'Dropout',
]);

/** The stored tensors behind a value that no data flows into, and whether they are computed with. */
export function rootsOf(wiring: Wiring, value: string): { roots: string[]; isComputed: boolean } {
  const roots = new Set<string>();
  const seen = new Set<string>();
  const open = [value];
  let isComputed = false;
  while (open.length > 0) {
    const name = open.pop();
    if (name === undefined || name === '' || seen.has(name)) continue;
    seen.add(name);
    if (wiring.graph.constants.has(name)) {
      roots.add(name);
      continue;
    }
    const node = wiring.producer.get(name);
    if (node === undefined || READS_SHAPE.has(node.operator)) continue;
    isComputed ||= !COPIES.has(node.operator);
    open.push(
      ...(node.operator === 'Concat'
        ? node.inputs
        : node.inputs.slice(0, isComputed ? undefined : 1)),
    );
  }
  return { roots: [...roots], isComputed };
}

/** Whether a value is a normalised one, possibly cast or reshaped since. */
export function isNormalised(wiring: Wiring, value: string): boolean {
  let current = value;
  for (let steps = 0; steps < 4; steps++) {
    const node = wiring.producer.get(current);
    if (node === undefined) return false;
    if (isNormalisation(wiring, node)) return true;
    if (!COPIES.has(node.operator)) return false;
    current = node.inputs[0];
  }
  return false;
}

/** The number of axes longer than 1. */
export function breadth(shape: readonly number[]): number {
  return sizeOf(shape) === 0 ? 0 : shape.filter((extent) => extent > 1).length;
}

/** The elements of a stored float tensor as doubles; none of any other tensor. */
export function numbersOf(constant: Constant): Float64Array {
  const { dtype, shape, data } = constant.read();
  if (dtype === 'float32' || dtype === 'float64') return Float64Array.from(data, Number);
  return isFloat(dtype)
    ? toFloat64({ dtype, shape, data: Uint16Array.from(data, Number) })
    : new Float64Array();
}
