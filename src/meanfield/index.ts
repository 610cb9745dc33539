export { correlationMap, type CorrelationMap } from './correlation-map.ts';
export {
  criticalPoints,
  halfStablePoint,
  smallestCritical,
  type CriticalAt,
  type CriticalPoint,
} from './critical.ts';
export { chi1, criticalGain, type CriticalGain } from './critical-gain.ts';
export { covariance, derivativeCovariance } from './covariance.ts';
export { chi2At, curvatureMap } from './curvature.ts';
export { fixedPoint } from './fixed-point.ts';
export {
  phaseDiagram,
  type DiagramRange,
  type EdgePoint,
  type PhaseDiagram,
} from './phase-diagram.ts';
export { phasePoint, type Phase, type PhasePoint } from './point.ts';
export { chi1At, varianceMap, varianceSlope } from './variance-map.ts';
export { checkVariances, type Variances } from './variances.ts';
export type { Law, Laws, NetworkPhase, PredictedLayer, Prediction } from './predict/prediction.ts';
