export { ruleFor } from './table.ts';
export { branchShare, HE, shown, steady, type Advice, type Rule } from './rule.ts';
