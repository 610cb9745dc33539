/** Exit code for bad input. */
export const FAILURE = 1;

/** Exit code for wrong usage. */
export const USAGE = 2;

/** A mistake in how the command was called, as opposed to what it was given. */
export class UsageError extends Error {}

/** What to tell a person of anything thrown: one line without a stack. */
export function sentenceOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.split('\n', 1)[0].trim();
  return line === '' ? 'something failed without saying why' : line;
}
