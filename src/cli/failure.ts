/** Exit code for bad input. */
export const FAILURE = 1;

/** Exit code for wrong usage. */
export const USAGE = 2;

/** A mistake in how the command was called, as opposed to what it was given. */
export class UsageError extends Error {}
