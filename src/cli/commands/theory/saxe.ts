import { Command } from 'commander';
import type { SaxeOptions } from '../../theory/run-saxe.ts';
import { numberOption, outputOptions } from './options.ts';

const HELP = `
Each singular mode of a deep linear network that starts decoupled learns by itself: its strength u goes
from u0 to s, that of the data. --layers counts layers of neurons, the input's and the output's
included: 3 is one hidden layer, two weights. τ is one over the learning rate. The time shrinks like one over the
layers, so for inf it is that in units of τ divided by the layers.
--json: { tOverTau }.

Examples:
  $ stepzero theory saxe --layers 3 --s 1 --u0 0.001 --uf 0.999
  $ stepzero theory saxe --layers 10 --s 2 --u0 0.1 --uf 1.9 --svg learning.svg
  $ stepzero theory saxe --layers inf --s 1 --u0 0.001 --uf 0.999 --json`;

/** `stepzero theory saxe`: how long a deep linear network learns. */
export function saxeCommand(): Command {
  const command = new Command('saxe')
    .description('how long a deep linear network takes to learn one mode, exactly')
    .addOption(
      numberOption(
        'layers',
        'layers of neurons, 2 or more, or inf (required)',
      ).makeOptionMandatory(),
    )
    .addOption(numberOption('s', 'strength of the mode in the data').default(1))
    .addOption(numberOption('u0', 'its strength in the network at the start').default(0.001))
    .addOption(numberOption('uf', 'strength at which it counts as learned').default(0.999))
    .addOption(numberOption('steps', 'points of the trajectory in the picture').default(200));
  for (const option of outputOptions('the strength over time, and the steps by depth')) {
    command.addOption(option);
  }
  return command.addHelpText('after', HELP).action(async (options: SaxeOptions) => {
    const { runSaxe } = await import('../../theory/run-saxe.ts');
    await runSaxe(options);
  });
}
