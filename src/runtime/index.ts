export { engineVersion } from './engine.ts';
export { haarOnEngine, haarRoom, type HaarPart, type HaarRoom } from './haar.ts';
export { checkFeeds, resolveInputs, shapeText } from './inputs.ts';
export { instrument, liftable, shapeOutput, type Instruments } from './instrument.ts';
export { openSession, type Device, type Session, type SessionOptions } from './session.ts';
export type { Team } from './team.ts';
export type { Precision } from './matrix-graph.ts';
export { matrixAt, type Matrix } from './program.ts';
export { addProduct } from './updates.ts';
