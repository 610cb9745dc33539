export { fixedBatch } from './evaluate.ts';
export { withOpenBatch } from './open-batch.ts';
export { jacobianHook, momentsHook, type HookOptions, type OpenHook } from './hooks.ts';
export { batchesOf } from './order.ts';
export { train } from './train.ts';
export { openTrainer } from './trainer.ts';
export type {
  Evaluation,
  Hook,
  RunOptions,
  RunResult,
  StepMetrics,
  StepPick,
  Subject,
  Trainer,
  TrainerOptions,
  TrainingCost,
  Watch,
} from './training.ts';
