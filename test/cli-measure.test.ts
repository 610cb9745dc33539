import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { builder, encodeModel, modelOf } from '../src/graph/index.ts';
import type { ComparisonReport, MeasurementReport } from '../src/report/index.ts';
import { float32 } from './operator-check.ts';
import { failure, folder, json, printed } from './run-command.ts';

const NET = 'mlp:8-16x3-4:tanh';

const measured = (...args: string[]): MeasurementReport =>
  json('measure', ...args) as unknown as MeasurementReport;

const compared = (...args: string[]): ComparisonReport =>
  json('compare', ...args) as unknown as ComparisonReport;

beforeAll(() => {
  // y = 1000 x in each of 16 layers, which overflows: 1000^13 > 3.4e38.
  const b = builder('huge');
  b.input('x', 'float32', ['batch', 2]);
  const weight = b.constant('w', { ...float32([1000, 0, 0, 1000]), shape: [2, 2] });
  let value = 'x';
  for (let i = 0; i < 16; i++) value = b.node(`y${i}`, 'MatMul', [value, weight]);
  b.output('z', b.node('z', 'Identity', [value]), 'float32', ['batch', 2]);
  writeFileSync(join(folder, 'huge.onnx'), encodeModel(modelOf(b.build())));
});

beforeAll(() => {
  const b = builder('noisy');
  b.input('x', 'float32', ['batch', 2]);
  const weight = b.constant('w', { ...float32([1, 2, 3, 4]), shape: [2, 2] });
  const value = b.node('h', 'MatMul', ['x', weight]);
  const noise = b.node('noise', 'RandomNormalLike', [value]);
  b.output('y', b.node('y', 'Add', [value, noise]), 'float32', ['batch', 2]);
  writeFileSync(join(folder, 'noisy.onnx'), encodeModel(modelOf(b.build())));
  const c = builder('tokens');
  c.input('n', 'int64', ['batch', 2]);
  const table = c.constant('table', { ...float32([1, 2, 3, 4]), shape: [2, 2] });
  c.output('y', c.node('y', 'Gather', [table, 'n']), 'float32', ['batch', 2, 2]);
  writeFileSync(join(folder, 'tokens.onnx'), encodeModel(modelOf(c.build())));
});

describe('stepzero measure', () => {
  test('--json has the promised keys, and null for what was not asked for', () => {
    const report = measured(NET, '--scheme', 'orthogonal', '--seed', '3');
    expect(Object.keys(report)).toEqual(
      expect.arrayContaining(['layers', 'parameters', 'jacobian', 'shattering', 'verdict']),
    );
    expect([report.jacobian, report.shattering, report.ntk]).toEqual([null, null, null]);
    expect(report.layers.map(({ op }) => op)).toEqual([
      'Gemm',
      'Tanh',
      'Gemm',
      'Tanh',
      'Gemm',
      'Tanh',
      'Gemm',
    ]);
    const [layer] = report.layers;
    expect(Object.keys(layer)).toEqual(
      expect.arrayContaining([
        'name',
        'op',
        'secondMoment',
        'mean',
        'c',
        'dead',
        'gradientSecondMoment',
        'predicted',
      ]),
    );
    expect(Object.keys(layer.predicted!)).toEqual(['q', 'c', 'gradient']);
    // Columns of a 16×8 orthogonal weight are orthonormal times the gain √(16/8): E y² is E x² of the inputs.
    expect(layer.secondMoment! / report.inputs.q!).toBeCloseTo(
      layer.predicted!.q! / report.inputs.q!,
      4,
    );
    expect(report.parameters.map(({ name }) => name)).toContain('layers.0.weight');
    for (const { gradientNorm, weightNorm } of report.parameters) {
      expect(gradientNorm).toBeGreaterThan(0);
      expect(weightNorm).toBeGreaterThanOrEqual(0);
    }
    expect(report).toMatchObject({ version: 1, model: NET, seeds: [3], weights: 'orthogonal' });
    expect(report.command).toBe(`stepzero measure ${NET} --scheme orthogonal --seed 3 --json`);
  });

  test('measures Jacobian, shattering and tangent kernel where they are asked for', () => {
    const report = measured(
      NET,
      '--draws',
      '2',
      '--jacobian',
      '--shattering',
      '--ntk',
      '--learning-rate',
      '0.5',
      '--samples',
      '6',
      '--c',
      '0.5',
      '--html',
      'all.html',
    );
    const { jacobian, shattering, ntk, seeds, inputs, learningRate } = report;
    expect(seeds).toEqual([0, 1]);
    expect(inputs).toMatchObject({ from: 'Gaussian', examples: 6 });
    expect(jacobian).toMatchObject({ from: 'input', to: 'output', rows: 4, cols: 8 });
    // 4 singular values in each of 2 draws.
    expect(jacobian!.singularValues).toHaveLength(8);
    expect(jacobian!.deciles).toHaveLength(11);
    expect(jacobian!.deciles[0]).toBeCloseTo(jacobian!.sMin, 12);
    expect(jacobian!.deciles[10]).toBeCloseTo(jacobian!.sMax, 12);
    const squares = jacobian!.singularValues!.map((s) => s ** 2);
    const mean = squares.reduce((sum, square) => sum + square, 0) / squares.length;
    expect(jacobian!.mean).toBeCloseTo(mean, 10);
    expect(shattering!.autocorrelation[0]).toBeCloseTo(1, 10);
    expect(Math.abs(shattering!.correlation)).toBeLessThanOrEqual(1);
    expect(ntk).toMatchObject({ examples: 6, outputs: 4 });
    expect(learningRate).toBe(0.5);
    for (const { updateRatio, gradientNorm, weightNorm } of report.parameters) {
      if (weightNorm === 0) expect(updateRatio).toBeNull();
      else expect(updateRatio).toBeGreaterThan(0);
      expect(gradientNorm).not.toBeNull();
    }
    const html = readFileSync(join(folder, 'all.html'), 'utf8');
    expect(html.match(/<svg /g)).toHaveLength(5);
    expect(html).not.toMatch(/NaN|undefined/);
  });

  test('prints every layer beside the theory, the verdict, and what more there is', () => {
    const text = printed('measure', NET, '--seed', '5');
    expect(text).toMatch(/^mlp:8-16x3-4:tanh\nweights as advised, seed 5; 32 examples, Gaussian/);
    expect(text).toMatch(/\nlayer +op +E\[x²\] +theory +c +theory +dead +satur\. +verdict\n/);
    expect(text).toMatch(/\nlayers\.3_output +Gemm +[\d.e-]+ +[\d.e-]+/);
    expect(text).toMatch(/\n▌ The signal stays alive/);
    expect(text).toMatch(/--jacobian: all singular values of ∂`output`\/∂`input`, 4 × 8/);
    expect(text.split('\n').every((line) => line.length <= 100)).toBe(true);
  });

  test('--as-is measures what is stored, and names the first layer that is not finite', () => {
    const { seeds, weights, firstNotFinite, verdict, layers } = measured('huge.onnx', '--as-is');
    expect({ seeds, weights, firstNotFinite }).toEqual({
      seeds: [],
      weights: 'as stored',
      firstNotFinite: 'y12_output',
    });
    expect(verdict).toContain('from `y12_output` on it is not finite');
    expect(layers.find(({ name }) => name === 'y12_output')).toMatchObject({ secondMoment: null });
    expect(layers.find(({ name }) => name === 'y11_output')!.notFinite).toBeUndefined();
  });

  test('an operator that draws is named, since its numbers are others in every run', () => {
    expect(measured('noisy.onnx', '--as-is').notes).toContain(
      '`noise_output` (RandomNormalLike) draws while the network runs, so numbers behind it differ from run to run.',
    );
  });

  test('what cannot be is told in one sentence before anything is written', () => {
    const sentences = [
      [NET, '--as-is'],
      ['huge.onnx', '--as-is', '--draws', '2'],
      [NET, '--from', 'input'],
      [NET, '--jacobian', '--from', 'nothing'],
      [NET, '--jacobian', '--from', 'output', '--to', 'layers.0_output'],
      ['noisy.onnx', '--as-is', '--jacobian'],
      ['tokens.onnx', '--as-is', '--jacobian', '--from', 'n'],
      [NET, '--html', 'nowhere/report.html'],
      ['huge.onnx', '--as-is', '--html', 'huge.onnx'],
      [NET, '--c', '0.5', '--input', 'x.npy'],
      [NET, '--input', 'x.txt'],
    ].map((args) => {
      const { sentence, status } = failure('measure', ...args);
      return `${status} ${sentence.split('\n')[0]}`;
    });
    expect(sentences).toMatchInlineSnapshot(`
      [
        "2 stepzero: --as-is: must have a file whose weights are stored, got the architecture mlp:8-16x3-4:tanh",
        "2 stepzero: --draws: must be 1 with --as-is, got 2",
        "2 stepzero: --from: must be given with --jacobian or --shattering, got input alone",
        "1 stepzero: jacobian: from must be a value of the network, got "nothing"; the nearest is "output"",
        "1 stepzero: vjp: "layers.0_output" must depend smoothly on "output", got no path with a derivative between them",
        "1 stepzero: node "noise" (RandomNormalLike): must give the same values every time to be differentiated, got an operator that draws",
        "1 stepzero: jacobian: from must be a float to have a derivative, got "n", which is int64",
        "1 stepzero: nowhere/report.html: must be in a folder that exists and can be written to, got no such file or folder",
        "2 stepzero: --html: must be another file than the model, got huge.onnx",
        "2 stepzero: option '--c <C>' cannot be used with option '--input <DATA>'",
        "1 stepzero: --input: must end in .npy or .npz, or be glyphs, mnist:DIR or cifar10:DIR, got x.txt",
      ]
    `);
  });
});

describe('stepzero compare', () => {
  test('measures every scheme on the same inputs, and takes the best', () => {
    const report = compared(
      'mlp:16-32x6-4:relu',
      '--schemes',
      'normal(std=0.01),he_normal(slope=0,mode=fan_in)',
      '--html',
      'two.html',
    );
    expect(report.schemes.map(({ scheme }) => scheme)).toEqual([
      'normal(std=0.01)',
      'he_normal(slope=0,mode=fan_in)',
    ]);
    expect(report.take).toBe('he_normal(slope=0,mode=fan_in)');
    const [small, he] = report.schemes;
    expect(small.state).toBe('vanishes');
    expect(small.layers.map(({ name }) => name)).toEqual(he.layers.map(({ name }) => name));
    expect(small.signal!.value).toBeLessThan(1e-6);
    const html = readFileSync(join(folder, 'two.html'), 'utf8');
    expect(html.match(/<svg /g)).toHaveLength(3);
  });

  test('knows the stored weights and what a framework draws, and prints them side by side', () => {
    printed('init', NET, '-o', 'net.onnx', '--no-run');
    const text = printed('compare', 'net.onnx', '--schemes', 'stored,advised,as:torch');
    expect(text).toMatch(/\n +stored +advised +as:torch\n/);
    expect(text).toMatch(/\nE\[x²\], last \/ first +[\d.e-]+ +[\d.e-]+ +[\d.e-]+\n/);
    expect(text).toMatch(/\n▌ Take /);
    // What was stored is what is advised for the seed 0.
    const row = /\nE\[x²\], last \/ first +([\d.e-]+) +([\d.e-]+)/.exec(text)!;
    expect(row[1]).toBe(row[2]);
  });

  test('what cannot be is told in one sentence', () => {
    const sentences = [
      [NET],
      [NET, '--schemes', 'he_normal'],
      [NET, '--schemes', 'he_normal,stored'],
      [NET, '--schemes', 'he_normal,unheard_of'],
      [NET, '--schemes', 'he_normal,as:unheard_of'],
    ].map((args) => {
      const { sentence, status } = failure('compare', ...args);
      return `${status} ${sentence.split('\n')[0]}`;
    });
    expect(sentences).toMatchInlineSnapshot(`
      [
        "2 stepzero: required option '--schemes <LIST>' not specified",
        "2 stepzero: --schemes: must name two schemes at least, got he_normal",
        "2 stepzero: --schemes: stored must be of a file whose weights are stored, got the architecture mlp:8-16x3-4:tanh",
        "1 stepzero: scheme: name must be one that "stepzero schemes" lists, such as zeros, got "unheard_of"",
        "2 stepzero: --as: must be one of torch@2.13, torch@2.11, jax, tf, keras-jax, keras-torch, keras-tf, tfjs, such as keras-tf, got "unheard_of"",
      ]
    `);
    expect(existsSync(join(folder, 'report.html'))).toBe(false);
  });
});
