export * from './as/choose.ts';
export type * from './as/dialect.ts';
export * from './as/dialects.ts';
export * from './as/jax/index.ts';
export * from './gain.ts';
export * from './initializer.ts';
export * from './parse.ts';
export * from './schemes.ts';
export * from './spec.ts';
