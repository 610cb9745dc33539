import { dialect, type Dialect } from '../init/index.ts';
import { UsageError } from './failure.ts';

/** The dialect that `--as` names. */
export function dialectOption(name: string): Dialect {
  return asUsage(() => dialect(name));
}

/** What `work` gives; its errors are mistakes in how the command was called. */
export function asUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new UsageError(error.message.replace(/^dialect: name/, '--as:'), { cause: error });
  }
}
