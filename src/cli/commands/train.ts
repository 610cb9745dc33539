import { Command, InvalidArgumentError, Option } from 'commander';
import { countValue, jsonOption, numberValue, planOptions } from '../options.ts';
import { lossNames, measureNames, optimizerNames, scheduleNames } from '../training-names.ts';
import type { TrainOptions } from '../training-recipe.ts';

const EXAMPLES = `
Examples:
  $ stepzero train mlp:784-256x2-10:relu
  $ stepzero train cnn:1x28x28-16s2-32s2-10 --optimizer sgd --lr 0.05 --momentum 0.9 --epochs 3 --out run
  $ stepzero train resnet:20 --data cifar10:./cifar-10 --augment --schedule cosine --steps 20000 --out r20
  $ stepzero train --resume r20
  $ stepzero train mlp:784-100x50-10:tanh --scheme glorot_normal --seed 3 --json
  $ stepzero train model.onnx --as-is --data examples.npz --loss mse --target y

Trains a network from the weights that the plan of "advise" draws with the seed, not calibrated: those of "init" with
--no-calibrate. With --out, DIR holds run.json (what was run), metrics.jsonl (every step), the last checkpoint,
model.onnx, curve.svg and result.json. A run that was interrupted, by a signal or without warning, goes on with --resume and ends
in the same bits. A loss that is not finite is a result, "diverged", with exit code 0. docs/training.md says more.`;

/** The options of a plan that training takes too. */
const SHARED = new Set(['seed', 'scheme', 'base', 'set', 'keep', 'as']);

/** A parser of numbers for which `holds`, which `must` says in words. */
function within(must: string, holds: (value: number) => boolean): (text: string) => number {
  return (text) => {
    const value = numberValue(text);
    if (!holds(value)) throw new InvalidArgumentError(`${must}.`);
    return value;
  };
}

const positive = within('must be a positive number', (value) => value > 0 && value < Infinity);
const share = within('must be at least 0 and less than 1', (value) => value >= 0 && value < 1);
const notNegative = within('must be at least 0', (value) => value >= 0 && value < Infinity);

function steps(text: string): number[] {
  const marks = text.split(',').map(countValue);
  if (marks.some((mark, index) => index > 0 && mark <= marks[index - 1])) {
    throw new InvalidArgumentError('must be steps in ascending order, such as 1000,2000.');
  }
  return marks;
}

function measurements(text: string, list: readonly string[] = []): readonly string[] {
  const all = [...list, ...text.split(',')];
  const names: readonly string[] = measureNames;
  if (all.some((name) => !names.includes(name))) {
    throw new InvalidArgumentError(`must be one of ${names.join(', ')}.`);
  }
  return [...new Set(all)];
}

function trainingOptions(): Option[] {
  return [
    new Option(
      '--data <DATA>',
      'what to learn: glyphs (drawn digits), mnist:DIR, cifar10:DIR, a file .npz or .csv, or another of "data list" (default: glyphs; copy for tokens)',
    ),
    new Option('--target <NAME>', 'the array or column of targets in a file'),
    new Option(
      '--validation <SHARE>',
      'share of the training examples that is held back',
    ).argParser(share),
    new Option('--augment', 'move training images (and turn over those of CIFAR-10) at random'),
    new Option('--output <NAME>', 'the output that the loss is of (default: the first)'),
    new Option('--loss <NAME>', 'the loss (default: by the targets)').choices(lossNames),
    new Option('--label-smoothing <E>', 'share of the target that all classes divide').argParser(
      share,
    ),
    new Option('--optimizer <NAME>', 'the optimizer (default: adam)').choices(optimizerNames),
    new Option(
      '--lr <ETA>',
      'learning rate (default: 0.003 or 0.001 by the network; of sgd 0.1 × (1 - momentum))',
    ).argParser(positive),
    new Option('--momentum <MU>', 'how much of the velocity sgd keeps').argParser(share),
    new Option('--nesterov', "Nesterov's momentum"),
    new Option('--weight-decay <LAMBDA>', 'weight decay').argParser(notNegative),
    new Option('--clip <NORM>', 'most that the global norm of the gradients may be').argParser(
      positive,
    ),
    new Option(
      '--schedule <NAME>',
      'learning rate over the steps (default: cosine, constant with --lr and for few steps of plain deep networks)',
    ).choices(scheduleNames),
    new Option(
      '--drop-at <STEPS>',
      'steps at which the schedule "step" divides by ten (default: half and three quarters)',
    ).argParser(steps),
    new Option('--warm-up <N>', 'steps in which the learning rate grows from nearly 0').argParser(
      countValue,
    ),
    new Option('--batch <N>', 'examples of a step (default: 64, of costly networks 32)')
      .argParser(countValue)
      .conflicts('fullBatch'),
    new Option('--full-batch', 'all training examples at every step'),
    new Option('--steps <N>', 'steps to take (default: up to 1500, by the cost of the network)')
      .argParser(countValue)
      .conflicts('epochs'),
    new Option('--epochs <N>', 'passes over the training examples').argParser(countValue),
    new Option('--eval-every <K>', 'steps between evaluations (default: a tenth of all)').argParser(
      countValue,
    ),
    new Option(
      '--measure <WHAT>',
      'measure moments of every layer, or the largest singular value of the jacobian',
    ).argParser(measurements),
    new Option(
      '--measure-every <K>',
      'steps between measurements (default: a tenth of all)',
    ).argParser(countValue),
    new Option(
      '--checkpoint-every <K>',
      'keep the activations of every K-th of equal layers, compute the others again',
    ).argParser(countValue),
    new Option('--checkpoint-seconds <S>', 'seconds between checkpoints of the run')
      .argParser(positive)
      .default(30),
    new Option('--device <NAME>', 'where steps are computed')
      .choices(['cpu', 'webgpu'])
      .default('cpu'),
    new Option('--threads <N>', 'threads of a step (default: all cores)').argParser(countValue),
    new Option('--out <DIR>', 'keep the run in this folder').conflicts('resume'),
    new Option('--resume <DIR>', 'go on with the run in this folder'),
    jsonOption(),
  ];
}

/** `stepzero train`: what a network learns from its weights at step zero. */
export function trainCommand(): Command {
  const command = new Command('train')
    .description('train a network from its weights at step zero, and say what came of it')
    .argument('[model]', 'an ONNX file, or an architecture such as mlp:784-512x10-10:relu');
  for (const option of planOptions()) {
    if (SHARED.has(option.attributeName())) command.addOption(option);
  }
  command.addOption(
    new Option('--as-is', 'train on from the stored weights').conflicts([
      'scheme',
      'base',
      'set',
      'keep',
      'as',
    ]),
  );
  for (const option of trainingOptions()) command.addOption(option);
  return command
    .addHelpText('after', EXAMPLES)
    .action(async (model: string | undefined, options: TrainOptions) => {
      const { runTrain } = await import('../run-train.ts');
      const given = Object.keys(options).filter(
        (name) => command.getOptionValueSource(name) === 'cli',
      );
      await runTrain(model, options, new Set(given));
    });
}
