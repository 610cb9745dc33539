export * from './parameter.ts';
export { describeNetwork } from './describe.ts';
