import { Command } from 'commander';
import { jsonOption } from '../options.ts';
import type { FetchDataOptions } from '../run-data-fetch.ts';

const HELP = `
What a network can learn is made from a seed (glyphs, copy, …), published (mnist, cifar10, …), or a file of your own
(.npz, .csv); "data list" says what each is and how to ask for it.

Examples:
  $ stepzero data list
  $ stepzero data fetch mnist
  $ stepzero data fetch cifar10 -o ./cifar-10
  $ stepzero data fetch mnist --from https://storage.googleapis.com/cvdf-datasets/mnist/`;

const FETCH_HELP = `
What has come is kept in FILE.part until all of it is there with the published checksum, so that an interrupted
fetch goes on from there when it is run again. Files that are there are not fetched again.

Examples:
  $ stepzero data fetch mnist
  $ stepzero data fetch fashion-mnist -o ./fashion
  $ stepzero data fetch cifar10 --from https://www.cs.toronto.edu/~kriz/`;

const LIST_HELP = `
Examples:
  $ stepzero data list
  $ stepzero data list --json`;

function listCommand(): Command {
  return new Command('list')
    .description('list what a network can learn, and how it is asked for')
    .addOption(jsonOption())
    .addHelpText('after', LIST_HELP)
    .action(async (options: { json?: boolean }) => {
      const { runDataList } = await import('../run-data-list.ts');
      runDataList(options);
    });
}

function fetchCommand(): Command {
  return new Command('fetch')
    .description('fetch a published data set: mnist, fashion-mnist or cifar10')
    .argument('<name>', 'mnist, fashion-mnist or cifar10')
    .option('--from <URL>', 'a mirror: the address of the folder with the files, or of the archive')
    .option('-o, --out <DIR>', 'folder for the files (default: data/NAME)')
    .addOption(jsonOption())
    .addHelpText('after', FETCH_HELP)
    .action(async (name: string, options: FetchDataOptions) => {
      const { runDataFetch } = await import('../run-data-fetch.ts');
      await runDataFetch(name, options);
    });
}

/** `stepzero data`: what networks can learn, and fetching it. */
export function dataCommand(): Command {
  return new Command('data')
    .description('list what a network can learn, and fetch published data sets')
    .addHelpText('after', HELP)
    .addCommand(listCommand())
    .addCommand(fetchCommand());
}
