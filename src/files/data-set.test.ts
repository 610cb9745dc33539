import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { pixelStatistics } from '../data/index.ts';
import { isDataSet, readDataSet } from './index.ts';

const DATA = resolve(import.meta.dirname, '../../../shared/data');
const isThere = existsSync(DATA);
if (!isThere) console.log(`skipped: ${DATA} is not there`);

const folder = mkdtempSync(join(tmpdir(), 'stepzero-data-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a data set is named by what it is and its folder', () => {
  expect(['mnist:a', 'cifar10:a/b', 'mnist', 'imagenet:a', 'x.npy'].map(isDataSet)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('what is no data set gets one sentence', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  expect(() => readDataSet('imagenet:x')).toThrow(
    'data set: must be mnist:DIR, fashion-mnist:DIR or cifar10:DIR, got imagenet:x',
  );
  expect(() => readDataSet('mnist:')).toThrow(
    'data set: must be mnist:DIR, fashion-mnist:DIR or cifar10:DIR, got mnist:',
  );
  expect(() => readDataSet(`mnist:${folder}/none`)).toThrow(
    `${folder}/none: must be a folder of data, got no such file or folder`,
  );
  expect(() => readDataSet(`mnist:${file}`)).toThrow(
    `${file}: must be a folder of data, got a file where a folder is needed`,
  );
  expect(() => readDataSet(`mnist:${empty}`)).toThrow(
    `${empty}: must hold train-images-idx3-ubyte or train-images-idx3-ubyte.gz, got neither`,
  );
  expect(() => readDataSet(`cifar10:${empty}`, 'test')).toThrow(
    `${empty}: must hold test_batch.bin or test_batch.bin.gz, got neither`,
  );
  expect(() => readDataSet(`cifar10:${empty}`)).toThrow(
    `${empty}: must hold data_batch_1.bin or data_batch_1.bin.gz, got neither`,
  );
});

describe.skipIf(!isThere)('published files', () => {
  test('MNIST has 60000 and 10000 digits of known mean and deviation', () => {
    const train = readDataSet(`mnist:${join(DATA, 'mnist')}`);
    expect(train.images.shape).toEqual([60000, 1, 28, 28]);
    // PyTorch's MNIST example normalises with 0.1307 and 0.3081 of 255.
    const { mean, std } = pixelStatistics(train);
    expect(mean[0] / 255).toBeCloseTo(0.1307, 4);
    expect(std[0] / 255).toBeCloseTo(0.3081, 4);
    // The first five labels, as the file's own description shows them: 5 0 4 1 9.
    expect([...train.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    const test10k = readDataSet(`mnist:${join(DATA, 'mnist')}`, 'test');
    expect(test10k.images.shape).toEqual([10000, 1, 28, 28]);
    expect(test10k.split).toBe('test');
  });

  test('CIFAR-10 has colour images of every class and known mean and deviation', () => {
    const set = readDataSet(`cifar10:${join(DATA, 'cifar10')}`, 'test');
    const [count, ...shape] = set.images.shape;
    expect(shape).toEqual([3, 32, 32]);
    expect(new Set(set.labels).size).toBe(10);
    // Those of the 50000 training images, as most programs write them. Means of one image deviate by
    // 0.25 at most, so that the mean of `count` of them is known to 0.25 / √count; 4 of these are accepted.
    const { mean, std } = pixelStatistics(set);
    const tolerance = 1 / Math.sqrt(count);
    const known = [
      [0.4914, 0.247],
      [0.4822, 0.2435],
      [0.4465, 0.2616],
    ] as const;
    known.forEach(([m, s], channel) => {
      expect(Math.abs(mean[channel] / 255 - m)).toBeLessThan(tolerance);
      expect(Math.abs(std[channel] / 255 - s)).toBeLessThan(tolerance);
    });
  });
});
