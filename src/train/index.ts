export {
  crossEntropy,
  hinge,
  meanSquaredError,
  type CrossEntropyOptions,
  type Loss,
} from './loss.ts';
export type { Rolled } from './rolled.ts';
export { nextName, stateName, stepGraph, type StepOptions, type Trained } from './step.ts';
export { rolesOf, stackName, stepsGraph, type Roles } from './steps.ts';
