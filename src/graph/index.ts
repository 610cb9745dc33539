export * from './graph.ts';
export { builder, type Builder } from './builder.ts';
