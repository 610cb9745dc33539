export * from './plan.ts';
export { advise, type AdviseOptions } from './advise.ts';
export { applyPlan } from './apply.ts';
export { calibrate } from './calibrate.ts';
export { specOfParameter } from './spec.ts';
export type { Overrides } from './overrides.ts';
