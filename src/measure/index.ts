export { makeInputs, type Feeds, type InputOptions } from './inputs.ts';
export { judgeSignal, type SignalState, type SignalVerdict } from './judge.ts';
export { layerValues, type LayerKind, type LayerValue } from '../network/index.ts';

export { measureSignal, type NotFinite, type SignalOptions, type SignalRow } from './signal.ts';
