import { backwardGain, forwardGain } from '../../init/index.ts';
import { gainLines } from '../../report/index.ts';
import { printResult, type OutputOptions } from './print-result.ts';
import { readActivation } from './read-activation.ts';

/** Options of `theory gain`. */
export interface GainOptions extends OutputOptions {
  readonly activation: string;
  readonly q: number;
}

/** Prints both gains of an activation. */
export async function runGain({ activation, q, ...output }: GainOptions): Promise<void> {
  const phi = await readActivation(activation);
  const gains = { forward: forwardGain(phi, q), backward: backwardGain(phi, q) };
  await printResult(
    { json: gains, lines: (options) => gainLines({ ...gains, activation, q }, options) },
    output,
  );
}
