import { numberAttribute, type Node } from '../graph/index.ts';
import { castTarget } from './infer/index.ts';
import { fixedShape, type Type } from './type.ts';

const integers: ReadonlySet<string> = new Set(['int64', 'int32']);

/** Largest list of integers that is followed. */
const longest = 64;

const pairs: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => Math.trunc(a / b),
  Max: Math.max,
  Min: Math.min,
};

function elementwise(node: Node, values: readonly (readonly number[])[]): number[] | null {
  const pair = pairs[node.operator];
  if (pair === undefined || values.length !== 2) return null;
  const [a, b] = values;
  if (a.length !== b.length && a.length !== 1 && b.length !== 1) return null;
  return Array.from({ length: a.length === 1 ? b.length : a.length }, (_, index) =>
    pair(a[a.length === 1 ? 0 : index], b[b.length === 1 ? 0 : index]),
  );
}

function sliced(values: readonly (readonly number[])[]): number[] | null {
  const [x, [start], [end], , steps] = values;
  const step = steps?.[0] ?? 1;
  if (step !== 1) return null;
  const clamp = (at: number): number =>
    Math.min(Math.max(at < 0 ? at + x.length : at, 0), x.length);
  return x.slice(clamp(start), clamp(end));
}

/**
 * The integers that a node makes of known ones, where it is one of the operators that shapes are computed
 * with, on scalars and lists; `null` otherwise.
 */
export function foldIntegers(node: Node, inputs: readonly Type[], type: Type): number[] | null {
  const shape = fixedShape(type.shape);
  if (type.dtype === null || !integers.has(type.dtype)) return null;
  if (shape === null || shape.length > 1 || (shape[0] ?? 1) > longest) return null;
  const values: (readonly number[])[] = [];
  for (const [index, input] of inputs.entries()) {
    if (input.value === null && node.inputs[index] !== '') return null;
    values.push(input.value ?? []);
  }
  if (inputs.some(({ dtype }) => dtype !== null && !integers.has(dtype))) return null;
  switch (node.operator) {
    case 'Identity':
    case 'Squeeze':
    case 'Unsqueeze':
    case 'Reshape':
      return [...values[0]];
    case 'Cast':
      return castTarget(node) === 'int64' ? [...values[0]] : null;
    case 'Neg':
      return values[0].map((value) => -value);
    case 'Concat':
      return values.flat();
    case 'Gather': {
      const [x, at] = values;
      if (inputs[0].shape?.length !== 1 || numberAttribute(node, 'axis', 0) > 0) return null;
      return at.map((index) => x[index < 0 ? index + x.length : index]);
    }
    case 'Slice':
      return sliced(values);
    case 'Expand':
    case 'Tile':
      return null;
    case 'Range': {
      const [[start], [limit], [delta]] = values;
      const count = Math.max(0, Math.ceil((limit - start) / delta));
      return Array.from({ length: count }, (_, index) => start + index * delta);
    }
    case 'ReduceProd':
      return shape.length === 0 || shape[0] === 1 ? [values[0].reduce((a, b) => a * b, 1)] : null;
    default:
      return elementwise(node, values);
  }
}
