import type { Moments } from '../pairs.ts';
import type { RecurrentCell, RecurrentInput, RecurrentOutput } from './cell.ts';
import { gru } from './gru.ts';
import { lstm } from './lstm.ts';
import { plainRecurrent } from './plain.ts';

/** Recurrent layers, by their operators in ONNX. */
export type RecurrentKind = 'RNN' | 'LSTM' | 'GRU';

/** Steps that are followed one by one; those after them are as the last. */
const MOST_STEPS = 192;

const GATES: Readonly<Record<RecurrentKind, number>> = { RNN: 1, LSTM: 4, GRU: 3 };

const FUNCTIONS: Readonly<Record<RecurrentKind, number>> = { RNN: 1, LSTM: 3, GRU: 2 };

const NOTHING: Moments = { mean: 0, pairs: { q: 0, k: 0, p: 0, r: 0 } };

/** State and cell before the first step; zero where not given. */
export interface RecurrentStart {
  readonly h?: Moments;
  readonly c?: Moments;
}

/**
 * One direction of a recurrent layer over finitely many steps; the other direction of a bidirectional one is another
 * cell, whose moments by step come in reverse. `RangeError` unless the cell has the gates and functions of its
 * kind and there is a step.
 */
export function recurrent(
  kind: RecurrentKind,
  cell: RecurrentCell,
  input: RecurrentInput,
  { h = NOTHING, c = NOTHING }: RecurrentStart = {},
): RecurrentOutput {
  check(kind, cell, input.steps);
  const followed = { ...input, steps: Math.min(input.steps, MOST_STEPS) };
  const output = run(kind, cell, followed, h, c);
  return input.steps > MOST_STEPS ? extended(output, input.steps) : output;
}

function run(
  kind: RecurrentKind,
  cell: RecurrentCell,
  input: RecurrentInput,
  h: Moments,
  c: Moments,
): RecurrentOutput {
  if (kind === 'LSTM') return lstm(cell, input, { h, c });
  return kind === 'GRU' ? gru(cell, input, h) : plainRecurrent(cell, input, h);
}

/** The averages over more steps than were followed. */
function extended(output: RecurrentOutput, steps: number): RecurrentOutput {
  const { every, last, seconds, factorOfLast } = output;
  const share = MOST_STEPS / steps;
  const mixed = (a: number, b: number): number => share * a + (1 - share) * b;
  return {
    ...output,
    every: {
      mean: mixed(every.mean, last.mean),
      pairs: {
        ...every.pairs,
        q: mixed(every.pairs.q, last.pairs.q),
        k: mixed(every.pairs.k, last.pairs.k),
      },
    },
    seconds: Array.from({ length: steps }, (_, t) => seconds[Math.min(t, MOST_STEPS - 1)]),
    factorOfLast: factorOfLast * share,
  };
}

function check(kind: RecurrentKind, cell: RecurrentCell, steps: number): void {
  const wanted = [
    ['gates', GATES[kind], cell.gates.length],
    ['functions', FUNCTIONS[kind], cell.functions.length],
  ] as const;
  for (const [what, count, got] of wanted) {
    if (got !== count) {
      throw new RangeError(`recurrent: ${what} of an ${kind} must be ${count}, got ${got}`);
    }
  }
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`recurrent: steps must be a whole number from 1 on, got ${steps}`);
  }
}
