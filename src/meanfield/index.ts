export type { CriticalPoint } from './critical.ts';
export { covariance, derivativeCovariance } from './covariance.ts';
export type { Phase, PhasePoint } from './point.ts';
export {
  saxeOptimalRate,
  saxeSteps,
  saxeTime,
  saxeTrajectory,
  type SaxeMode,
  type SaxeTime,
} from './saxe.ts';
export {
  saxeUnequalTime,
  saxeUnequalTrajectory,
  type UnequalMode,
  type UnequalState,
} from './saxe-unequal.ts';
export { jacobianSpectrum, type JacobianOptions } from './spectrum/jacobian-spectrum.ts';
export type { WeightLaw } from './spectrum/jacobian-curve.ts';
export {
  limitSpectrum,
  residualSpectrum,
  type ResidualOptions,
  type UniversalityClass,
} from './spectrum/limit-spectrum.ts';
export { linearSpectrum, type LinearOptions } from './spectrum/linear-spectrum.ts';
export type { Atom, Density, Spectrum } from './spectrum/spectrum.ts';
export { chi1At, varianceMap } from './variance-map.ts';
export { checkVariances, type Variances } from './variances.ts';
export type { Law, Laws, NetworkPhase, PredictedLayer, Prediction } from './predict/prediction.ts';
