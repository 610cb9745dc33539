import type { FloatArray } from '../random/index.ts';
import type { Block, Vectors } from './haar-block.ts';
import { PANEL } from './haar-graphs.ts';
import type { Precision } from './matrix-graph.ts';
import { countersFor } from './team.ts';

/** Reflections of a block at most, and the size of vectors below which memory is not spared. */
const LONGEST_BLOCK = 512;
const SMALL = 2 ** 22;
/** Rows of the result that are made in one run, and numbers in them where memory is not spared. */
const FEWEST_ROWS = 32;
const MOST_ROWS = 256;
const SMALL_RUN = 2 ** 21;

/** How a matrix is made. Its columns are taken as rows, `n × m`, and so is everything below. */
export interface Plan {
  readonly precision: Precision;
  /** In the order of their reflections; the last is made first. */
  readonly blocks: readonly Block[];
  /** Counters and bytes that threads share which make the matrix together. */
  readonly counters: number;
  readonly scratchBytes: number;
}

/** What is made of a panel: see the inputs of `laterRowsGraph`. */
export interface Panel {
  readonly inverse: FloatArray;
  readonly after: FloatArray;
  readonly head: FloatArray;
}

/** The shared memory as a block uses it. */
export interface Scratch {
  readonly vectors: Vectors;
  readonly panels: readonly Panel[];
}

/** Panels of a block, `⌈count / PANEL⌉`. */
export function panelsOf({ count }: Block): number {
  return Math.ceil(count / PANEL);
}

/** The reflections of panel j of a block, `from … to - 1`. */
export function panelAt({ count }: Block, j: number): readonly [from: number, to: number] {
  return [j * PANEL, Math.min((j + 1) * PANEL, count)];
}

/** Rows of the result that are made in one run: an eighth of it at most, if it is large. */
export function rowsOf({ first, count, rowsAfter, columnsAfter }: Block): number {
  const width = count + columnsAfter;
  const numbers = Math.max(((first + count + rowsAfter) * (first + width)) / 8, SMALL_RUN);
  const rows = Math.max(Math.floor(numbers / width), FEWEST_ROWS);
  // No more than the block has: a run would overwrite what it reads.
  return Math.min(rows, MOST_ROWS, count);
}

/** Counters of a block: for panels, for runs of later rows and of own rows, and one for every run. */
export function countersOf(block: Block): number {
  return 3 + Math.ceil(block.rowsAfter / rowsOf(block));
}

/** Numbers that belong to a block: its vectors, and what is made of its panels. */
function numbersOf(block: Block): number {
  const { count, columnsAfter } = block;
  let numbers = count * (count + columnsAfter);
  for (let j = 0; j < panelsOf(block); j++) {
    const [from, to] = panelAt(block, j);
    numbers += (to - from) * (to - from + (count - to) + to);
  }
  return numbers;
}

/**
 * Blocks of equal numbers of reflections, whole panels except in the last. Where memory counts, their
 * vectors are about a quarter of the result or less.
 */
export function planOf(m: number, n: number, precision: Precision): Plan {
  const longest = Math.min(Math.max(n / 4, SMALL / m, PANEL), LONGEST_BLOCK);
  const size = Math.ceil(n / Math.ceil(n / longest) / PANEL) * PANEL;
  const blocks: Block[] = [];
  for (let first = 0; first < n; first += size) {
    const count = Math.min(size, n - first);
    blocks.push({
      first,
      count,
      rowsAfter: n - first - count,
      columnsAfter: m - first - count,
    });
  }
  const bytes = precision === 'float32' ? 4 : 8;
  return {
    precision,
    blocks,
    counters: countersFor(blocks.reduce((sum, block) => sum + countersOf(block), 0)),
    scratchBytes: Math.max(
      0,
      ...blocks.map((block) => 16 * block.count + bytes * numbersOf(block)),
    ),
  };
}

/** Numbers of a precision over memory. */
export function numbersAt(
  precision: Precision,
  memory: ArrayBufferLike,
  offset = 0,
  length?: number,
): FloatArray {
  return precision === 'float32'
    ? new Float32Array(memory, offset, length)
    : new Float64Array(memory, offset, length);
}

/** Lays a block out in memory of `scratchBytes`. */
export function scratchOf({ precision }: Plan, block: Block, memory: ArrayBufferLike): Scratch {
  const { count, columnsAfter } = block;
  const halfNorms = new Float64Array(memory, 0, count);
  const signs = new Float64Array(memory, 8 * count, count);
  let offset = 16 * count;
  const take = (length: number): FloatArray => {
    const numbers = numbersAt(precision, memory, offset, length);
    offset += numbers.byteLength;
    return numbers;
  };
  const vectors = { halfNorms, signs, head: take(count * count), tail: take(count * columnsAfter) };
  const panels = Array.from({ length: panelsOf(block) }, (_, j): Panel => {
    const [from, to] = panelAt(block, j);
    const size = to - from;
    return { inverse: take(size * size), after: take((count - to) * size), head: take(to * size) };
  });
  return { vectors, panels };
}
