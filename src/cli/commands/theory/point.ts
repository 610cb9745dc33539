import { Command } from 'commander';
import type { PointOptions } from '../../theory/run-point.ts';
import { activationOption, outputOptions, sigmaB2Option, sigmaW2Option } from './options.ts';

const HELP = `
--json: { qStar, cStar, chi1, chiC, chiQ, xiQ, xiC, xiGradient, phase }, phase being ordered, critical or
chaotic. A depth scale xi is in layers; it is null where it is infinite, where nothing decays or grows
by a factor per layer: xiC and xiGradient at criticality.

Examples:
  $ stepzero theory point --activation tanh --sigma-w2 1.69 --sigma-b2 0.09
  $ stepzero theory point --activation tanh --sigma-w2 6.25 --sigma-b2 0.09 --svg maps.svg
  $ stepzero theory point --activation relu --sigma-w2 2 --json`;

/** `stepzero theory point`: fixed points, slopes and depth scales of given variances. */
export function pointCommand(): Command {
  const command = new Command('point')
    .description('what given variances do: fixed points, depth scales, order or chaos')
    .addOption(activationOption())
    .addOption(sigmaW2Option(' (required)').makeOptionMandatory())
    .addOption(sigmaB2Option().default(0));
  for (const option of outputOptions('the variance map and the correlation map')) {
    command.addOption(option);
  }
  return command.addHelpText('after', HELP).action(async (options: PointOptions) => {
    const { runPoint } = await import('../../theory/run-point.ts');
    await runPoint(options);
  });
}
