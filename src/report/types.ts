import type { Plan, PlanCertificate } from '../advise/index.ts';
import type { Prediction } from '../meanfield/index.ts';

/** Numbers that JSON cannot hold, such as `{ secondMoment: 'Infinity', mean: 'NaN' }`. */
export interface NotFinite {
  readonly secondMoment?: string;
  readonly mean?: string;
  readonly dead?: string;
}

/** What one layer's output looked like in one run. A number that is not finite is `null`. */
export interface SignalRow {
  readonly name: string;
  readonly op: string;
  /** Mean of the squares of all elements, `E[x²]`. */
  readonly secondMoment: number | null;
  readonly mean: number | null;
  /** Share of units that are constant over the batch, 0 to 1; `null` where it has no meaning. */
  readonly dead: number | null;
  /** Which of the numbers above is not finite, and what it is. */
  readonly notFinite?: NotFinite;
}

/** The same network with the stored and with the new weights, layer by layer. */
export interface SignalPair {
  readonly before: readonly SignalRow[];
  readonly after: readonly SignalRow[];
}

/** All that `init` found out, as data; terminal, `--json` and HTML show the same. */
export interface InitReport extends Plan {
  /** `null` if the network was not run. */
  readonly signal: SignalPair | null;
  /** What the theory gives for the new weights; `null` if it was not asked. */
  readonly prediction: Prediction | null;
  /** Of what was drawn by a scheme that promises singular values; `null` if the network was not to run. */
  readonly certificates: readonly PlanCertificate[] | null;
  /** What the run says, in one sentence. */
  readonly verdict: string;
  readonly notes: readonly string[];
  /** Where the weights were written, `null` if nowhere. */
  readonly output: string | null;
  /** The command line that makes this report again. */
  readonly command?: string;
}

/** What one parameter is, without a scheme. */
export interface ParameterRow {
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: string;
  readonly fanIn: number | null;
  readonly fanOut: number | null;
  readonly activation: string | null;
}

/** One initializer in a listing. */
export interface SchemeRow {
  readonly name: string;
  readonly formula: string;
  readonly use: string;
  readonly reference: string;
}

/** One named architecture in a listing. */
export interface ArchitectureRow {
  readonly name: string;
  readonly grammar: string;
  readonly description: string;
  readonly examples: readonly string[];
}

/** Where text goes: columns of the terminal, and whether it takes colour codes. */
export interface TextOptions {
  readonly width: number;
  readonly colour: boolean;
}
