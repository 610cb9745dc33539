import { Command, Option } from 'commander';
import type { Framework } from '../../emit/index.ts';
import { AS_HELP, planOptions } from '../options.ts';
import type { InitOptions } from '../run-init.ts';

const EXAMPLES = `
Examples:
  $ stepzero advise model.onnx
  $ stepzero advise resnet:50 --no-run --json
  $ stepzero advise model.onnx --scheme 'he_normal(slope=0.2)'
  $ stepzero advise model.onnx --emit torch > init_model.py
  $ stepzero advise model.onnx --as torch --no-run

${AS_HELP}`;

const FRAMEWORKS: Readonly<Record<Framework, true>> = {
  torch: true,
  jax: true,
  flax: true,
  keras: true,
};

/** `stepzero advise`: the same as `init` without writing weights. */
export function adviseCommand(): Command {
  const command = new Command('advise')
    .description(
      'say what the initial weights should be and why, and prove it, without writing them',
    )
    .argument('<model>', 'an ONNX file, or an architecture such as mlp:784-512x10-10:relu');
  for (const option of planOptions()) command.addOption(option);
  command.addOption(
    new Option(
      '--emit <FRAMEWORK>',
      'print a Python program that draws the planned weights in a framework, and nothing else',
    )
      .choices(Object.keys(FRAMEWORKS))
      .conflicts('as'),
  );
  return command
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, options: InitOptions) => {
      const { runInit } = await import('../run-init.ts');
      await runInit(model, options, false);
    });
}
