import { Command, Option } from 'commander';
import type { ShapeOptions } from '../../theory/run-shape.ts';
import { activationOption, numberOption, outputOptions } from './options.ts';

const HELP = `
The shaped activation is φ̂(x) = γ (φ(αx + β) + δ), used in place of φ with weights of variance 1/fan_in. dks sets
the slope of the network's correlation map at 1 to --zeta; tat sets its curvature there to --tau, or
for relu and leaky_relu its value at 0 to --eta, by the negative slope alone.
The network is --model, an ONNX file or an architecture, or a plain one of --depth layers.
--json: { version, activation, method, inputScale, inputShift, outputShift, outputScale, negativeSlope, target, reached,
local, steepest, notes }: α, β, δ, γ, the slope (null where the activation has none), what was asked for
and what is reached, the correlation map of one layer, the steepest slope of φ̂.

Examples:
  $ stepzero theory shape --activation tanh --method dks --depth 50
  $ stepzero theory shape --activation leaky_relu --method tat --model resnet:50
  $ stepzero theory shape --activation softplus --method tat --depth 50 --tau 0.2 --svg shape.svg`;

/** `stepzero theory shape`: an activation changed so that a deep network can be trained. */
export function shapeCommand(): Command {
  const command = new Command('shape')
    .description('change the activation instead of the weights, so that a deep network trains')
    .addOption(activationOption())
    .addOption(
      new Option('--method <METHOD>', 'dks or tat (required)')
        .choices(['dks', 'tat'])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--model <MODEL>', 'an ONNX file, or an architecture such as resnet:50').conflicts(
        'depth',
      ),
    )
    .addOption(numberOption('depth', 'layers of a plain network'))
    .addOption(numberOption('zeta', 'greatest slope of the correlation map, of dks (default: 1.5)'))
    .addOption(numberOption('tau', 'curvature of the correlation map at 1, of tat (default: 0.3)'))
    .addOption(
      numberOption('eta', 'correlation that 0 becomes, of tat for leaky_relu (default: 0.9)'),
    )
    .addOption(
      numberOption(
        'shortcut-weight',
        'w of w x + √(1 - w²) f(x) at each residual sum of the model, from 0 to 1 (default: √½)',
      ),
    );
  for (const option of outputOptions('both activations and the correlation maps')) {
    command.addOption(option);
  }
  return command.addHelpText('after', HELP).action(async (options: ShapeOptions) => {
    const { runShape } = await import('../../theory/run-shape.ts');
    await runShape(options);
  });
}
