export { ruleFor } from './table.ts';
export { HE, shown, steady, type Advice, type Rule } from './rule.ts';
