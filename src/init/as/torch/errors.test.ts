import { expect, test } from 'vitest';
import type { Options } from '../../initializer.ts';
import { dialectFunction, dialectOptions } from '../choose.ts';
import { dialect } from '../dialects.ts';

function problem(name: string, shape: readonly number[], options: Options = {}): string {
  const found = dialectFunction(dialect('torch'), name);
  try {
    found.record.draw(0, shape, dialectOptions(found, options));
  } catch (error) {
    if (error instanceof RangeError) return error.message;
  }
  return 'none';
}

test('what PyTorch raises for, or would never end, is a RangeError of one sentence', () => {
  expect([
    problem('he_normal', [5]),
    problem('he_uniform', [5, 2], { negative_slope: Infinity }),
    problem('glorot_normal', []),
    problem('glorot_uniform', [0, 0]),
    problem('glorot_uniform', [3, 3], { gain: -1 }),
    problem('sparse', [2, 3, 4]),
    problem('sparse', [2, 3], { sparsity: 1.5 }),
    problem('orthogonal', [5]),
    problem('orthogonal', [5, 5], { gain: Infinity }),
    problem('identity', [2, 2, 2]),
    problem('dirac', [2, 2]),
    problem('constant', [2], { value: 1e39 }),
    problem('normal', [2, 2], { std: -1 }),
    problem('normal', [2, 2], { mean: Infinity }),
    problem('uniform', [2, 2], { low: 3 }),
    problem('uniform', [2, 2], { low: -Infinity }),
    problem('uniform', [2, 2], { low: -3e38, high: 3e38 }),
    problem('truncated_normal', [2], { a: 2 }),
    problem('truncated_normal', [2], { std: 0 }),
    problem('truncated_normal', [2], { mean: Infinity }),
    problem('truncated_normal', [2], { a: 5, b: 1e9 }),
  ]).toMatchInlineSnapshot(`
    [
      "torch.nn.init.kaiming_normal_: shape must have at least 2 dimensions, got [5]",
      "torch.nn.init.kaiming_uniform_: negative_slope must be finite, got Infinity",
      "torch.nn.init.xavier_normal_: shape must have at least 2 dimensions, got []",
      "torch.nn.init.xavier_uniform_: fan_in + fan_out must be positive, got shape [0, 0]",
      "torch.nn.init.xavier_uniform_: gain must be finite and >= 0, got -1",
      "torch.nn.init.sparse_: shape must have 2 dimensions, got [2, 3, 4]",
      "torch.nn.init.sparse_: sparsity must be from 0 to 1, got 1.5",
      "torch.nn.init.orthogonal_: shape must have at least 2 dimensions, got [5]",
      "torch.nn.init.orthogonal_: gain must be finite, got Infinity",
      "torch.nn.init.eye_: shape must have 2 dimensions, got [2, 2, 2]",
      "torch.nn.init.dirac_: shape must have 3 to 5 dimensions, got [2, 2]",
      "torch.nn.init.constant_: value must be a number that float32 holds, got 1e+39",
      "torch.nn.init.normal_: std must be >= 0, got -1",
      "torch.nn.init.normal_: mean must be a number that float32 holds, got Infinity",
      "torch.nn.init.uniform_: low must be <= high, got 3 and 1",
      "torch.nn.init.uniform_: low must be a number that float32 holds, got -Infinity",
      "torch.nn.init.uniform_: high - low must be a number that float32 holds, got 6e+38",
      "torch.nn.init.trunc_normal_: a must be < b, got 2 and 2",
      "torch.nn.init.trunc_normal_: std must be finite and > 0, got 0",
      "torch.nn.init.trunc_normal_: mean must be finite, got Infinity",
      "torch.nn.init.trunc_normal_: a and b must be where N(0, 1²) has values, got 5 and 1000000000, of which 20000 rounds found too few",
    ]
  `);
});

test('an empty tensor is a no-op for kaiming and orthogonal functions of any rank that they take', () => {
  for (const shape of [[0], [0, 4], [4, 0, 3]]) expect(problem('he_normal', shape)).toBe('none');
  for (const shape of [
    [0, 4],
    [4, 0, 3],
  ])
    expect(problem('orthogonal', shape)).toBe('none');
});

test('an option or a word that a function does not have is named with those that it has', () => {
  expect([
    problem('he_normal', [2, 2], { slope: 1 }),
    problem('he_normal', [2, 2], { mode: 'fan_avg' }),
    problem('zeros', [2], { value: 1 }),
    problem('normal', [2], { std: NaN }),
  ]).toMatchInlineSnapshot(`
    [
      "he_normal: options must be among negative_slope, mode, nonlinearity, got "slope"",
      "he_normal: mode must be one of fan_in, fan_out, got fan_avg",
      "zeros: options must be none, got "value"",
      "normal: std must be a number, got NaN",
    ]
  `);
  expect(() => problem('lecun_normal', [2, 2])).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: torch@2.13: the scheme must be one that it has, zeros, ones, constant, uniform, normal, truncated_normal, glorot_normal, glorot_uniform, he_normal, he_uniform, orthogonal, sparse, identity, dirac, got "lecun_normal"]`,
  );
  const found = dialectFunction(dialect('torch'), 'normal');
  expect(() => dialectOptions(found, { std: 'one' })).toThrowErrorMatchingInlineSnapshot(
    `[TypeError: normal: std must be a number, got "one"]`,
  );
});
