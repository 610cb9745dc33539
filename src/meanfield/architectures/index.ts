export { batchNormPoint, type BatchNormPoint } from './batch-norm.ts';
export { convolutionMap, type PositionCovariances } from './convolution-map.ts';
export {
  convolutionModes,
  modeDepthScales,
  type ConvolutionModes,
  type KernelProfile,
  type PeriodicConvolution,
} from './convolution-modes.ts';
export { nngpKernel, ntkKernel, type Kernel, type KernelOptions } from './dense-kernels.ts';
export { dropoutCorrelationMap, dropoutPoint, type DropoutPoint } from './dropout.ts';
export {
  finiteWidth,
  standardErrorOfMean,
  toleranceBand,
  widthFactor,
  type FiniteNetwork,
  type FiniteSpread,
} from './finite-width.ts';
export { gradientCorrelation, type GradientCorrelation } from './gradient-correlation.ts';
export {
  gradientKernel,
  kernelAutocorrelation,
  kernelCorrelation,
  type BatchKernel,
  type BatchNetwork,
} from './gradient-kernel.ts';
export type { CandidateLaw, GateLaw, RecurrentPoint, SequenceInput } from './gate.ts';
export { gru, type GruLaws, type GruPoint } from './gru.ts';
export { layerNormPoint, type LayerNormPoint } from './layer-norm.ts';
export { lstm, type LstmLaws, type LstmPoint } from './lstm.ts';
export { minimalRnn, type MinimalRnnPoint } from './minimal-rnn.ts';
export { residualLayers, type ResidualInput, type ResidualLayers } from './residual-layers.ts';
export { residualLimit, type ResidualLimit } from './residual-limit.ts';
export {
  residualStep,
  weightedSum,
  type ResidualBlock,
  type ResidualState,
  type ResidualStep,
} from './residual.ts';
export { vanillaRnn, type VanillaRnnPoint } from './vanilla-rnn.ts';
