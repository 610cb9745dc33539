export type { FloatArray } from './chunks.ts';
export { haarColumns } from './haar.ts';
export * from './kernels.ts';
export * from './key.ts';
export { fillNormal } from './normal.ts';
export * from './permutation.ts';
export { philoxBlocks } from './philox.ts';
export * from './truncated-normal.ts';
export * from './uniform.ts';
