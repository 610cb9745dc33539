export * from './find.ts';
export * from './network-scheme.ts';
export * from './schemes.ts';
