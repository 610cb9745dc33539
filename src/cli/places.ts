import { checkWritable, sameFile } from '../files/index.ts';
import { UsageError } from './failure.ts';

/** A file that an option names. */
export interface Place {
  readonly option: string;
  readonly path: string;
}

/**
 * Checks the files that a command is to write before any work is done: each can be written, and none is
 * also read or written for something else.
 */
export function checkPlaces(writes: readonly Place[], reads: readonly Place[]): void {
  writes.forEach(({ option, path }, index) => {
    const others = [...reads, ...writes.slice(0, index)];
    const taken = others.find((other) => sameFile(other.path, path));
    if (taken !== undefined) {
      throw new UsageError(`${option}: must be another file than ${taken.option}, got ${path}`);
    }
    checkWritable(path);
  });
}
