import { constantMoments } from './moments.ts';
import { opened, unknown, type Signal, type Unknown } from './state.ts';
import type { Walk } from './walk.ts';

/** A value as a signal with finite moments, or why it is none. */
export function signalOf(walk: Walk, value: string | undefined): Signal | Unknown {
  const state = walk.of(value);
  const name = value ?? '';
  if (state.kind === 'unknown') return state;
  if (state.kind === 'signal') return finite(name, state);
  if (state.kind === 'level') return opened(name, constantMoments(state.value), state.axes);
  if (state.kind === 'scores') {
    return opened(name, state.moments, state.axes, { pulls: state.pulls });
  }
  return unknown(
    state.kind === 'tokens'
      ? `${name} is made of integers that flow in, whose size is not known`
      : `${name}, the weights of an attention, is used for more than an average`,
  );
}

/** A signal whose moments are finite, or why it is none. */
function finite(value: string, signal: Signal): Signal | Unknown {
  const { q, mean, k, p, r } = signal.moments();
  if ([q, mean, k, p, r].every(Number.isFinite)) return signal;
  return unknown(
    `the second moment of ${value} is not finite: it is too large, or its function is not defined everywhere`,
  );
}
