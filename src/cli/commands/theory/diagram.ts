import { Command, Option } from 'commander';
import type { DiagramOptions } from '../../theory/run-diagram.ts';
import { activationOption, numberOption, outputOptions, rangeValue } from './options.ts';

const HELP = `
Give --svg, --json or both.
--json: { sigmaW2: [...], sigmaB2: [...], qStar, chi1, cStar, xiC, edge: [{ sigmaW2, sigmaB2, qStar }] }; of
qStar, chi1, cStar and xiC the entry [i][j] belongs to sigmaB2[i] and sigmaW2[j], and is null where signals
have no fixed point, or where xiC is infinite.

Examples:
  $ stepzero theory diagram --activation tanh --svg diagram.svg
  $ stepzero theory diagram --activation gelu --range 1.5:2.5,0:0.3 --grid 100 --svg diagram.svg
  $ stepzero theory diagram --activation erf --grid 50 --json`;

/** `stepzero theory diagram`: order and chaos over both variances. */
export function diagramCommand(): Command {
  const command = new Command('diagram')
    .description('order, chaos and the edge between them over σw² and σb²')
    .addOption(activationOption())
    .addOption(
      new Option(
        '--range <LOW:HIGH,LOW:HIGH>',
        'σw², then σb² (default: around the edge of the activation)',
      ).argParser(rangeValue),
    )
    .addOption(numberOption('grid', 'points along each side').default(200));
  for (const option of outputOptions('χ₁ and ξ_c in colours, and the edge of chaos')) {
    command.addOption(option);
  }
  return command.addHelpText('after', HELP).action(async (options: DiagramOptions) => {
    const { runDiagram } = await import('../../theory/run-diagram.ts');
    await runDiagram(options);
  });
}
