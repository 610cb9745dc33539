export * from './parameter.ts';
export type { LayerPart, LayerParts } from './parts.ts';
export { describeNetwork } from './describe.ts';
export * from './architectures/index.ts';
