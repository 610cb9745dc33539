export { agree } from './agree.ts';
export type { Agreement, Comparison, LayerAgreement, Line, NetworkAgreement } from './agreement.ts';
export {
  agreeSpectrum,
  predictedSpectrum,
  type SpectrumAgreement,
  type SpectrumPrediction,
} from './spectrum.ts';
