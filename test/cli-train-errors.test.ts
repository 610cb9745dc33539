import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { trainCommand } from '../src/cli/commands/train.ts';
import { UsageError } from '../src/cli/failure.ts';
import { sentenceOf } from '../src/cli/sentence.ts';
import { usageSentence } from '../src/cli/usage-sentence.ts';
import { builder, encodeModel, modelOf } from '../src/graph/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'stepzero-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NET = 'mlp:784-4-10';

/** What the command says of these arguments, the folder's path as `FOLDER`, with the exit code that it has. */
async function said(...args: string[]): Promise<string> {
  let text = '';
  const command = trainCommand()
    .exitOverride()
    .configureOutput({
      writeErr: (part) => {
        text += part;
      },
      outputError: (part, write) => write(usageSentence(part)),
    });
  const before = readdirSync(folder).sort();
  const given = args.map((word) => word.replace('FOLDER', folder));
  try {
    await command.parseAsync(given, { from: 'user' });
    return 'nothing';
  } catch (error) {
    expect(readdirSync(folder).sort()).toEqual(before);
    const sentence =
      text === ''
        ? `${error instanceof UsageError ? 2 : 1}: ${sentenceOf(error)}`
        : `2: ${text.replace('stepzero: ', '')}`;
    return sentence.replaceAll(folder, 'FOLDER').trim();
  }
}

describe('stepzero train says in one sentence', () => {
  test.each([
    [[], 'model: must be an ONNX file, an architecture, or --resume DIR, got nothing'],
    [
      [NET, '--optimizer', 'lion'],
      '--optimizer: must be one of sgd, momentum, nesterov, rmsprop, adam, adamw, got lion',
    ],
    [[NET, '--loss', 'l1'], '--loss: must be one of cross-entropy, mse, hinge, got l1'],
    [[NET, '--schedule', 'exp'], '--schedule: must be one of constant, step, cosine, got exp'],
    [[NET, '--device', 'tpu'], '--device: must be one of cpu, webgpu, got tpu'],
    [[NET, '--lr', '0'], '--lr: must be a positive number, got 0'],
    [[NET, '--lr', 'fast'], '--lr: must be a number, got fast'],
    [[NET, '--momentum', '1'], '--momentum: must be at least 0 and less than 1, got 1'],
    [[NET, '--weight-decay', '-1'], '--weight-decay: must be at least 0, got -1'],
    [[NET, '--clip', 'inf'], '--clip: must be a positive number, got inf'],
    [[NET, '--steps', '1.5'], '--steps: must be a positive integer, got 1.5'],
    [[NET, '--batch', '0'], '--batch: must be a positive integer, got 0'],
    [[NET, '--validation', '1'], '--validation: must be at least 0 and less than 1, got 1'],
    [
      [NET, '--measure', 'moments,ntk'],
      '--measure: must be one of moments, jacobian, got moments,ntk',
    ],
    [
      [NET, '--schedule', 'step', '--drop-at', '20,10'],
      '--drop-at: must be steps in ascending order, such as 1000,2000, got 20,10',
    ],
    [
      [NET, '--steps', '2', '--epochs', '2'],
      "option '--steps <N>' cannot be used with option '--epochs <N>'",
    ],
    [
      [NET, '--batch', '2', '--full-batch'],
      "option '--batch <N>' cannot be used with option '--full-batch'",
    ],
    [
      [NET, '--out', 'a', '--resume', 'a'],
      "option '--out <DIR>' cannot be used with option '--resume <DIR>'",
    ],
    [
      [NET, '--as-is', '--scheme', 'zero'],
      "option '--as-is' cannot be used with option '--scheme <NAME>'",
    ],
    [
      [NET, '--optimizer', 'adam', '--momentum', '0.9'],
      '--momentum: must be given with --optimizer sgd, got adam',
    ],
    [
      [NET, '--optimizer', 'rmsprop', '--nesterov'],
      '--nesterov: must be given with --optimizer sgd, got rmsprop',
    ],
    [
      [NET, '--nesterov', '--momentum', '0'],
      '--nesterov: must have a momentum greater than 0, got 0',
    ],
    [[NET, '--drop-at', '10'], '--drop-at: must be given with --schedule step, got none'],
    [[NET, '--measure-every', '10'], '--measure-every: must be given with --measure, got 10 alone'],
    [
      [NET, '--loss', 'hinge', '--label-smoothing', '0.1'],
      '--label-smoothing: must be given with --loss cross-entropy, got hinge',
    ],
    [
      [NET, '--loss', 'mse'],
      '--loss: must be cross-entropy or hinge for targets that are classes, got mse',
    ],
    [
      ['mlp:3-4-1', '--data', 'teacher', '--loss', 'hinge'],
      '--loss: must be mse for targets that are values, got hinge',
    ],
    [
      [NET, '--as-is'],
      '--as-is: must have a file whose weights are stored, got the architecture mlp:784-4-10',
    ],
    [
      [NET, '--resume', 'FOLDER/run'],
      '--resume: goes on as FOLDER/run/run.json says, so a model must be left out, got mlp:784-4-10',
    ],
    [
      ['--resume', 'FOLDER/run', '--weight-decay', '1'],
      '--resume: goes on as FOLDER/run/run.json says, so --weight-decay must be left out',
    ],
  ])('what is wrong in the usage of %j', async (args, sentence) => {
    expect((await said(...args)).split('\n')[0]).toBe(`2: ${sentence}`);
  });

  test.each([
    [
      ['mlp:20-4'],
      'data: must be given where glyphs do not fit the network, got none (input: shape must be one that images of 1×28×28 fit, such as [batch,784], [batch,1,28,28] or [batch,28,28], got [batch,20]); what fits is saxe-tree, teacher, parity',
    ],
    [
      [NET, '--data', 'glyph'],
      'data: must be glyphs, saxe-tree, teacher, spirals, parity, copy, mnist:DIR, fashion-mnist:DIR, cifar10:DIR, FILE.npz or FILE.csv, got glyph',
    ],
    [
      ['mlp:20-4-10', '--data', 'glyphs'],
      'input: shape must be one that images of 1×28×28 fit, such as [batch,784], [batch,1,28,28] or [batch,28,28], got [batch,20]',
    ],
    [
      ['mlp:784-4-2', '--data', 'glyphs'],
      'output: the shape must be [batch,10], with a score for each class of glyphs or more, got [batch,2]',
    ],
    [
      [NET, '--data', 'mnist:FOLDER/none'],
      'FOLDER/none: must be a folder of data, got no such file or folder',
    ],
    [[NET, '--output', 'logits'], 'mlp:784-4-10: output must be one of output, got logits'],
    [
      [NET, '--scheme', 'nope'],
      'scheme: name must be one that "stepzero schemes" lists, such as ones, got "nope"',
    ],
    [
      ['FOLDER/none.onnx'],
      'FOLDER/none.onnx: must be a file that can be read, got no such file or folder',
    ],
    [['--resume', 'FOLDER/none'], 'FOLDER/none: must be a folder with run.json of a run, got none'],
  ])('what is wrong in the input of %j', async (args, sentence) => {
    expect(await said(...args)).toBe(`1: ${sentence}`);
  });
});

test('a folder that holds something else is not taken for a run', async () => {
  mkdirSync(join(folder, 'other'));
  writeFileSync(join(folder, 'other', 'run.json'), '{"format": 2}');
  expect(await said('--resume', 'FOLDER/other')).toBe(
    '1: FOLDER/other/run.json: must be of a run of stepzero train, got something else',
  );
  expect(await said(NET, '--out', 'FOLDER/other')).toBe(
    '1: FOLDER/other: must be a folder without a run, got one with a run (--resume goes on with it)',
  );
});

test('a network that cannot be trained is told of, and nothing is written', async () => {
  const b = builder('rounded');
  b.input('x', 'float32', ['batch', 2]);
  const w = b.constant('w', { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
  const y = b.node('product', 'MatMul', ['x', w]);
  b.output('y', b.node('rounded', 'Round', [y]), 'float32', ['batch', 2]);
  writeFileSync(join(folder, 'rounded.onnx'), encodeModel(modelOf(b.build())));
  expect(await said('FOLDER/rounded.onnx', '--data', 'spirals:2', '--out', 'FOLDER/new')).toBe(
    '1: rounded: the loss of y must depend on a parameter, got none of 1',
  );
});
