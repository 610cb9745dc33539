import { Command, InvalidArgumentError, Option } from 'commander';
import { jsonOption, planOptions } from '../options.ts';
import type { PredictCommandOptions } from '../run-predict.ts';

const EXAMPLES = `
Examples:
  $ stepzero predict model.onnx
  $ stepzero predict mlp:784-256x50-10:tanh --scheme 'normal(std=0.1)'
  $ stepzero predict model.onnx --as-is --json
  $ stepzero predict resnet:50 --as torch --c 0.9

Nothing is drawn and nothing is run: the laws of the weights are those of the plan of "advise" (with --as-is
mean and variance of what the file has stored, with --as those of what a framework would have drawn).
For every layer: second moment, mean, correlation c of the same unit for two inputs, second moment of the
gradient against that at the last layer, and the factor χ of the layer on it. Where a rule approximates
the row says so, and from an operator without a rule on nothing is claimed.`;

/** The options of a plan that a prediction takes too. */
const SHARED = new Set(['seed', 'scheme', 'base', 'set', 'keep', 'as', 'json']);

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value < Infinity)) {
    throw new InvalidArgumentError('must be a positive number.');
  }
  return value;
}

function correlation(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= -1 && value <= 1)) {
    throw new InvalidArgumentError('must be a number from -1 to 1.');
  }
  return value;
}

/** `stepzero predict`: signal and gradient of a network in the wide limit. */
export function predictCommand(): Command {
  const command = new Command('predict')
    .description(
      'say what initial weights do to signal and gradient, layer by layer, without running the network',
    )
    .argument('<model>', 'an ONNX file, or an architecture such as mlp:784-512x10-10:relu');
  for (const option of planOptions()) {
    if (SHARED.has(option.attributeName()) && option.long !== jsonOption().long) {
      command.addOption(option);
    }
  }
  return command
    .addOption(
      new Option('--as-is', 'the stored weights, by their mean and variance').conflicts([
        'scheme',
        'base',
        'set',
        'keep',
        'as',
      ]),
    )
    .addOption(new Option('--q <Q>', 'second moment of the inputs').argParser(positive).default(1))
    .addOption(new Option('--c <C>', 'correlation of two inputs').argParser(correlation).default(0))
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, options: PredictCommandOptions) => {
      const { runPredict } = await import('../run-predict.ts');
      await runPredict(model, options);
    });
}
