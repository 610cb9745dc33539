import type { Kernel } from './kernel.ts';
/** Recurrent layers, in float64. */
export const recurrent: Readonly<Record<string, Kernel>> = {};
