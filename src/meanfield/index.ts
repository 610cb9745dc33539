export type { CriticalPoint } from './critical.ts';
export { covariance, derivativeCovariance } from './covariance.ts';
export type { Phase, PhasePoint } from './point.ts';
export { chi1At, varianceMap } from './variance-map.ts';
export { checkVariances, type Variances } from './variances.ts';
export type { Law, Laws, NetworkPhase, PredictedLayer, Prediction } from './predict/prediction.ts';
export { predict, type PredictOptions } from './predict/predict.ts';
export { lawOfTensor } from './predict/walk.ts';
