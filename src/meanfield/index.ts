export * from './architectures/index.ts';
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
export {
  fluctuations,
  type Fluctuation,
  type FluctuationOptions,
  type LayerFluctuation,
} from './fluctuation/fluctuations.ts';
export { fixedPoint } from './fixed-point.ts';
export {
  phaseDiagram,
  type DiagramRange,
  type EdgePoint,
  type PhaseDiagram,
} from './phase-diagram.ts';
export { phasePoint, type Phase, type PhasePoint } from './point.ts';
export { chi1At, varianceMap, varianceSlope } from './variance-map.ts';
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
export { chainErrors, type ChainErrors } from './spectrum/chain-error.ts';
export { chainSpectrum, type ChainLayer } from './spectrum/chain-spectrum.ts';
export { jacobianChain, type ChainOptions, type JacobianChain } from './predict/chain.ts';
export { jacobianSpectrum, type JacobianOptions } from './spectrum/jacobian-spectrum.ts';
export type { WeightLaw } from './spectrum/jacobian-curve.ts';
export {
  limitSpectrum,
  residualSpectrum,
  type ResidualSpectrumOptions,
  type UniversalityClass,
} from './spectrum/limit-spectrum.ts';
export { linearSpectrum, type LinearOptions } from './spectrum/linear-spectrum.ts';
export type { Atom, Density, Spectrum as JacobianSpectrum } from './spectrum/spectrum.ts';
export { checkVariances, type Variances } from './variances.ts';
export type { Law, Laws, NetworkPhase, PredictedLayer, Prediction } from './predict/prediction.ts';
export { predict, type PredictOptions } from './predict/predict.ts';
export { lawOfTensor } from './predict/walk.ts';
export { edgeOfChaosChange, type EdgeChange } from './shape/edge-change.ts';
export {
  edgeOfChaos,
  type EdgeFactors,
  type EdgeLayer,
  type EdgeOfChaos,
  type EdgeOptions,
} from './shape/edge.ts';
export {
  networkEdge,
  type NetworkEdge,
  type NetworkEdgeOptions,
  type WeightChange,
} from './shape/edge-network.ts';
export {
  graphNetwork,
  type GraphNetwork,
  type GraphNetworkOptions,
} from './shape/graph-network.ts';
export {
  networkFunction,
  plainNetwork,
  residualNetwork,
  subnetFunction,
  type MapNetwork,
  type MapNode,
  type ResidualOptions,
  type SubnetFunction,
} from './shape/map-network.ts';
export {
  shapeActivation,
  type LocalMaps,
  type ShapeMethod,
  type ShapeOptions,
  type Shaping,
} from './shape/shape.ts';
export { buildShaped, shapedNonlinearity, type Transform } from './shape/shaped.ts';
export { maximalCurvature, maximalSlope } from './shape/targets.ts';
