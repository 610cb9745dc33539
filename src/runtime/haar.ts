import { haarColumns, type FloatArray, type Kernels, type Key } from '../random/index.ts';
import { drawVector } from './haar-block.ts';
import { countersOf, numbersAt, planOf, scratchOf } from './haar-plan.ts';
import { haarPrograms } from './haar-programs.ts';
import { makeLaterRows, makeOwnRows, makePanels } from './haar-rows.ts';
import type { Precision } from './matrix-graph.ts';
import { meet, reportFailure, type Team } from './team.ts';

/** Up to so many operations, some milliseconds, the plain loops are done before programs are open. */
const FEW_OPERATIONS = 1e7;

/** What threads share that make one matrix together, besides the result. */
export interface HaarRoom {
  /** 32-bit counters, which must be 0 at first. */
  readonly counters: number;
  /** Bytes for vectors and what is made of them, whose first values do not matter. */
  readonly scratchBytes: number;
}

/** One of the threads that make a matrix together, with the memory of `haarRoom`, which all of them see. */
export interface HaarPart extends Team {
  readonly scratch: ArrayBufferLike;
}

/** The memory that threads need which make an m × n matrix together. */
export function haarRoom(m: number, n: number, precision: Precision): HaarRoom {
  const { counters, scratchBytes } = planOf(m, n, precision);
  return { counters, scratchBytes };
}

/**
 * Columns of a Haar-distributed orthogonal matrix, those of `haarColumns`, on onnxruntime: float64 to 1e-12,
 * float32 to 2e-6. They are written to `out`, if that is given: `RangeError` if it does not hold n · m numbers,
 * `TypeError` if they are of the other precision.
 *
 * The n reflections are taken in blocks, each as `I - V T Vᵀ` (compact WY). All the vectors are known
 * beforehand, so that T needs no recurrence: `T⁻¹ = S` is the upper triangle of `VᵀV` with half its
 * diagonal. From the last block to the first, with the part A of `Qᵀ` that has been made,
 * `Qᵀ = [I 0; 0 A] (I - V T Vᵀ)ᵀ`, in `2 m n² - 2 n³/3` operations and some for whole squares of 128 on the
 * diagonals. `Qᵀ` grows in place; the vectors are there a block at a time.
 *
 * Without `part` the products run on all cores. With it, this thread does its part of the work with one,
 * and when all threads of the team have called, with the same arguments and the same memory as `out`,
 * and their promises have resolved, the matrix is there. They wait for each other with `Atomics.wait`.
 * Reference: Puglisi 1992, Modification of the Householder method based on the compact WY
 * representation, doi:10.1137/0913042; Joffrain et al. 2006, doi:10.1145/1141885.1141886
 */
export async function haarOnEngine(
  key: Key,
  m: number,
  n: number,
  precision: Precision,
  kernels: Kernels,
  out?: FloatArray,
  part?: HaarPart,
): Promise<FloatArray> {
  const bytes = precision === 'float32' ? 4 : 8;
  const result = out ?? numbersAt(precision, new ArrayBuffer(n * m * bytes));
  if (result.BYTES_PER_ELEMENT !== bytes) {
    throw new TypeError(`haar: out must hold ${precision}, got a ${result.constructor.name}`);
  }
  if (result.length !== n * m) {
    throw new RangeError(`haar: out must hold ${n} · ${m} numbers, got ${result.length}`);
  }
  if (2 * m * n * n - (2 / 3) * n ** 3 > FEW_OPERATIONS) {
    await haarByBlocks(key, m, n, precision, kernels, result, part);
  } else if (part === undefined || part.index === 0) {
    result.set(haarColumns(key, m, n));
  }
  return result;
}

/** `haarOnEngine` for any size, also where that does not pay. */
export async function haarByBlocks(
  key: Key,
  m: number,
  n: number,
  precision: Precision,
  kernels: Kernels,
  result: FloatArray,
  part?: HaarPart,
): Promise<void> {
  const plan = planOf(m, n, precision);
  const team = part ?? { index: 0, size: 1, counters: new Int32Array(plan.counters) };
  const memory = part?.scratch ?? new ArrayBuffer(plan.scratchBytes);
  const programs = haarPrograms(precision, team.size > 1 ? 1 : 0);
  const row = numbersAt(precision, new ArrayBuffer(m * result.BYTES_PER_ELEMENT));
  let item = 0;
  try {
    for (const block of plan.blocks.toReversed()) {
      const scratch = scratchOf(plan, block, memory);
      for (let j = team.index; j < block.count; j += team.size) {
        drawVector(key, m, block, j, kernels, row, scratch.vectors);
      }
      const work = { plan, block, scratch, programs, team, item, result };
      for (const step of [makePanels, makeLaterRows, makeOwnRows]) {
        meet(team);
        await step(work);
      }
      meet(team);
      item += countersOf(block);
    }
  } catch (error) {
    reportFailure(team);
    throw error;
  }
}
