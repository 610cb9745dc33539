import { gzipSync } from 'node:zlib';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failure, folder, json } from './run-command.ts';

/** An IDX file of bytes. */
const idx = (shape: readonly number[], body: (index: number) => number): Uint8Array =>
  Uint8Array.from([
    0,
    0,
    8,
    shape.length,
    ...shape.flatMap((extent) => [0, 0, extent >>> 8, extent & 255]),
    ...Array.from({ length: shape.reduce((size, extent) => size * extent, 1) }, (_, i) => body(i)),
  ]);

const digits = join(folder, 'digits');
mkdirSync(digits);
writeFileSync(
  join(digits, 'train-images-idx3-ubyte.gz'),
  gzipSync(idx([40, 4, 6], (i) => (i * i) % 251)),
);
writeFileSync(
  join(digits, 'train-labels-idx1-ubyte'),
  idx([40], (i) => i % 10),
);

test('--input glyphs runs on drawn digits, for outputs of any number', () => {
  const { notes } = json('advise', 'mlp:49-8-2', '--input', 'glyphs') as { notes: string[] };
  expect(notes[0]).toBe('Inputs: 32 examples of glyphs, drawn from the 10000 for training.');
});

describe('--input mnist:DIR', () => {
  test('runs on images that are drawn with the seed, and says what was done to them', () => {
    const { notes, signal } = json('advise', 'mlp:24-8-2', '--input', 'mnist:digits') as {
      notes: readonly string[];
      signal: { after: readonly unknown[] };
    };
    expect(signal.after.length).toBeGreaterThan(0);
    expect(notes[0]).toBe(
      'Inputs: 32 images, drawn from the 40 training images of mnist; each channel with mean 0 and variance 1 over these.',
    );
  });

  test('takes as many as --batch says, in the shape of the network', () => {
    const spec = 'cnn:1x2x3-4-2';
    const printed = json('advise', spec, '--input', 'mnist:digits', '--batch', '5');
    const { notes } = printed as { notes: readonly string[] };
    expect(notes[0]).toBe(
      'Inputs: 5 images, drawn from the 40 training images of mnist; each channel with mean 0 and variance 1 over these, then resized from 4×6 to 2×3.',
    );
  });

  test.each([
    [
      ['mlp:20-8-2', '--input', 'mnist:digits'],
      'stepzero: input: shape must be one that images of 1×4×6 fit, such as [batch,24], [batch,1,4,6] or [batch,4,6], got [batch,20]',
    ],
    [
      ['mlp:24-8-2', '--input', 'cifar10:digits'],
      'stepzero: digits: must hold data_batch_1.bin or data_batch_1.bin.gz, got neither',
    ],
    [
      ['mlp:24-8-2', '--input', 'svhn:digits'],
      'stepzero: --input: must end in .npy or .npz, or be glyphs, mnist:DIR or cifar10:DIR, got svhn:digits',
    ],
    [
      ['rnn:v10-4-2', '--input', 'mnist:digits'],
      'stepzero: --input: a data set must be for a network with one float input, got input (int64)',
    ],
  ])('advise %j gets one sentence', (args, sentence) => {
    expect(failure('advise', ...args)).toEqual({ status: 1, sentence });
  });
});
