export type { FloatArray } from './chunks.ts';
export { haarColumns } from './haar.ts';
export * from './kernels.ts';
export * from './key.ts';
export { fillNormal } from './normal.ts';
export * from './permutation.ts';
export { fillTruncatedNormal } from './truncated-normal.ts';
export { fillUniform } from './uniform.ts';
export { localKernels, wasmKernels } from './wasm.ts';
