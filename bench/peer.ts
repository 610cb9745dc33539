/** Python processes that other libraries are timed in, on as many threads as ours. */
import { spawn, spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';

/** The Python that STEPZERO_PYTHON names, or python3. */
export const python: string = process.env['STEPZERO_PYTHON'] ?? 'python3';

/** Whether that Python has a package; says so where it has not. */
export function hasPackage(name: string): boolean {
  const isThere = spawnSync(python, ['-c', `import ${name}`]).status === 0;
  if (!isThere) console.log(`${name}: not installed for ${python}, left out`);
  return isThere;
}

/** A process that answers lines with lines. */
export interface Peer {
  /** Of the library, the first line that the process writes. */
  readonly version: string;
  /** An answer to a line; the process is ended where it takes longer than `limit` seconds, which may be left out. */
  readonly ask: (line: string, limit?: number) => Promise<string>;
  readonly close: () => void;
}

/** A Python script of this folder, with its arguments. */
export async function openPeer(
  script: string,
  words: readonly string[],
  threads: number,
): Promise<Peer> {
  const child = spawn(python, [join(import.meta.dirname, script), ...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: String(threads), MKL_NUM_THREADS: String(threads) },
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { done, value } = await answers.next();
    if (done !== true) return value;
    throw new Error(
      `${script} ${words.map((word) => basename(word)).join(' ')}: must answer, got its end`,
    );
  };
  const version = await next();
  return {
    version,
    ask: async (line, limit) => {
      child.stdin.write(`${line}\n`);
      const timer = limit === undefined ? undefined : setTimeout(() => child.kill(), limit * 1000);
      try {
        return await next();
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => child.kill(),
  };
}
