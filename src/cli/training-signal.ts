import { constants } from 'node:os';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A wish to stop, while it is listened for. */
export interface Stopping {
  readonly signal: AbortSignal;
  /** The exit code of a process that this signal ended, `130` for SIGINT. */
  readonly stopped: () => number;
  /** Lets signals do again what they do. */
  readonly release: () => void;
}

/** Listens for signals that end a process: the first is passed on as a wish to stop, the second ends it at once. */
export function stopOnSignal(note: (line: string) => void): Stopping {
  const controller = new AbortController();
  let received: (typeof signals)[number] = 'SIGINT';
  const stop = (signal: (typeof signals)[number]): void => {
    received = signal;
    release();
    note('Stopping after the steps that are being taken; once more stops at once.');
    controller.abort();
  };
  const release = (): void => {
    for (const signal of signals) process.off(signal, stop);
  };
  for (const signal of signals) process.on(signal, stop);
  return {
    signal: controller.signal,
    stopped: () => 128 + constants.signals[received],
    release,
  };
}
