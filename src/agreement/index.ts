export { agree } from './agree.ts';
export type { Agreement, Comparison, LayerAgreement, Line, NetworkAgreement } from './agreement.ts';
