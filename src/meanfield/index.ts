export type { CriticalPoint } from './critical.ts';
export { covariance, derivativeCovariance } from './covariance.ts';
export type { Phase, PhasePoint } from './point.ts';
export { chi1At, varianceMap } from './variance-map.ts';
export { checkVariances, type Variances } from './variances.ts';
export type { Law, Laws, NetworkPhase, PredictedLayer, Prediction } from './predict/prediction.ts';
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
