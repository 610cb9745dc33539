export * from './tensor.ts';
export * from './bytes.ts';
export * from './cast.ts';
export { crc32 } from './crc32.ts';
export * from './npy.ts';
export * from './npz.ts';
export * from './safetensors.ts';
