import { Command, Option } from 'commander';
import { AS_HELP, planOptions } from '../options.ts';
import type { InitOptions } from '../run-init.ts';

const EXAMPLES = `
Examples:
  $ stepzero init model.onnx -o start.onnx
  $ stepzero init mlp:784-512x10-10:relu --seed 7 --html report.html
  $ stepzero init model.onnx -o start.safetensors --set 'head.*=normal(std=0.01)' --keep 'embed*'
  $ stepzero init model.onnx --input batch.npy --json
  $ stepzero init model.onnx --as torch --seed 0

${AS_HELP}`;

/** `stepzero init`: plan, weights, proof. */
export function initCommand(): Command {
  const command = new Command('init')
    .description(
      'give a network its initial weights, with the reason for every one and the proof by running it',
    )
    .argument('<model>', 'an ONNX file, or an architecture such as mlp:784-512x10-10:relu')
    .addOption(
      new Option(
        '-o, --out <FILE>',
        'where to write: .onnx, .safetensors or .npz (default: in the current folder, named after the model)',
      ),
    )
    .addOption(new Option('--in-place', 'overwrite the model itself').conflicts('out'));
  for (const option of planOptions()) command.addOption(option);
  return command
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, options: InitOptions) => {
      const { runInit } = await import('../run-init.ts');
      await runInit(model, options, true);
    });
}
