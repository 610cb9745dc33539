import { numberAttribute, numbersAttribute, type Node } from '../graph/index.ts';
import { sizeOf } from '../tensor/index.ts';
import type { Wiring } from './wiring.ts';

/** Numbers of a shape or an index, `null` where one is only known at run time. */
type Integers = readonly (number | null)[];

/** Lists longer than this are no shapes or axes. */
const LONGEST = 64;

/** Steps from a use of a list of integers to what is stored. */
const DEEPEST = 40;

/** The integers behind a value, if they do not depend on the inputs; `null` otherwise. */
export function storedIntegers(wiring: Wiring, value: string | undefined): number[] | null {
  const list = integersOf(wiring, value);
  const known = list?.filter((item) => item !== null) ?? [];
  return list !== null && known.length === list.length ? known : null;
}

/**
 * The integers behind a value as far as the graph tells: stored ones, shapes, and what exporters
 * compute with them. An entry that is only known at run time is `null`.
 */
export function integersOf(
  wiring: Wiring,
  value: string | undefined,
  depth: number = DEEPEST,
): Integers | null {
  if (value === undefined || value === '' || depth === 0) return null;
  const constant = wiring.graph.constants.get(value);
  if (constant !== undefined) {
    if (constant.dtype !== 'int64' && constant.dtype !== 'int32') return null;
    if (sizeOf(constant.shape) > LONGEST) return null;
    return Array.from(constant.read().data as ArrayLike<number | bigint>, Number);
  }
  const node = wiring.producer.get(value);
  if (node === undefined || node.domain !== '') return null;
  const of = (slot: number): Integers | null => integersOf(wiring, node.inputs[slot], depth - 1);
  const arithmetic = ARITHMETIC[node.operator];
  if (arithmetic !== undefined) return combined(of(0), of(1), arithmetic);
  switch (node.operator) {
    case 'Identity':
    case 'Cast':
    case 'Unsqueeze':
    case 'Squeeze':
    case 'Reshape':
      return of(0);
    case 'Shape':
      return shapeOf(wiring, node);
    case 'Concat': {
      const parts = node.inputs.map((_, slot) => of(slot));
      return parts.some((part) => part === null) ? null : parts.flatMap((part) => part ?? []);
    }
    case 'Gather': {
      const [list, indices] = [of(0), of(1)];
      return list === null || indices === null
        ? null
        : indices.map((i) => (i === null ? null : (list[i < 0 ? i + list.length : i] ?? null)));
    }
    case 'Slice':
      return slice(node, of);
    default:
      return null;
  }
}

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => Math.trunc(a / b),
};

function combined(
  left: Integers | null,
  right: Integers | null,
  combine: (a: number, b: number) => number,
): Integers | null {
  if (left === null || right === null || left.length === 0 || right.length === 0) return null;
  if (left.length !== right.length && left.length !== 1 && right.length !== 1) return null;
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => {
    const a = left[left.length === 1 ? 0 : i];
    const b = right[right.length === 1 ? 0 : i];
    return a === null || b === null ? null : combine(a, b);
  });
}

function shapeOf(wiring: Wiring, node: Node): Integers | null {
  const name = node.inputs[0] ?? '';
  const { graph } = wiring;
  const shape =
    graph.constants.get(name)?.shape ??
    graph.values.get(name)?.shape ??
    graph.inputs.find((input) => input.name === name)?.shape;
  if (shape === undefined || shape === null) return null;
  const end = numberAttribute(node, 'end', shape.length);
  return shape
    .slice(numberAttribute(node, 'start', 0), end)
    .map((extent) => (typeof extent === 'number' ? extent : null));
}

function slice(node: Node, of: (slot: number) => Integers | null): Integers | null {
  const list = of(0);
  const start = numbersAttribute(node, 'starts')?.[0] ?? of(1)?.[0] ?? null;
  const end = numbersAttribute(node, 'ends')?.[0] ?? of(2)?.[0] ?? null;
  const step = node.inputs[4] === undefined ? 1 : (of(4)?.[0] ?? null);
  if (list === null || start === null || end === null || step !== 1) return null;
  return list.slice(start, end);
}
