export * from './initializer.ts';
