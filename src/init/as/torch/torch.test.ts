import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildArchitecture, describeNetwork } from '../../../network/index.ts';
import type { Tensor } from '../../../tensor/index.ts';
import type { Options } from '../../initializer.ts';
import { dialectFunction, dialectOptions } from '../choose.ts';
import { dialect } from '../dialects.ts';
import { torch211, torch213, torchFunctions213 } from './dialect.ts';
import { drawnBy } from './function.ts';
import { torchGenerator } from './mersenne.ts';

interface Case {
  scheme: string;
  options: Record<string, number | string>;
  shape: number[];
  seed: number;
}

// Made by test/golden/pytorch.py with PyTorch 2.13.0+cpu on an x86-64 processor with AVX-512; `copied` are
// the PyTorch cases of the reference draws.
const golden = JSON.parse(
  readFileSync(new URL('../../../../test/golden/pytorch.json', import.meta.url), 'utf8'),
) as {
  tensors: (Case & { sha256: string })[];
  streams: { seed: number; calls: [string, Options, number[]][]; sha256: string[] }[];
  close: (Case & { dialect: string; tolerance: number; values: number[] })[];
  architectures: { seed: number; networks: Record<string, Record<string, string>> };
  copied: { call: string; shape: number[]; sha256: string | null; first: number[] }[];
};

const sha = ({ data }: Pick<Tensor, 'data'>): string =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

const draw = (name: string, { scheme, options, shape, seed }: Case): Tensor<'float32'> => {
  const found = dialectFunction(dialect(name), scheme);
  return found.record.draw(seed, shape, dialectOptions(found, options));
};

const schemes = [...new Set(golden.tensors.map(({ scheme }) => scheme))];

test.each(schemes)('%s is equal to PyTorch 2.13 to the last bit, in every golden case', (name) => {
  const cases = golden.tensors.filter(({ scheme }) => scheme === name);
  const wrong = cases.filter((one) => sha(draw('torch@2.13', one)) !== one.sha256);
  expect(wrong).toEqual([]);
  expect(cases.length).toBeGreaterThan(3);
});

test('normal numbers below 16 come in pairs whose second waits through other calls', () => {
  for (const { seed, calls, sha256 } of golden.streams) {
    const generator = torchGenerator(seed);
    const drawn = calls.map(([scheme, given, shape]) => {
      const record = torchFunctions213[scheme];
      return sha(drawnBy(record, generator, shape, { ...record.options, ...given }));
    });
    expect(drawn).toEqual(sha256);
  }
});

test('orthogonal matrices and the truncated normal of 2.11 are as near as is promised', () => {
  for (const one of golden.close) {
    const { data } = draw(one.dialect, one);
    expect(data.length).toBe(one.values.length);
    const furthest = one.values.reduce(
      (most, value, index) => Math.max(most, Math.abs(value - data[index])),
      0,
    );
    expect(furthest).toBeLessThanOrEqual(one.tolerance);
  }
});

test('2.11 differs from 2.13 in the truncated normal alone', () => {
  for (const name of Object.keys(torch213.functions)) {
    const shape = name === 'dirac' ? [4, 3, 2] : [20, 10];
    const both = [torch211, torch213].map((one) => {
      const found = dialectFunction(one, name);
      return sha(found.record.draw(5, shape, dialectOptions(found, {})));
    });
    expect(both[0] === both[1]).toBe(name !== 'truncated_normal');
  }
});

describe('the reference draws of the issue', () => {
  const calls: Record<string, [string, Options]> = {
    'uniform_(-0.3, 0.7)': ['uniform', { low: -0.3, high: 0.7 }],
    'normal_(0, 0.02)': ['normal', { std: 0.02 }],
    'normal_(0, 1)': ['normal', {}],
    'trunc_normal_(0, 1, -2, 2)': ['truncated_normal', {}],
    'xavier_uniform_()': ['glorot_uniform', {}],
    'xavier_normal_()': ['glorot_normal', {}],
    'kaiming_uniform_(a=sqrt(5))': ['he_uniform', { negative_slope: Math.sqrt(5) }],
    "kaiming_normal_(mode='fan_out', nonlinearity='relu')": [
      'he_normal',
      { mode: 'fan_out', nonlinearity: 'relu' },
    ],
    'sparse_(0.1, 0.01)': ['sparse', { sparsity: 0.1, std: 0.01 }],
    'orthogonal_(gain=sqrt(2))': ['orthogonal', { gain: Math.SQRT2 }],
  };

  test.each(golden.copied)('$call', ({ call, shape, sha256, first }) => {
    const seed = Number(/manual_seed\((\d+)\)/.exec(call)?.[1]);
    const linear = /nn\.Linear\((\d+), (\d+)\)\.(weight|bias)/.exec(call);
    if (linear !== null) {
      const network = describeNetwork(buildArchitecture(`mlp:${linear[1]}-${linear[2]}`));
      const built = torch213.build(network, seed).get(`layers.0.${linear[3]}`);
      expect(built === undefined ? null : sha(built.tensor)).toBe(sha256);
      return;
    }
    const text = /; (.*) on shape/.exec(call)?.[1] ?? '';
    const [scheme, given] = calls[text];
    const { data } = draw('torch', { scheme, options: { ...given }, shape, seed });
    if (sha256 === null) {
      for (const [index, value] of first.entries()) {
        expect(Math.abs(data[index] - value)).toBeLessThanOrEqual(2e-6);
      }
    } else {
      expect(sha({ data })).toBe(sha256);
    }
  });
});

const { seed, networks } = golden.architectures;

test.each(Object.entries(networks))('the modules of %s are built as in PyTorch', (text, hashes) => {
  const built = torch213.build(describeNetwork(buildArchitecture(text)), seed);
  const left = [...built.keys()].filter((name) => hashes[name] === undefined);
  expect(left).toEqual([]);
  const own = Object.keys(hashes).map((name) => [name, sha(built.get(name)?.tensor ?? NOTHING)]);
  expect(Object.fromEntries(own)).toEqual(hashes);
});

const NOTHING = { data: new Float32Array(0) };
