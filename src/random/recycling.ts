import type { Kernels } from './kernels.ts';

/** Requests below this size get new memory. */
const LEAST_BYTES = 2 ** 20;

/** Kernels that use memory again, for tensors that are needed one after the other only. */
export interface Recycling {
  readonly kernels: Kernels;
  /** Says that no large tensor which was made before is needed any more: its memory will be used again. */
  readonly begin: () => void;
}

/**
 * Kernels as they are, but for memory: after `begin`, large requests get what earlier ones had, at least
 * as large as they ask for. New memory costs a machine about as much time as half of the numbers that
 * go into it.
 */
export function recycling(kernels: Kernels): Recycling {
  let free: ArrayBufferLike[] = [];
  let taken: ArrayBufferLike[] = [];
  const memory = (bytes: number, isCleared = true): ArrayBufferLike => {
    if (bytes < LEAST_BYTES) return kernels.memory(bytes, isCleared);
    const fitting = free.filter(({ byteLength }) => byteLength >= bytes);
    const found = fitting.sort((a, b) => a.byteLength - b.byteLength)[0];
    if (found === undefined) {
      // What is too small for this one goes, so that no more is held than the largest ones need.
      free = [];
      const made = kernels.memory(bytes, isCleared);
      taken.push(made);
      return made;
    }
    free = free.filter((other) => other !== found);
    taken.push(found);
    if (isCleared) new Uint8Array(found, 0, bytes).fill(0);
    return found;
  };
  return {
    kernels: { ...kernels, memory },
    begin: () => {
      free = [...free, ...taken];
      taken = [];
    },
  };
}
