export { infer } from './table.ts';
export type { Around } from './infer.ts';
export { castTarget } from './elementwise.ts';
export { kernelOf } from './layers.ts';
