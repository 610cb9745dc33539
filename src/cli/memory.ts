import { totalmem } from 'node:os';

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** A number of bytes as text, `37.3 GiB`. */
export function bytesText(bytes: number): string {
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(bytes) / 10)));
  return `${Number((bytes / 1024 ** power).toPrecision(3))} ${units[power]}`;
}

/** Bytes of memory that this process may use: of the machine, or of its container where that has less. */
function memory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** Throws, before it is taken, where so many bytes cannot be had. `what` is what they are for. */
export function checkMemory(where: string, what: string, bytes: number): void {
  if (bytes <= memory()) return;
  throw new RangeError(
    `${where}: ${what} must fit the ${bytesText(memory())} of memory that there are, got ${bytesText(bytes)}`,
  );
}
