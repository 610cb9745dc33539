export type { FloatArray } from './chunks.ts';
export * from './key.ts';
export { fillNormal } from './normal.ts';
export * from './permutation.ts';
export * from './truncated-normal.ts';
export * from './uniform.ts';
