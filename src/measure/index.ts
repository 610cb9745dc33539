export { storedWeights, type Ensemble } from './ensemble.ts';
export { exampleCount } from './examples.ts';
export { makeInputs, type Feeds, type InputOptions } from './inputs.ts';
export { judgeSignal, type SignalState, type SignalVerdict } from './judge.ts';
export { layerValues, type LayerKind, type LayerValue } from '../network/index.ts';
export {
  jacobianCost,
  measureJacobian,
  type JacobianCost,
  type JacobianOptions,
} from './jacobian.ts';
export type { LayersOptions } from './layer-work.ts';
export { measureLayers } from './layers.ts';
export type {
  JacobianMeasurement,
  KernelMeasurement,
  LayersMeasurement,
  MeasuredLayer,
  MeasuredParameter,
  PerDraw,
  ShatteringMeasurement,
} from './measurement.ts';
export { openProbe, type Probe, type ProbeOptions } from './probe.ts';
export type { NotFinite } from './moments.ts';
export { measureSignal, type SignalOptions, type SignalRow } from './signal.ts';
export { measureShattering, type ShatteringOptions } from './shattering.ts';
export { kernelCost, measureKernel, type KernelCost, type KernelOptions } from './kernel.ts';
