import { numberAttribute, numbersAttribute, type Node } from '../../graph/index.ts';
import { sizeOf } from '../../tensor/index.ts';
import type { Walk } from './walk.ts';

/** Numbers of a shape or an index, `null` where only running tells one. */
export type Integers = readonly (number | null)[];

/** Lists longer than this are no shapes or axes. */
const LONGEST = 64;

/** The integers behind a value: stored ones, shapes, and what exporters compute with them. */
export function integersOf(
  walk: Walk,
  value: string | undefined,
  depth: number = 32,
): Integers | null {
  if (value === undefined || value === '' || depth === 0) return null;
  const constant = walk.graph.constants.get(value);
  if (constant !== undefined) {
    if (sizeOf(constant.shape) > LONGEST) return null;
    return Array.from<number | bigint, number>(constant.read().data, Number);
  }
  const node = walk.producer.get(value);
  return node === undefined ? null : computed(walk, node, depth - 1);
}

function computed(walk: Walk, node: Node, depth: number): Integers | null {
  const of = (slot: number): Integers | null => integersOf(walk, node.inputs[slot], depth);
  switch (node.operator) {
    case 'Identity':
    case 'Cast':
    case 'Unsqueeze':
    case 'Squeeze':
    case 'Reshape':
      return of(0);
    case 'Shape': {
      const state = walk.of(node.inputs[0]);
      if (state.kind === 'unknown' || state.axes === null) return null;
      return state.axes
        .map(({ size }) => size)
        .slice(numberAttribute(node, 'start', 0), numberAttribute(node, 'end', state.axes.length));
    }
    case 'Concat': {
      const lists = node.inputs.map((_, slot) => of(slot));
      return lists.some((list) => list === null) ? null : lists.flatMap((list) => list ?? []);
    }
    case 'Gather': {
      const [list, indices] = [of(0), of(1)];
      if (list === null || indices === null) return null;
      return indices.map((i) => (i === null ? null : (list.at(i) ?? null)));
    }
    case 'Slice': {
      const list = of(0);
      const start = (numbersAttribute(node, 'starts') ?? of(1))?.[0] ?? null;
      const end = (numbersAttribute(node, 'ends') ?? of(2))?.[0] ?? null;
      const step = node.inputs[4] === undefined ? 1 : (of(4)?.[0] ?? null);
      return list === null || start === null || end === null || step !== 1
        ? null
        : list.slice(start, end);
    }
    case 'ConstantOfShape': {
      const filling = node.attributes['value'];
      const value =
        typeof filling === 'object' && 'data' in filling && 'dtype' in filling
          ? Number(filling.data[0])
          : 0;
      const size =
        of(0)?.reduce<number>((all, extent) => all * (extent ?? Infinity), 1) ?? Infinity;
      return size > LONGEST ? null : Array.from({ length: size }, () => value);
    }
    case 'ReduceProd': {
      const list = of(0);
      if (list === null) return null;
      return [list.reduce((all, item) => (all === null || item === null ? null : all * item), 1)];
    }
    case 'Transpose':
      return turnedPairs(walk, node, depth);
    case 'Add':
      return both(of(0), of(1), (a, b) => a + b);
    case 'Sub':
      return both(of(0), of(1), (a, b) => a - b);
    case 'Mul':
      return both(of(0), of(1), (a, b) => a * b);
    case 'Div':
      return both(of(0), of(1), (a, b) => Math.trunc(a / b));
    case 'Equal':
      return both(of(0), of(1), (a, b) => (a === b ? 1 : 0));
    case 'Where': {
      const [which, yes, no] = [of(0), of(1), of(2)];
      if (which === null || yes === null || no === null) return null;
      const at = (list: Integers, i: number): number | null =>
        list[list.length === 1 ? 0 : i] ?? null;
      return Array.from({ length: Math.max(which.length, yes.length, no.length) }, (_, i) => {
        const choice = at(which, i);
        return choice === null ? null : at(choice === 0 ? no : yes, i);
      });
    }
    case 'Mod':
      return both(of(0), of(1), (a, b) => a - b * Math.floor(a / b));
    default:
      return null;
  }
}

/** Pairs of pads from the last axis on, as PyTorch has them: all first ones from the first axis on, then all second ones. */
function turnedPairs(walk: Walk, node: Node, depth: number): Integers | null {
  const reversed = walk.producer.get(node.inputs[0]);
  const paired = walk.producer.get(reversed?.inputs[0] ?? '');
  if (reversed?.operator !== 'Slice' || paired?.operator !== 'Reshape') return null;
  const [step] = integersOf(walk, reversed.inputs[4], depth) ?? [];
  const shape = integersOf(walk, paired.inputs[1], depth);
  const list = integersOf(walk, paired.inputs[0], depth);
  if (step !== -1 || shape?.length !== 2 || shape[1] !== 2 || list === null) return null;
  const firsts = list.filter((_, index) => index % 2 === 0).reverse();
  return [...firsts, ...list.filter((_, index) => index % 2 === 1).reverse()];
}

function both(
  left: Integers | null,
  right: Integers | null,
  combine: (a: number, b: number) => number,
): Integers | null {
  if (left === null || right === null || left.length === 0 || right.length === 0) return null;
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => {
    const a = left[left.length === 1 ? 0 : i] ?? null;
    const b = right[right.length === 1 ? 0 : i] ?? null;
    return a === null || b === null ? null : combine(a, b);
  });
}

/** The integers behind a value where all are known. */
export function knownIntegers(walk: Walk, value: string | undefined): readonly number[] | null {
  const list = integersOf(walk, value);
  const known = list?.filter((item) => item !== null) ?? [];
  return list !== null && known.length === list.length ? known : null;
}
