import type { Elementwise, Moments } from '../pairs.ts';
import type { UnitLaw } from '../norm.ts';

/** The laws of one gate of a recurrent layer; weights have the mean zero. */
export interface GateLaw {
  /** `σw²`: size of the input times the second moment of its weights. */
  readonly input: number;
  /** `σu²`: size of the state times the second moment of its weights. */
  readonly hidden: number;
  /** Of the bias beside the input. */
  readonly inputBias: UnitLaw;
  /** Of the bias beside the state. */
  readonly hiddenBias: UnitLaw;
}

/** A function of one number with its derivative. */
export interface CellFunction extends Elementwise {
  readonly df: (x: number) => number;
}

/** One direction of a recurrent layer, with gates in the order of ONNX. */
export interface RecurrentCell {
  /** RNN: one; LSTM: input, output, forget, cell; GRU: update, reset, hidden. */
  readonly gates: readonly GateLaw[];
  /** Sizes of the input and of the state. */
  readonly inputs: number;
  readonly units: number;
  /** Functions of the gates, of the candidate and, of an LSTM, of the cell; an RNN has the first alone. */
  readonly functions: readonly CellFunction[];
  /** GRU: the reset gate acts on the product with the weights, `linear_before_reset`. */
  readonly resetLast?: boolean;
}

/** The sequence that a layer reads: `p` and `r` are those of two steps, however far apart. */
export interface RecurrentInput {
  readonly moments: Moments;
  readonly steps: number;
}

/** What a recurrent layer makes of a sequence. */
export interface RecurrentOutput {
  /** The states of all steps: averages over steps, p and r over all pairs of two steps. */
  readonly every: Moments;
  /** The state after the last step. */
  readonly last: Moments;
  /** The cell of an LSTM after the last step. */
  readonly cell: Moments | null;
  /** `E h²` after each step. */
  readonly seconds: readonly number[];
  /** Factor of the second moment of gradients, from every state (independent) to the input, mean over steps. */
  readonly factorOfEvery: number;
  /** The same from the last state alone. */
  readonly factorOfLast: number;
}
