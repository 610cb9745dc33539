export * from './activation/index.ts';
export * from './advise/index.ts';
export * from './graph/index.ts';
export * from './init/index.ts';
export * from './meanfield/index.ts';
export * from './network/index.ts';
export * from './random/index.ts';
export * from './tensor/index.ts';
