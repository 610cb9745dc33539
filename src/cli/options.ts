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

/** Parses a number, `inf` and `-inf` included: whether it may be infinite is for its user to say. */
export function numberValue(text: string): number {
  const number = Number(text.replace(/^([+-]?)inf(inity)?$/i, '$1Infinity'));
  if (text.trim() === '' || Number.isNaN(number)) {
    throw new InvalidArgumentError('must be a number.');
  }
  return number;
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

/** What `--as` means to `init` and `advise`. */
export const AS_HELP = `With --as, the network gets what the framework would have drawn: with torch, what torch.manual_seed(N) and
building its modules gives, one after another in the order of construction (that of the parameters in the
file). --set then calls functions of torch.nn.init on what matches, in that order, after the modules were
built; --scheme F calls F on every weight instead of building, and leaves the rest to StepZero's rules.
Schemes and options are those of "sample --as". What is kept is drawn and dropped. Nothing is calibrated.
Modules that initialise themselves anew in their own code (torchvision's ResNet, timm) get the defaults of
their parts. docs/dialects.md says what is equal to the last bit.`;

/** `--input` of the commands that run a network. */
export function inputOption(): Option {
  return new Option(
    '--input <FILE|glyphs|mnist:DIR|cifar10:DIR>',
    'run on these inputs instead of Gaussian ones: .npy, .npz by input name, or images drawn from a data set in a folder',
  );
}

/** The options by which `init` and `advise` change the plan. */
export function planOptions(): Option[] {
  return [
    seedOption(),
    new Option(
      '--scheme <NAME>',
      'one scheme for every weight, e.g. orthogonal or he_normal(slope=0.2), or one for the whole network, e.g. fixup',
    ),
    new Option(
      '--base <MODEL>',
      'the network with whose widths a scheme such as mup compares those of this one',
    ).conflicts('as'),
    new Option(
      '--set <PATTERN=SCHEME>',
      'a scheme for the parameters that match; may be repeated',
    ).argParser(collected),
    new Option(
      '--keep <PATTERN>',
      'leave matching parameters as they are; may be repeated',
    ).argParser(collected),
    asOption(),
    inputOption().conflicts('run'),
    new Option('--batch <N>', 'examples to run where the network leaves the number open')
      .argParser(countValue)
      .conflicts('run'),
    new Option('--no-run', 'do not run the network'),
    new Option('--no-calibrate', 'leave chance deviations of deep rectifier chains as drawn'),
    jsonOption(),
    new Option('--html <FILE>', 'write the report as one HTML file'),
  ];
}
