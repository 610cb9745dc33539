import type { NetworkScheme } from './network-scheme.ts';

export type { NetworkScheme } from './network-scheme.ts';

/** Every scheme that is planned over a whole network, in the order in which they are listed. */
export const networkSchemes: readonly NetworkScheme[] = [];
