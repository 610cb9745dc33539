import { Command } from 'commander';
import { jsonOption } from '../options.ts';

const EXAMPLES = `
Examples:
  $ stepzero schemes
  $ stepzero schemes --json`;

/** `stepzero schemes`: every initializer with formula, use and reference. */
export function schemesCommand(): Command {
  return new Command('schemes')
    .description('list every initializer with its formula, options, use and reference')
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action(async (options: { json?: boolean }) => {
      const { runSchemes } = await import('../run-lists.ts');
      runSchemes(options);
    });
}
