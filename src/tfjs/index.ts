export {
  initializer,
  registerInitializers,
  type InitializerOptions,
  type SchemeOptions,
  type TfInitializer,
} from './initializer.ts';
export type { KernelLayout, KernelOptions } from './kernel.ts';
export * from './named.ts';
