import type { Rule } from './rule.ts';
/** Recurrent layers. */
export const recurrent: Readonly<Record<string, Rule>> = {};
