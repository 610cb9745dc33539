import { Command, Option } from 'commander';
import type { CmapOptions } from '../../theory/run-cmap.ts';
import {
  activationOption,
  numberOption,
  numbersValue,
  outputOptions,
  sigmaB2Option,
  sigmaW2Option,
} from './options.ts';

const HELP = `
Where the variances come from: both options: those, at the fixed point q*; --q: the critical ones at this q*;
one of the variances: the other one is made critical; none: --q 1. ReLU is critical at σw² = 2, σb² = 0 alone.
--json: { c: [...], value: [[...], ...], sigmaW2, sigmaB2, qStar }: value[i][l - 1] is the correlation after layer l
of two inputs that have c[i] before the first.

Examples:
  $ stepzero theory cmap --activation relu --c 0,0.5 --depth 50
  $ stepzero theory cmap --activation tanh --c -0.5,0,0.9 --depth 30 --sigma-w2 2.5 --sigma-b2 0.1 --svg c.svg
  $ stepzero theory cmap --activation gelu --c 0 --q 2 --json`;

/** `stepzero theory cmap`: the correlation of two inputs layer by layer. */
export function cmapCommand(): Command {
  const command = new Command('cmap')
    .description('how alike two inputs become, layer by layer')
    .addOption(activationOption())
    .addOption(
      new Option('--c <C,C,…>', 'correlations before the first layer, from -1 to 1')
        .argParser(numbersValue)
        .default([0, 0.5], '0,0.5'),
    )
    .addOption(numberOption('depth', 'layers').default(50))
    .addOption(sigmaW2Option())
    .addOption(sigmaB2Option())
    .addOption(numberOption('q', 'q* on the edge of chaos').conflicts(['sigmaW2', 'sigmaB2']));
  for (const option of outputOptions('the correlations by layer')) command.addOption(option);
  return command.addHelpText('after', HELP).action(async (options: CmapOptions) => {
    const { runCmap } = await import('../../theory/run-cmap.ts');
    await runCmap(options);
  });
}
