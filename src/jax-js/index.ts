export type { AxisOptions } from './axes.ts';
export { initializer, type JaxInitializer, type SchemeOptions } from './initializer.ts';
export * from './named.ts';
