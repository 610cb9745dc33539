export * from './plan.ts';
export { advise, type AdviseOptions } from './advise.ts';
export { adviseAs, type PlanAs } from './advise-as.ts';
export { applyPlan } from './apply.ts';
export { calibrate } from './calibrate.ts';
export type { Overrides } from './overrides.ts';
