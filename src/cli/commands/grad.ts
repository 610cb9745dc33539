import { Command, Option } from 'commander';
import { collected, jsonOption } from '../options.ts';
import type { GradOptions } from '../run-grad.ts';

const EXAMPLES = `
The file has the model's inputs and, for every value that is differentiated, an input cotangent(NAME) in its
shape; its outputs are grad(NAME), the sum of cotangents times derivatives, for every float input and stored
tensor that has an influence, or for those of --wrt. With --loss there are no cotangents: half-squares
differentiates ½ Σ y² of all elements, sum differentiates Σ y. With --forward inputs are tangent(NAME), outputs
derivative(NAME).

Examples:
  $ stepzero grad model.onnx -o gradient.onnx
  $ stepzero grad model.onnx --loss half-squares --wrt fc1.weight --wrt fc1.bias
  $ stepzero grad mlp:784-512x3-10:tanh --of l3_output --wrt input --forward`;

/** `stepzero grad`: the derivative of a network as a network. */
export function gradCommand(): Command {
  return new Command('grad')
    .description(
      'write the derivative of a network as an ONNX file, which is run and differentiated like any other',
    )
    .argument('<model>', 'an ONNX file, or an architecture such as mlp:784-512x3-10:relu')
    .addOption(
      new Option(
        '-o, --out <FILE>',
        'where to write: .onnx (default: in the current folder, named after the model)',
      ),
    )
    .addOption(
      new Option(
        '--of <NAME>',
        'the value to differentiate, of any layer; may be repeated (default: the float outputs)',
      ).argParser(collected),
    )
    .addOption(
      new Option(
        '--wrt <NAME>',
        'with respect to this input, stored tensor or value; may be repeated (default: all that have an influence)',
      ).argParser(collected),
    )
    .addOption(
      new Option('--loss <LOSS>', 'differentiate a number made of the values').choices([
        'half-squares',
        'sum',
      ]),
    )
    .addOption(
      new Option('--forward', 'the derivative along tangents of what --wrt names').conflicts(
        'loss',
      ),
    )
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, options: GradOptions) => {
      const { runGrad } = await import('../run-grad.ts');
      await runGrad(model, options);
    });
}
