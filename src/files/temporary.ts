import { rmSync } from 'node:fs';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const open = new Set<string>();

/** Removes what is half written, then lets the signal do what it does where nothing listens. */
function removeAll(signal: NodeJS.Signals): void {
  for (const path of open) {
    rmSync(path, { force: true });
    forgetTemporary(path);
  }
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

/** From now on a signal that ends the process removes this file first. */
export function rememberTemporary(path: string): void {
  if (open.size === 0) for (const signal of signals) process.on(signal, removeAll);
  open.add(path);
}

/** The file is gone or has its name. */
export function forgetTemporary(path: string): void {
  if (!open.delete(path) || open.size > 0) return;
  for (const signal of signals) process.off(signal, removeAll);
}
