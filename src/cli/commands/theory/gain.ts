import { Command } from 'commander';
import { jsonOption } from '../../options.ts';
import type { GainOptions } from '../../theory/run-gain.ts';
import { activationOption, numberOption } from './options.ts';

const HELP = `
The gain g is the standard deviation of a weight times √fan_in (forward) or √fan_out (backward), so σw² = g².
--json: { forward, backward }.

Examples:
  $ stepzero theory gain --activation relu
  $ stepzero theory gain --activation tanh --q 0.1 --json
  $ stepzero theory gain --activation ./mine.ts`;

/** `stepzero theory gain`: what keeps signals, and what keeps gradients. */
export function gainCommand(): Command {
  return new Command('gain')
    .description('the gain that keeps the size of signals, and the one that keeps gradients')
    .addOption(activationOption())
    .addOption(numberOption('q', 'second moment of the pre-activations').default(1))
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (options: GainOptions) => {
      const { runGain } = await import('../../theory/run-gain.ts');
      await runGain(options);
    });
}
