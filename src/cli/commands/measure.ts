import { Command, InvalidArgumentError, Option } from 'commander';
import { countValue, jsonOption, planOptions } from '../options.ts';
import type { MeasureOptions } from '../run-measure.ts';

const EXAMPLES = `
Examples:
  $ stepzero measure model.onnx
  $ stepzero measure model.onnx --as-is --input batch.npy
  $ stepzero measure mlp:784-256x50-10:tanh --scheme 'normal(std=0.08)' --draws 10 --html report.html
  $ stepzero measure mlp:400-400x30-400:tanh --scheme 'orthogonal(gain=1.1)' --jacobian
  $ stepzero measure resnet:18 --input cifar10:./cifar-10 --gradients --learning-rate 0.1

Runs the network and says what its weights do: for every layer second moment, correlation of two examples,
share of dead and of saturated units, and the second moment of the gradient, beside what the theory predicts for
these inputs, with a verdict on every line and its tolerance from width, examples and draws. Weights are
those of the plan of "advise" (with --as-is those stored, with --as what a framework draws), not calibrated;
--draws takes as many, one for each seed from --seed on. docs/report.md explains the numbers.`;

/** The options of a plan that a measurement takes too. */
const SHARED = new Set(['seed', 'scheme', 'base', 'set', 'keep', 'as']);

function correlation(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError('must be a number from 0 to 1.');
  }
  return value;
}

function rate(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value < Infinity)) {
    throw new InvalidArgumentError('must be a positive number.');
  }
  return value;
}

/** What is measured and on what: the options that `measure` and `compare` share. */
export function measuringOptions(): Option[] {
  return [
    new Option(
      '--input <DATA>',
      'run on a file (.npy, or .npz by input name), glyphs, mnist:DIR or cifar10:DIR instead of Gaussian inputs',
    ),
    new Option('--samples <N>', 'examples to run, of a file the first').argParser(countValue),
    new Option('--draws <N>', 'draws of the weights, a seed each').argParser(countValue).default(1),
    new Option('--c <C>', 'correlation of two Gaussian inputs, 0 if not given')
      .argParser(correlation)
      .conflicts('input'),
    new Option('--gradients', 'gradients of layers and parameters, however large the network'),
    new Option('--jacobian', 'singular values of the Jacobian'),
    new Option('--shattering', 'how gradients of neighbouring inputs resemble each other'),
    new Option('--ntk', 'the empirical tangent kernel of the examples'),
    new Option('--rank', 'effective rank of every layer'),
    new Option(
      '--from <NAME>',
      'the value that a Jacobian or gradient is with respect to (default: the input)',
    ),
    new Option('--to <NAME>', 'the value that a Jacobian or gradient is of (default: the output)'),
    new Option('--learning-rate <ETA>', 'compare a step of this size with the weights').argParser(
      rate,
    ),
    jsonOption(),
    new Option('--html <FILE>', 'write the report as one HTML file with charts'),
  ];
}

/** `stepzero measure`: what the weights of a network really do. */
export function measureCommand(): Command {
  const command = new Command('measure')
    .description(
      'run a network and say what its weights do to signal and gradient, beside the theory',
    )
    .argument('<model>', 'an ONNX file, or an architecture such as mlp:784-512x10-10:relu');
  for (const option of planOptions()) {
    if (SHARED.has(option.attributeName())) command.addOption(option);
  }
  command.addOption(
    new Option('--as-is', 'the stored weights').conflicts(['scheme', 'base', 'set', 'keep', 'as']),
  );
  for (const option of measuringOptions()) command.addOption(option);
  return command
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, options: MeasureOptions) => {
      const { runMeasure } = await import('../run-measure.ts');
      await runMeasure(model, options);
    });
}
