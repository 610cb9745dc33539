import type { Dimension, Node } from '../graph/index.ts';
import { castTarget } from './infer/index.ts';
import { fixedShape, partsOf, type Type } from './type.ts';

/** Types whose numbers are followed; those of two bytes are left to the engine's rounding. */
const followed: ReadonlySet<string> = new Set(['int64', 'int32', 'bool', 'float32', 'float64']);
const integers: ReadonlySet<string> = new Set(['int64', 'int32']);

/** Longest list that is followed. */
const longest = 64;

type Pair = (a: number, b: number) => number;

const pairs: Readonly<Record<string, Pair>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Max: Math.max,
  Min: Math.min,
  Equal: (a, b) => Number(a === b),
  Less: (a, b) => Number(a < b),
  LessOrEqual: (a, b) => Number(a <= b),
  Greater: (a, b) => Number(a > b),
  GreaterOrEqual: (a, b) => Number(a >= b),
  And: Math.min,
  Or: Math.max,
};

const singles: Readonly<Record<string, (a: number) => number>> = {
  Neg: (a) => -a,
  Floor: Math.floor,
  Ceil: Math.ceil,
  Not: (a) => 1 - a,
};

function pairOf({ operator, attributes }: Node, isWhole: boolean): Pair | null {
  if (operator === 'Div') return isWhole ? (a, b) => Math.trunc(a / b) : (a, b) => a / b;
  if (operator === 'Mod') {
    return attributes.fmod === 1 ? (a, b) => a % b : (a, b) => a - b * Math.floor(a / b);
  }
  return pairs[operator] ?? null;
}

/** Two entries of which one may be an extent that is only known by its symbol. */
function combined(operator: string, pair: Pair, a: Dimension, b: Dimension): Dimension {
  if (typeof a === 'number' && typeof b === 'number') return pair(a, b);
  if (operator === 'Equal') {
    const [number, other] = typeof a === 'number' ? [a, b] : [b, a];
    if (typeof number === 'number' && typeof other === 'string' && number < 0) return 0;
    return a === b && a !== null ? 1 : null;
  }
  const idle = operator === 'Mul' || operator === 'Div' ? 1 : 0;
  const keeps = ['Mul', 'Div', 'Add', 'Sub'].includes(operator);
  if (keeps && b === idle) return a;
  return (operator === 'Mul' || operator === 'Add') && a === idle ? b : null;
}

function spread(lists: readonly (readonly Dimension[])[], length: number): Dimension[][] | null {
  if (lists.some((list) => list.length !== 1 && list.length !== length)) return null;
  return Array.from({ length }, (_, index) =>
    lists.map((list) => list[list.length === 1 ? 0 : index]),
  );
}

function elementwise(
  node: Node,
  values: readonly (readonly Dimension[])[],
  length: number,
  isWhole: boolean,
): Dimension[] | null {
  const { operator } = node;
  const rows = spread(values, length);
  if (rows === null) return null;
  const single = singles[operator];
  if (single !== undefined) {
    return rows.map(([a]) => (typeof a === 'number' ? single(a) : null));
  }
  if (operator === 'Where') {
    return rows.map(([is, a, b]) => (typeof is !== 'number' ? null : is === 0 ? b : a));
  }
  const pair = pairOf(node, isWhole);
  if (pair === null || values.length !== 2) return null;
  return rows.map(([a, b]) => combined(operator, pair, a, b));
}

function numbersIn(list: readonly Dimension[] | undefined): readonly number[] | null {
  return list === undefined ? null : fixedShape(list);
}

function sliced(values: readonly (readonly Dimension[])[]): Dimension[] | null {
  const [x, ...rest] = values;
  const [starts, ends, , steps] = rest.map(numbersIn);
  if (!starts || !ends || (steps?.[0] ?? 1) !== 1) return null;
  const clamp = (at: number): number =>
    Math.min(Math.max(at < 0 ? at + x.length : at, 0), x.length);
  return x.slice(clamp(starts[0]), clamp(ends[0]));
}

function cast(node: Node, values: readonly Dimension[], from: string): Dimension[] | null {
  const to = castTarget(node);
  if (to === null || !followed.has(to)) return null;
  if (integers.has(to) && integers.has(from)) return [...values];
  const convert = (value: number): number => {
    if (to === 'bool') return Number(value !== 0);
    return integers.has(to) ? Math.trunc(value) : value;
  };
  return values.map((value) => (typeof value === 'number' ? convert(value) : null));
}

function listed(
  node: Node,
  inputs: readonly Type[],
  values: readonly (readonly Dimension[])[],
  type: Type,
): Dimension[] | null {
  const length = fixedShape(type.shape)?.[0] ?? 1;
  switch (node.operator) {
    case 'Identity':
    case 'Squeeze':
    case 'Unsqueeze':
    case 'Reshape':
      return [...values[0]];
    case 'Cast':
      return cast(node, values[0], inputs[0].dtype ?? '');
    case 'Concat':
      return values.flat();
    case 'Gather': {
      const at = numbersIn(values[1]);
      const [x] = values;
      if (inputs[0].shape?.length !== 1 || at === null) return null;
      return at.map((index) => x[index < 0 ? index + x.length : index]);
    }
    case 'Slice':
      return sliced(values);
    case 'ConstantOfShape': {
      const { value } = node.attributes;
      const fill = typeof value === 'object' && 'dtype' in value ? Number(value.data[0]) : 0;
      return Array.from({ length }, () => fill);
    }
    case 'Range': {
      const [start, limit, delta] = values.map((value) => numbersIn(value)?.[0]);
      if (start === undefined || limit === undefined || delta === undefined) return null;
      const count = Math.max(0, Math.ceil((limit - start) / delta));
      return Array.from({ length: count }, (_, index) => start + index * delta);
    }
    case 'ReduceProd': {
      const factors = numbersIn(values[0]);
      const isOne = fixedShape(type.shape)?.every((extent) => extent === 1) === true;
      return factors !== null && isOne ? [factors.reduce((a, b) => a * b, 1)] : null;
    }
    default: {
      const isWhole = integers.has(inputs[0]?.dtype ?? '');
      return elementwise(node, values, length, isWhole);
    }
  }
}

/**
 * The numbers that a node makes of known ones, where it is one of the operators that shapes are computed
 * with, on scalars and lists; an extent that has only a symbol stays that. `null` otherwise.
 */
export function foldNumbers(
  node: Node,
  inputs: readonly Type[],
  type: Type,
): readonly Dimension[] | null {
  const shape = fixedShape(type.shape);
  if (type.dtype === null || !followed.has(type.dtype)) return null;
  if (shape === null || shape.length > 1 || (shape[0] ?? 1) > longest) return null;
  const values: (readonly Dimension[])[] = [];
  for (const [index, input] of inputs.entries()) {
    const isFollowed = input.dtype === null || followed.has(input.dtype);
    const parts = partsOf(input);
    if (!isFollowed || (parts === null && node.inputs[index] !== '')) return null;
    values.push(parts ?? []);
  }
  if (values.length === 0) return null;
  const made = listed(node, inputs, values, type);
  if (made === null || made.length !== (shape[0] ?? 1)) return null;
  if (type.dtype !== 'float32') return made;
  return made.map((value) => (typeof value === 'number' ? Math.fround(value) : value));
}
