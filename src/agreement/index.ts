export type { Agreement, Comparison, LayerAgreement, NetworkAgreement } from './agreement.ts';
