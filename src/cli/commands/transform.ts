import { Argument, Command, Option } from 'commander';
import { jsonOption } from '../options.ts';
import type { TransformOptions } from '../run-transform.ts';

const EXAMPLES = `
Examples:
  $ stepzero transform crelu model.onnx -o concatenated.onnx
  $ stepzero transform crelu mlp:784-512x10-10:relu
  $ stepzero init concatenated.onnx --scheme looks_linear -o start.onnx`;

/** `stepzero transform`: another network that computes the same. */
export function transformCommand(): Command {
  return new Command('transform')
    .description(
      'change what a network is made of, but not what it computes; crelu: concatenate x₊ and (-x)₊ where there is a ReLU, and give the layers behind it twice the inputs',
    )
    .addArgument(new Argument('<transform>', 'what to do').choices(['crelu']))
    .argument('<model>', 'an ONNX file, or an architecture such as mlp:784-512x10-10:relu')
    .addOption(
      new Option(
        '-o, --out <FILE>',
        'where to write: .onnx (default: in the current folder, named after the model)',
      ),
    )
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action(async (transform: string, model: string, options: TransformOptions) => {
      const { runTransform } = await import('../run-transform.ts');
      await runTransform(transform, model, options);
    });
}
