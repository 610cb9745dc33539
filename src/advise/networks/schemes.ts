import { gpt2 } from './gpt2.ts';
import { looksLinear } from './looks-linear.ts';
import type { NetworkScheme } from './network-scheme.ts';

/** Every scheme that is planned over a whole network, in the order in which they are listed. */
export const networkSchemes: readonly NetworkScheme[] = [gpt2, looksLinear];

/** Other names of network schemes that are in use. */
export const networkAliases: Readonly<Record<string, string>> = {};
