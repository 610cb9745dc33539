export * from './parameter.ts';
export { describeNetwork } from './describe.ts';
export * from './architectures/index.ts';
