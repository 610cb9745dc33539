export { inBlocks } from './blocked.ts';
export { checkpointed } from './checkpoint.ts';
export {
  crossEntropy,
  hinge,
  meanSquaredError,
  type CrossEntropyOptions,
  type Loss,
  type Written,
} from './loss.ts';
export { stepMemory, type StepMemory } from './memory.ts';
export { rollUp, type Rolled, type RollOptions } from './rolled.ts';
export { stackValues, unstackValues } from './rolled-values.ts';
export {
  nextName,
  readyForLoss,
  stateName,
  stepGraph,
  type Carried,
  type StepOptions,
  type Trained,
} from './step.ts';
export { rolesOf, stackName, stepsGraph, type Roles } from './steps.ts';
