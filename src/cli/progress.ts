import { printable } from '../report/index.ts';

/** Says on standard error what is being done, in one line that replaces itself; silent off a terminal. */
export interface Progress {
  readonly say: (what: string, done?: number, total?: number) => void;
  readonly end: () => void;
}

/** Not more often than this, so that drawing never costs anything. */
const INTERVAL_MS = 80;

export function progress(): Progress {
  if (!process.stderr.isTTY) return { say: () => undefined, end: () => undefined };
  let last = 0;
  return {
    say: (what, done, total) => {
      const now = performance.now();
      if (done !== undefined && done !== total && now - last < INTERVAL_MS) return;
      last = now;
      const share =
        done === undefined || total === undefined ? '' : ` ${bar(done / total)} ${done}/${total}`;
      const line = `${printable(what)}${share}`.slice(0, (process.stderr.columns ?? 80) - 1);
      process.stderr.write(`\r\u001B[2K${line}`);
    },
    end: () => void process.stderr.write('\r\u001B[2K'),
  };
}

function bar(share: number): string {
  const full = Math.round(20 * Math.min(1, share));
  return '█'.repeat(full) + '░'.repeat(20 - full);
}
