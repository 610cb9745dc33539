import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { locationProblem, type ExternalReader } from '../graph/index.ts';
import { problem } from './problem.ts';
import { fill } from './read-bytes.ts';

/** Looks at a file below `folder` without following any link. */
function look(folder: string, location: string, model: string): Stats {
  const wrong = locationProblem(location);
  if (wrong !== null) {
    throw new RangeError(
      `${model}: the location of the external data ${wrong}, got ${JSON.stringify(location)}`,
    );
  }
  let path = folder;
  let stats: Stats | null = null;
  for (const part of location.split('/')) {
    path = join(path, part);
    try {
      stats = lstatSync(path);
    } catch (error) {
      throw problem(model, `the external data ${JSON.stringify(location)} must be readable`, error);
    }
    if (stats.isSymbolicLink()) {
      throw new RangeError(
        `${model}: the external data must not lie behind a link, got ${JSON.stringify(location)}`,
      );
    }
  }
  if (stats === null || !stats.isFile()) {
    throw new RangeError(
      `${model}: the external data must be a file, got ${JSON.stringify(location)}`,
    );
  }
  return stats;
}

const isSame = (a: Stats, b: Stats): boolean =>
  a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeMs === b.mtimeMs;

/**
 * Reads the files in and below the folder of a model that hold its large tensors. A link anywhere on
 * the way is refused, and so is a file that has changed since it was first looked at.
 */
export function externalReader(model: string): ExternalReader {
  const folder = dirname(model);
  const seen = new Map<string, Stats>();
  const statsOf = (location: string): Stats => {
    const stats = seen.get(location) ?? look(folder, location, model);
    seen.set(location, stats);
    return stats;
  };
  const openAsSeen = (location: string): number => {
    const expected = statsOf(location);
    const mustBe = `the external data ${JSON.stringify(location)} must`;
    if (!isSame(expected, look(folder, location, model))) {
      throw new Error(`${model}: ${mustBe} stay as they were, got a changed file`);
    }
    try {
      return openSync(join(folder, location), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    } catch (error) {
      throw problem(model, `${mustBe} be readable`, error);
    }
  };
  return {
    size: (location) => statsOf(location).size,
    read: (location, offset, length) => {
      const file = openAsSeen(location);
      try {
        const { size } = fstatSync(file);
        if (offset + length > size) {
          throw new RangeError(
            `${model}: the external data must lie within the ${size} bytes of ${location}, got ${offset} to ${offset + length}`,
          );
        }
        const bytes = new Uint8Array(length);
        const count = fill(file, bytes, offset);
        if (count < length) {
          throw new RangeError(
            `${model}: the external data ${JSON.stringify(location)} must have ${length} bytes at ${offset}, got ${count}`,
          );
        }
        return bytes;
      } finally {
        closeSync(file);
      }
    },
  };
}
