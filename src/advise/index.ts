export * from './plan.ts';
export { advise, type AdviseOptions } from './advise.ts';
export { adviseAs, type PlanAs } from './advise-as.ts';
export { applyPlan } from './apply.ts';
export { calibrate } from './calibrate.ts';
export { certifyPlan, type PlanCertificate, type PlanCertificates } from './certificates.ts';
export { drawsOfPlan } from './draws.ts';
export { lawsOfPlan } from './laws.ts';
export { specOfParameter } from './spec.ts';
export type { Overrides } from './overrides.ts';
export {
  anyScheme,
  isNetworkScheme,
  networkSchemes,
  tensorSchemeFor,
  type NetworkPlan,
  type NetworkScheme,
} from './networks/index.ts';
