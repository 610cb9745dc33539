export * from './accept.ts';
export * from './gain.ts';
export * from './initializer.ts';
export * from './parse.ts';
export * from './schemes.ts';
export * from './spec.ts';
