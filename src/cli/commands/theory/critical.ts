import { Command } from 'commander';
import type { CriticalOptions } from '../../theory/run-critical.ts';
import {
  activationOption,
  numberOption,
  outputOptions,
  sigmaB2Option,
  sigmaW2Option,
} from './options.ts';

const HELP = `
Give one of --sigma-b2, --sigma-w2 and --q; all solutions are listed, from small q* to large.
--json: { points: [{ sigmaW2, sigmaB2, qStar, chiQ }] }. Where chiQ is above 1 signals leave the fixed point:
such a point is on the edge, but no network stays there.

Examples:
  $ stepzero theory critical --activation tanh --sigma-b2 0.05
  $ stepzero theory critical --activation gelu --sigma-b2 0.1 --svg edge.svg
  $ stepzero theory critical --activation hard_tanh --q 1 --json`;

/** `stepzero theory critical`: points on the edge of chaos. */
export function criticalCommand(): Command {
  const command = new Command('critical')
    .description('the variances on the edge of chaos, where gradients keep their size at any depth')
    .addOption(activationOption())
    .addOption(sigmaB2Option().conflicts(['sigmaW2', 'q']))
    .addOption(sigmaW2Option().conflicts('q'))
    .addOption(numberOption('q', 'q*, second moment of the pre-activations'));
  for (const option of outputOptions('the edge of chaos, with the solutions')) {
    command.addOption(option);
  }
  return command.addHelpText('after', HELP).action(async (options: CriticalOptions) => {
    const { runCritical } = await import('../../theory/run-critical.ts');
    await runCritical(options);
  });
}
