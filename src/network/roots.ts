import type { Constant, Node } from '../graph/index.ts';
import { isFloat, sizeOf, toFloat64 } from '../tensor/index.ts';
import { isNormalisation } from './norms.ts';
import { READS_SHAPE, type Wiring } from './wiring.ts';

/** Operators that repeat or rearrange elements and compute nothing. */
export const COPIES: ReadonlySet<string> = new Set([
  'Identity',
  'Cast',
  'CastLike',
  'Transpose',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Slice',
  'Split',
  'Gather',
  'GatherND',
  'GatherElements',
  'ScatterND',
  'ScatterElements',
  'Concat',
  'Expand',
  'Tile',
  'Dropout',
  'Pad',
]);

/** Operators that add a fixed number or choose between two values. */
const ADDS = new Set(['Add', 'Sum', 'Where']);

const LOOKUPS = new Set(['Gather', 'GatherND', 'GatherElements']);

/** A stored tensor behind a value that no data flows into. */
export interface Root {
  readonly parameter: string;
  /** How it gets there: rearranged, summed up with others, or through any other computation. */
  readonly way: 'copied' | 'added' | 'computed';
  /** The lookup that takes rows of it, if there is one on the way. */
  readonly lookup: Node | null;
}

/** The stored tensors behind a value that no data flows into, each by its plainest way. */
export function rootsOf(wiring: Wiring, value: string): Root[] {
  const roots = new Map<string, Root>();
  const seen = new Set<string>();
  const open: Omit<Root, 'way'>[][] = [[{ parameter: value, lookup: null }], [], []];
  for (const [rank, way] of (['copied', 'added', 'computed'] as const).entries()) {
    for (let next = open[rank].pop(); next !== undefined; next = open[rank].pop()) {
      const { parameter: name, lookup } = next;
      if (name === '' || seen.has(name)) continue;
      seen.add(name);
      if (wiring.graph.constants.has(name)) {
        roots.set(name, { parameter: name, way, lookup });
        continue;
      }
      const node = wiring.producer.get(name);
      if (node === undefined || READS_SHAPE.has(node.operator)) continue;
      const isLookup = LOOKUPS.has(node.operator) && way !== 'computed';
      const rest = COPIES.has(node.operator) ? 0 : ADDS.has(node.operator) ? 1 : 2;
      const inputs = rest > 0 || node.operator === 'Concat' ? node.inputs : node.inputs.slice(0, 1);
      for (const parameter of inputs) {
        open[Math.max(rank, rest)].push({ parameter, lookup: isLookup ? node : lookup });
      }
    }
  }
  return [...roots.values()];
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
  if (data instanceof Float64Array) return data;
  if (data instanceof Float32Array) return new Float64Array(data);
  return isFloat(dtype)
    ? toFloat64({ dtype, shape, data: Uint16Array.from(data, Number) })
    : new Float64Array();
}
