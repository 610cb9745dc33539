#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { adviseCommand } from './commands/advise.ts';
import { architecturesCommand } from './commands/architectures.ts';
import { compareCommand } from './commands/compare.ts';
import { dataCommand } from './commands/data.ts';
import { gradCommand } from './commands/grad.ts';
import { initCommand } from './commands/init.ts';
import { inspectCommand } from './commands/inspect.ts';
import { measureCommand } from './commands/measure.ts';
import { predictCommand } from './commands/predict.ts';
import { sampleCommand } from './commands/sample.ts';
import { schemesCommand } from './commands/schemes.ts';
import { theoryCommand } from './commands/theory.ts';
import { trainCommand } from './commands/train.ts';
import { transformCommand } from './commands/transform.ts';
import { FAILURE, USAGE, UsageError } from './failure.ts';
import { usageSentence } from './usage-sentence.ts';
import { VERSION } from './version.ts';

const EXAMPLES = `
Examples:
  $ stepzero init model.onnx -o start.onnx          initial weights for a network, with proof
  $ stepzero init mlp:784-512x10-10:relu            the same for a named architecture
  $ stepzero advise model.onnx                      the plan and its reasons, nothing written
  $ stepzero inspect model.onnx                     what every stored tensor is
  $ stepzero theory point --activation tanh --sigma-w2 1.5 --sigma-b2 0.05
                                                    what variances do to signals and gradients
  $ stepzero predict model.onnx                     signal and gradient in theory, nothing run
  $ stepzero measure model.onnx                     the same measured beside the theory
  $ stepzero compare model.onnx --schemes he_normal,orthogonal
                                                    which scheme to take, by measuring
  $ stepzero train mlp:784-256x2-10:relu            what is learnt from these weights, drawn digits if nothing else
  $ stepzero sample orthogonal --shape 64,64 --layout oi --out w.npy

Exit codes: 0 done, 1 bad input, 2 wrong usage.`;

async function main(): Promise<void> {
  const program = new Command('stepzero')
    .description(
      'What should the initial weights of my network be, and why? Gives any network its weights at step zero, the reason for every one, and the proof by running it.',
    )
    .version(VERSION)
    .addHelpText('after', EXAMPLES)
    .configureHelp({ showGlobalOptions: true });
  for (const command of [
    initCommand(),
    adviseCommand(),
    inspectCommand(),
    predictCommand(),
    measureCommand(),
    compareCommand(),
    gradCommand(),
    trainCommand(),
    sampleCommand(),
    theoryCommand(),
    transformCommand(),
    schemesCommand(),
    architecturesCommand(),
    dataCommand(),
  ]) {
    program.addCommand(command);
  }
  speakAsOne(program, 'stepzero');
  if (process.argv.length <= 2) {
    program.outputHelp();
    return;
  }
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : USAGE;
      return;
    }
    const { sentenceOf } = await import('./sentence.ts');
    process.stderr.write(`stepzero: ${sentenceOf(error)}\n`);
    process.exitCode = error instanceof UsageError ? USAGE : FAILURE;
  }
}

/** Lets a command and those below it say what is wrong in the same voice. */
function speakAsOne(command: Command, called: string): void {
  command
    .exitOverride()
    .showHelpAfterError(`(${called} --help shows examples)`)
    .configureOutput({ outputError: (text, write) => write(usageSentence(text)) });
  for (const below of command.commands) speakAsOne(below, `${called} ${below.name()}`);
}

process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') process.exit();
  process.stderr.write(
    `stepzero: standard output: must take what is printed, got ${message.replace(/^E\w+: |, \w+$/g, '')}\n`,
  );
  process.exit(FAILURE);
});
process.stderr.on('error', () => undefined);

await main();
