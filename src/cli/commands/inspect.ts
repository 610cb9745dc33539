import { Command } from 'commander';
import { jsonOption } from '../options.ts';

const EXAMPLES = `
Examples:
  $ stepzero inspect model.onnx
  $ stepzero inspect transformer:v1000-128x4h4-1000 --json`;

/** `stepzero inspect`: what every stored tensor of a network is. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description('say what every stored tensor of a network is: role, fans, activations around it')
    .argument('<model>', 'an ONNX file, or an architecture such as resnet:50')
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, options: { json?: boolean }) => {
      const { runInspect } = await import('../run-inspect.ts');
      await runInspect(model, options);
    });
}
