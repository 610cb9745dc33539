export { differentiable, ruleOf } from './table.ts';
