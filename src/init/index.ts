export * from './gain.ts';
export * from './initializer.ts';
export * from './parse.ts';
export * from './schemes.ts';
export * from './spec.ts';
export { certificateCost, certify, type Certificate, type CertifyOptions } from './certificate.ts';
export type { Spectrum } from './spectrum.ts';
