export { adam, adamw, type AdamOptions } from './adam.ts';
export { clipByGlobalNorm, globalNorm, type Clipped } from './clip.ts';
export type { Clock, Optimizer, Slot, Updated } from './optimizer.ts';
export { rmsprop, type RmspropOptions } from './rmsprop.ts';
export { constant, cosine, stepwise, warmUp, type Schedule } from './schedule.ts';
export { sgd, type SgdOptions } from './sgd.ts';
