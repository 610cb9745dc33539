export { isStop, ruleOf, differentiable } from './table.ts';
