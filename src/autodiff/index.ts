export {
  cotangentName,
  derivativeName,
  gradient,
  gradientName,
  jvp,
  tangentName,
  upgraded,
  vjp,
  withProducts,
  type Wanted,
} from './differentiate.ts';
export { withDirectOutputs } from './direct-outputs.ts';
export { readsOf } from './reads.ts';
export { evaluate, type Numbers } from './reference/index.ts';
export { differentiable } from './rules/index.ts';
export { valueTypes, type ValueType } from './value-types.ts';
