export { ruleFor } from './table.ts';
export type { Advice, Rule } from './rule.ts';
