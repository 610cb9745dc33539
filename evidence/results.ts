import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeAtomically } from '../src/files/index.ts';

/** A measured run that is kept, with the processor time that it took. */
interface Kept {
  readonly seconds: number;
  readonly result: unknown;
}

/** Runs that take long, kept in a file so that they are done once. */
export interface Results {
  /** What was kept under these settings, or what `run` gives, which is then kept. */
  readonly get: <T>(settings: string, run: () => Promise<T>) => Promise<T>;
  /** Processor time of all runs that were asked for, in seconds, whenever they were done. */
  readonly seconds: () => number;
  /** The part of it that was spent before these results were opened. */
  readonly earlier: () => number;
}

/** The runs of a figure in evidence/results/NAME.json; to do them again, remove the file. */
export function openResults(name: string): Results {
  const path = join(import.meta.dirname, 'results', `${name}.json`);
  mkdirSync(dirname(path), { recursive: true });
  const kept = new Map<string, Kept>(Object.entries(read(path)));
  const asked = new Set<string>();
  const made = new Set<string>();
  const secondsOf = (isCounted: (settings: string) => boolean): number =>
    [...asked]
      .filter(isCounted)
      .reduce((sum, settings) => sum + (kept.get(settings)?.seconds ?? 0), 0);
  return {
    get: async <T>(settings: string, run: () => Promise<T>): Promise<T> => {
      asked.add(settings);
      const found = kept.get(settings);
      if (found !== undefined) return found.result as T;
      const before = process.cpuUsage();
      const result = await run();
      const { user, system } = process.cpuUsage(before);
      const seconds = Math.round((user + system) / 1e4) / 100;
      kept.set(settings, { seconds, result });
      made.add(settings);
      const text = `{\n${[...kept].map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(',\n')}\n}\n`;
      await writeAtomically(path, [new TextEncoder().encode(text)]);
      return result;
    },
    seconds: () => secondsOf(() => true),
    earlier: () => secondsOf((settings) => !made.has(settings)),
  };
}

function read(path: string): Record<string, Kept> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, Kept>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
