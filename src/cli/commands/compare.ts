import { Command, Option } from 'commander';
import { planOptions } from '../options.ts';
import type { CompareOptions } from '../run-compare.ts';
import { measuringOptions } from './measure.ts';

const EXAMPLES = `
Examples:
  $ stepzero compare model.onnx --schemes he_normal,glorot_uniform,orthogonal
  $ stepzero compare mlp:784-256x50-10:tanh --schemes 'advised,lecun_normal,orthogonal(gain=1.1)' --draws 5
  $ stepzero compare model.onnx --schemes advised,stored,as:torch --html compared.html
  $ stepzero compare mlp:64-128x30-10:relu --schemes 'he_normal,looks_linear' --jacobian

Measures the network with one scheme after the other on the same inputs and seeds, says of each what "measure"
says, and which to take: the one that keeps signal, gradients and the distance of two examples best from the
first to the last hidden layer. A scheme is a name from "schemes", with its options in parentheses; advised is the
plan of "advise", stored what the file holds, as:torch what a framework draws (see "init --as").`;

/** The options of a plan that a comparison takes too. */
const SHARED = new Set(['seed', 'base', 'set', 'keep']);

/** `stepzero compare`: schemes side by side, measured. */
export function compareCommand(): Command {
  const command = new Command('compare')
    .description('measure a network with several schemes side by side, and say which to take')
    .argument('<model>', 'an ONNX file, or an architecture such as mlp:784-512x10-10:relu')
    .addOption(
      new Option(
        '--schemes <LIST>',
        "schemes separated by commas, such as 'advised,he_normal(mode=fan_out),stored'",
      ).makeOptionMandatory(),
    );
  for (const option of planOptions()) {
    if (SHARED.has(option.attributeName())) command.addOption(option);
  }
  for (const option of measuringOptions()) command.addOption(option);
  return command
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, options: CompareOptions) => {
      const { runCompare } = await import('../run-compare.ts');
      await runCompare(model, options);
    });
}
