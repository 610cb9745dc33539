import type { Rule } from './rule.ts';
/** Operators with subgraphs. */
export const control: Readonly<Record<string, Rule>> = {};
