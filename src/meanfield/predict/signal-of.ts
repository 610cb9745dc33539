import { affineMoments, constantMoments } from './moments.ts';
import { opened, unknown, type Signal, type Unknown } from './state.ts';
import type { Walk } from './walk.ts';

/** A value as a signal with finite moments, or why it is none. */
export function signalOf(walk: Walk, value: string | undefined): Signal | Unknown {
  const state = walk.of(value);
  switch (state.kind) {
    case 'unknown':
      return state;
    case 'level':
      return opened(value ?? '', constantMoments(state.value), state.axes);
    case 'tokens':
      return unknown(`${value} is made of integers that flow in, whose size is not known`);
    case 'scores':
      return opened(value ?? '', affineMoments(state.moments, 1, 0), state.axes, {
        pulls: state.pulls,
      });
    case 'shares':
      return unknown(`${value}, the weights of an attention, is used for more than an average`);
    case 'signal': {
      const { q, mean, k, p, r } = state.moments();
      if ([q, mean, k, p, r].every(Number.isFinite)) return state;
      return unknown(
        `the second moment of ${value} is not finite: it is too large, or its function is not defined everywhere`,
      );
    }
  }
}
