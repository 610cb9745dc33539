import { Command } from 'commander';
import { jsonOption } from '../options.ts';

const EXAMPLES = `
Examples:
  $ stepzero architectures
  $ stepzero architectures --json`;

/** `stepzero architectures`: the grammar of the named architectures. */
export function architecturesCommand(): Command {
  return new Command('architectures')
    .description('list the architectures that can be given in place of a file, with their grammar')
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action(async (options: { json?: boolean }) => {
      const { runArchitectures } = await import('../run-lists.ts');
      runArchitectures(options);
    });
}
