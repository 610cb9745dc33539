export * from './parameter.ts';
export { creluEdit, type CreluEdit } from './crelu.ts';
export type { Widened } from './crelu-demands.ts';
export { describeNetwork } from './describe.ts';
export { layerValues, type LayerKind, type LayerValue } from './layer-values.ts';
export { outputLayers } from './output-layers.ts';
export { activationBounds, type Bounds } from './bounds.ts';
export * from './architectures/index.ts';
export {
  networkSkeleton,
  type Joint,
  type Passed,
  type PassedKind,
  type Skeleton,
} from './skeleton.ts';
