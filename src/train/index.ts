export {
  crossEntropy,
  hinge,
  meanSquaredError,
  type CrossEntropyOptions,
  type Loss,
  type Written,
} from './loss.ts';
export type { Rolled } from './rolled.ts';
export {
  nextName,
  stateName,
  stepGraph,
  type Carried,
  type StepOptions,
  type Trained,
} from './step.ts';
export { rolesOf, stackName, stepsGraph, type Roles } from './steps.ts';
