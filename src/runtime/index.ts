export { checkFeeds, resolveInputs, shapeText } from './inputs.ts';
export { instrument, liftable, shapeOutput, type Instruments } from './instrument.ts';
export { openSession, type Session, type SessionOptions } from './session.ts';
