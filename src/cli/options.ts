import { InvalidArgumentError, Option } from 'commander';

/** Parses a seed: an integer that a double holds exactly. */
export function seedValue(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed)) {
    throw new InvalidArgumentError('must be an integer from 0 to 2^53 - 1.');
  }
  return seed;
}

/** Parses a count. */
export function countValue(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || !Number.isSafeInteger(count)) {
    throw new InvalidArgumentError('must be a positive integer.');
  }
  return count;
}

/** Collects an option that may be given several times. */
export function collected(text: string, list: string[] = []): string[] {
  return [...list, text];
}

/** `--seed`, the same for every command. */
export function seedOption(): Option {
  return new Option('--seed <N>', 'seed of all random numbers').argParser(seedValue).default(0);
}

/** `--json`, the same for every command. */
export function jsonOption(): Option {
  return new Option('--json', 'print the result as JSON');
}

/** `--as`, the same for every command that draws. */
export function asOption(): Option {
  return new Option(
    '--as <DIALECT>',
    'draw what a framework would: torch@2.13, torch@2.11, torch, jax, tf, keras-jax, keras-torch, keras-tf, tfjs',
  );
}

/** The options by which `init` and `advise` change the plan. */
export function planOptions(): Option[] {
  return [
    seedOption(),
    new Option(
      '--scheme <NAME>',
      'one scheme for every weight, e.g. orthogonal or he_normal(slope=0.2)',
    ),
    new Option(
      '--set <PATTERN=SCHEME>',
      'a scheme for the parameters that match; may be repeated',
    ).argParser(collected),
    new Option(
      '--keep <PATTERN>',
      'leave matching parameters as they are; may be repeated',
    ).argParser(collected),
    new Option(
      '--input <FILE>',
      'run on these inputs (.npy, or .npz by input name) instead of Gaussian ones',
    ).conflicts('run'),
    new Option('--batch <N>', 'examples to run where the network leaves the number open')
      .argParser(countValue)
      .conflicts('run'),
    new Option('--no-run', 'do not run the network'),
    new Option('--no-calibrate', 'leave chance deviations of deep rectifier chains as drawn'),
    jsonOption(),
    new Option('--html <FILE>', 'write the report as one HTML file'),
  ];
}
