import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, TensorProto_DataType as DataType } from 'onnx-buf';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  decodeNpy,
  decodeNpz,
  decodeSafetensors,
  encodeNpy,
  toFloat64,
} from '../src/tensor/index.ts';
import { readModelFile } from '../src/files/index.ts';
import { failure, folder, MAIN, stepzero } from './run-command.ts';

interface Report {
  version: number;
  model: string;
  seed: number;
  parameters: {
    name: string;
    shape: number[];
    role: string;
    fanIn: number | null;
    fanOut: number | null;
    activation: string | null;
    scheme: string;
    std: number | null;
    bound: number | null;
    reason: string;
    reference: string | null;
  }[];
  signal: Record<
    'before' | 'after',
    {
      name: string;
      op: string;
      secondMoment: number | null;
      mean: number | null;
      dead: number | null;
    }[]
  > | null;
  certificates:
    { name: string; block: string | null; scheme: string; sMin: number; sMax: number }[] | null;
  verdict: string;
  output: string | null;
}

const report = (...args: string[]): Report => {
  const { status, stdout, stderr } = stepzero(...args, '--json');
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout) as Report;
};

function variance(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

describe('init', () => {
  test('gives a named architecture weights with the promised deviations and proves it', () => {
    const result = report('init', 'mlp:64-96x6-10:relu', '-o', 'mlp.onnx', '--html', 'mlp.html');
    expect(Object.keys(result)).toEqual(
      expect.arrayContaining(['version', 'model', 'seed', 'parameters', 'signal', 'verdict']),
    );
    expect(result.parameters).toHaveLength(14);
    const { graph } = readModelFile(join(folder, 'mlp.onnx'));
    for (const { name, std, role, bound } of result.parameters) {
      const values = toFloat64(graph.constants.get(name)!.read());
      if (role === 'bias') expect(values.every((value) => value === 0)).toBe(true);
      else {
        // The standard error of a Gaussian sample's variance is σ² √(2/n).
        const error = Math.abs(variance(values) / std! ** 2 - 1);
        expect(error).toBeLessThan(5 * Math.sqrt(2 / values.length));
        expect(bound).toBeCloseTo(Math.sqrt(3) * std!, 12);
      }
    }
    const row = result.signal!.after.find(({ op }) => op === 'Gemm')!;
    expect(Object.keys(row)).toEqual(
      expect.arrayContaining(['name', 'op', 'secondMoment', 'mean', 'dead']),
    );
    expect(readFileSync(join(folder, 'mlp.html'), 'utf8')).toContain('he_normal');
  });

  test('the same seed gives the same bytes, another seed others, and --json does not matter', () => {
    stepzero('init', 'mlp:8-16x2-3:tanh', '-o', 'a.onnx', '--no-run');
    stepzero('init', 'mlp:8-16x2-3:tanh', '-o', 'b.onnx', '--no-run', '--json');
    stepzero('init', 'mlp:8-16x2-3:tanh', '-o', 'c.onnx', '--no-run', '--seed', '1');
    const [a, b, c] = ['a', 'b', 'c'].map((name) => readFileSync(join(folder, `${name}.onnx`)));
    expect(a.equals(b)).toBe(true);
    expect(a.equals(c)).toBe(false);
  });

  test('the values of one parameter do not depend on what is kept or set elsewhere', () => {
    stepzero('init', 'mlp:8-16x3-3:relu', '-o', 'all.safetensors', '--no-run');
    stepzero(
      'init',
      'mlp:8-16x3-3:relu',
      '-o',
      'some.npz',
      '--no-run',
      '--keep',
      '*0.weight',
      '--set',
      '*.bias=ones',
    );
    const all = decodeSafetensors(readFileSync(join(folder, 'all.safetensors')), 'all').tensors;
    const some = decodeNpz(readFileSync(join(folder, 'some.npz')), 'some');
    const names = [...all.keys()];
    expect([...some.keys()].sort()).toEqual(names.sort());
    for (const name of names.filter(
      (each) => each.endsWith('weight') && !each.endsWith('0.weight'),
    )) {
      expect(some.get(name)!.data).toEqual(all.get(name)!.data);
    }
    const bias = names.find((each) => each.endsWith('bias'))!;
    expect(toFloat64(some.get(bias)!).every((value) => value === 1)).toBe(true);
  });

  test('what init wrote can be initialised again, in place only when asked', () => {
    stepzero('init', 'mlp:4-8x2-2:gelu', '-o', 'again.onnx', '--no-run');
    const first = readFileSync(join(folder, 'again.onnx'));
    expect(failure('init', 'again.onnx', '-o', 'again.onnx').status).toBe(2);
    symlinkSync('again.onnx', join(folder, 'alias.onnx'));
    expect(failure('init', 'again.onnx', '-o', 'alias.onnx').status).toBe(2);
    expect(readFileSync(join(folder, 'again.onnx')).equals(first)).toBe(true);
    expect(report('init', 'again.onnx', '--in-place', '--seed', '5').output).toBe('again.onnx');
    expect(readFileSync(join(folder, 'again.onnx')).equals(first)).toBe(false);
  });

  test('runs on inputs from a file', () => {
    const data = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i));
    const chunks = encodeNpy({ dtype: 'float32', shape: [5, 8], data });
    writeFileSync(join(folder, 'x.npy'), Buffer.concat(chunks));
    expect(
      report('init', 'mlp:8-16x2-3:relu', '-o', 'x.onnx', '--input', 'x.npy').signal!.after.length,
    ).toBeGreaterThan(0);
  });

  test.each([0, 1, 2])(
    'keeps a deep narrow ReLU chain within a factor 2 whatever the draw, here seed %i',
    (seed) => {
      const { signal, parameters } = report(
        'init',
        'mlp:50-64x24-10:relu',
        '-o',
        'deep.onnx',
        '--seed',
        String(seed),
      );
      const hidden = signal!.after.filter(({ op }) => op === 'Gemm').slice(0, -1);
      const ratio = hidden.at(-1)!.secondMoment! / hidden[0].secondMoment!;
      expect(ratio).toBeGreaterThan(0.5);
      expect(ratio).toBeLessThan(2);
      expect(parameters.filter(({ scheme }) => scheme === 'he_normal')).toHaveLength(24);
    },
  );

  test('a deep tanh chain keeps its second moment', () => {
    const { signal } = report('init', 'mlp:100-64x40-10:tanh', '-o', 'tanh.onnx', '--seed', '3');
    const hidden = signal!.after.filter(({ op }) => op === 'Gemm').slice(0, -1);
    const ratio = hidden.at(-1)!.secondMoment! / hidden[0].secondMoment!;
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  });
});

describe('advise, inspect and the lists', () => {
  test('advise certifies what orthogonal schemes drew, and nothing that was not run', () => {
    const { certificates } = report('advise', 'gru:8-16-3');
    expect(certificates!.map(({ name, block }) => [name, block])).toHaveLength(3);
    for (const { scheme, sMin, sMax } of certificates!) {
      expect(scheme).toBe('orthogonal');
      expect(Math.abs(sMin - 1)).toBeLessThan(1e-6);
      expect(Math.abs(sMax - 1)).toBeLessThan(1e-6);
    }
    expect(stepzero('advise', 'gru:8-16-3').stdout).toContain('Certificates');
    expect(report('advise', 'gru:8-16-3', '--no-run').certificates).toBe(null);
  });

  test('advise writes nothing', () => {
    const before = readdirSync(folder);
    const { output, signal } = report('advise', 'lstm:8-16-3', '--no-run');
    expect([output, signal]).toEqual([null, null]);
    expect(readdirSync(folder)).toEqual(before);
  });

  test('advise --emit prints the program and nothing else, of the plan that was run', () => {
    // In this draw calibration corrects gains.
    const model = ['advise', 'mlp:16-16x20-4:relu', '--seed', '3'];
    const program = stepzero(...model, '--emit', 'torch');
    expect([program.status, program.stderr]).toEqual([0, '']);
    expect(program.stdout).toMatch(
      /^"""Initial weights for mlp:16-16x20-4:relu, .*\n {4}return left\n$/s,
    );
    const json = stepzero(...model, '--emit', 'torch', '--json');
    const parsed = JSON.parse(json.stdout) as {
      program: string;
      parameters: { options: Record<string, unknown> }[];
    };
    expect(parsed.program).toBe(program.stdout);
    const gains = new Set(parsed.parameters.flatMap(({ options }) => options['gain'] ?? []));
    expect(gains.size).toBeGreaterThan(0);
    for (const gain of gains) {
      expect(program.stdout).toContain(`.mul_(${Number(Number(gain).toPrecision(8))})`);
    }
    expect(stepzero(...model, '--emit', 'mxnet')).toMatchInlineSnapshot(`
      {
        "status": 2,
        "stderr": "stepzero: --emit: must be one of torch, jax, flax, keras, got mxnet
      (stepzero advise --help shows examples)
      ",
        "stdout": "",
      }
    `);
  });

  test('inspect says what each parameter is, without a scheme', () => {
    const { parameters } = report('inspect', 'transformer:v20-16x1h2-20');
    expect(parameters.every((parameter) => !('scheme' in parameter))).toBe(true);
    const roles = parameters.map(({ role }) => role);
    for (const role of [
      'embedding',
      'positional_embedding',
      'attention_packed',
      'attention_output',
      'norm_scale',
      'dense',
    ]) {
      expect(roles).toContain(role);
    }
    expect(roles).not.toContain('unknown');
  });

  test('schemes and architectures print tables and JSON', () => {
    expect(stepzero('schemes').stdout).toContain('delta_orthogonal');
    expect(stepzero('architectures').stdout).toContain('mlp:784-512x10-10:relu');
    expect(stepzero('schemes', '--json').stdout).toContain('"formula"');
    const { schemes } = JSON.parse(stepzero('schemes', '--json').stdout) as {
      schemes: { name: string; scope: string }[];
    };
    const scopeOf = (name: string) => schemes.find((row) => row.name === name)?.scope;
    expect([scopeOf('orthogonal'), scopeOf('gpt2')]).toEqual(['tensor', 'network']);
    expect(stepzero('schemes').stdout).toMatch(
      /^For one tensor .*\n\nzeros [^]*\n\nPlanned over a whole network .*\n\n/,
    );
  });

  test.each([
    'init',
    'advise',
    'inspect',
    'sample',
    'transform',
    'schemes',
    'architectures',
    'grad',
  ])('%s --help has an example', (name) => {
    const { stdout, status } = stepzero(name, '--help');
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`\\$ stepzero ${name}`));
  });
});

describe('transform', () => {
  test('crelu writes a network that init --scheme looks_linear takes', () => {
    const answer = stepzero('transform', 'crelu', 'mlp:4-7x2-2', '-o', 'wide.onnx', '--json');
    expect(JSON.parse(answer.stdout)).toMatchInlineSnapshot(`
      {
        "model": "mlp:4-7x2-2",
        "output": "wide.onnx",
        "plain": [],
        "rectifiers": [
          "activations.0",
          "activations.1",
        ],
        "transform": "crelu",
        "version": 1,
        "widened": [
          {
            "after": [
              7,
              14,
            ],
            "before": [
              7,
              7,
            ],
            "name": "layers.1.weight",
          },
          {
            "after": [
              2,
              14,
            ],
            "before": [
              2,
              7,
            ],
            "name": "layers.2.weight",
          },
        ],
      }
    `);
    const { parameters, output } = report('init', 'wide.onnx', '--scheme', 'looks_linear');
    expect(output).toBe('wide.init.onnx');
    const schemes = parameters.filter(({ role }) => role === 'dense').map(({ scheme }) => scheme);
    expect(schemes).toEqual(['scaled_orthogonal', 'looks_linear', 'looks_linear']);
  });

  test('crelu without a place to write names the file after the model', () => {
    expect(stepzero('transform', 'crelu', 'mlp:4-7x2-2').stdout).toMatchInlineSnapshot(`
      "mlp:4-7x2-2: 2 ReLUs concatenated with that of -x
        layers.1.weight  [7,7] → [7,14]
        layers.2.weight  [2,7] → [2,14]
      Wrote mlp-4-7x2-2.crelu.onnx, which computes what the model did
      "
    `);
    expect(stepzero('transform', 'crelu', 'wide.onnx').status).toBe(1);
    expect(existsSync(join(folder, 'wide.crelu.onnx'))).toBe(false);
  });
});

describe('what cannot be run', () => {
  /** A model whose input `x` and operator `act` are as said. */
  function odd(name: string, dims: readonly bigint[], opType: string, domain: string): void {
    const model = create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ version: 17n }, { domain: 'some.where', version: 1n }],
      graph: {
        name: 'odd',
        input: [
          {
            name: 'x',
            type: {
              value: {
                case: 'tensorType',
                value: {
                  elemType: DataType.FLOAT,
                  shape: {
                    dim: dims.map((extent) => ({
                      value: { case: 'dimValue' as const, value: extent },
                    })),
                  },
                },
              },
            },
          },
        ],
        output: [{ name: 'y' }],
        initializer: [
          { name: 'w', dataType: DataType.FLOAT, dims: [4n, 4n], rawData: new Uint8Array(64) },
        ],
        node: [
          { opType: 'MatMul', input: ['x', 'w'], output: ['h'] },
          { opType, domain, input: ['h'], output: ['y'] },
        ],
      },
    });
    writeFileSync(join(folder, name), toBinary(ModelProtoSchema, model));
  }

  test.each([
    ['own.onnx', [2n, 4n], 'Zap', 'some.where', /not proved.*Zap/i],
    ['wide.onnx', [10n ** 10n, 4n], 'Relu', '', /not proved.*at most 268435456 elements/i],
  ] as const)(
    '%s gets its weights, and the verdict says why there is no proof',
    (name, dims, opType, domain, verdict) => {
      odd(name, dims, opType, domain);
      const result = report('init', name, '-o', `new-${name}`);
      expect(result.signal).toBe(null);
      expect(result.verdict).toMatch(verdict);
      const { graph } = readModelFile(join(folder, `new-${name}`));
      expect(variance(toFloat64(graph.constants.get('w')!.read()))).toBeGreaterThan(0);
    },
  );
});

describe('sample', () => {
  test('never gives a number that its dtype does not hold', () => {
    for (const [dtype, value] of [
      ['float16', '70000'],
      ['bfloat16', '1e39'],
      ['float32', '1e39'],
    ]) {
      const args = ['--shape', '3', '--dtype', dtype, '--value', value];
      expect(failure('sample', 'constant', ...args)).toEqual({
        status: 1,
        sentence: `stepzero: constant: values must be numbers that ${dtype} holds, got some that are not finite`,
      });
    }
  });

  test('writes the same values as .npy and as .json', () => {
    expect(
      stepzero('sample', 'he_normal', '--shape', '6,4,3,3', '--seed', '9', '--out', 'w.npy').status,
    ).toBe(0);
    expect(
      stepzero('sample', 'he_normal', '--shape', '6,4,3,3', '--seed', '9', '--out', 'w.json')
        .status,
    ).toBe(0);
    const npy = decodeNpy(readFileSync(join(folder, 'w.npy')), 'w.npy');
    const json = JSON.parse(readFileSync(join(folder, 'w.json'), 'utf8')) as {
      values: number[];
      std: number;
    };
    expect(npy.shape).toEqual([6, 4, 3, 3]);
    expect(Array.from(toFloat64(npy))).toEqual(json.values);
    expect(json.std).toBeCloseTo(Math.sqrt(2 / 36), 12);
  });

  test('orthogonal in one layout is the transpose of the other', () => {
    stepzero('sample', 'orthogonal', '--shape', '5,3', '--layout', 'oi', '--out', 'oi.npy');
    stepzero('sample', 'orthogonal', '--shape', '3,5', '--layout', 'io', '--out', 'io.npy');
    const [oi, io] = ['oi', 'io'].map((name) =>
      toFloat64(decodeNpy(readFileSync(join(folder, `${name}.npy`)), name)),
    );
    for (let o = 0; o < 5; o++)
      for (let i = 0; i < 3; i++) expect(io[i * 5 + o]).toBe(oi[o * 3 + i]);
  });

  test('--certify says what the singular values are, in words and in JSON', () => {
    const args = ['sample', 'conv_orthogonal', '--shape', '6,4,3,3', '--gain', '2', '--certify'];
    const { stdout, status } = stepzero(...args);
    expect(status).toBe(0);
    expect(stdout).toContain('Fourier symbol at 5×5 frequencies');
    expect(stdout).toContain('Taps that are not zero: 9 of 9');
    const { certificate } = JSON.parse(stepzero(...args, '--json').stdout) as {
      certificate: { of: string; sMin: number; sMax: number; taps: object; frequencies: number[] };
    };
    expect(certificate).toMatchObject({
      of: 'convolution',
      taps: { nonZero: 9, all: 9 },
      frequencies: [5, 5],
    });
    // Float32 elements of a kernel of norm 2 √4: off by at most 2^-24 of it per tap.
    expect(Math.abs(certificate.sMin - 2)).toBeLessThan(3e-6);
    expect(Math.abs(certificate.sMax - 2)).toBeLessThan(3e-6);
    expect(failure('sample', 'ones', '--shape', '4', '--certify')).toEqual({
      status: 1,
      sentence: 'stepzero: certify: shape must have at least 2 dimensions, got [4]',
    });
  });

  test('an option that the scheme does not have is wrong usage', () => {
    expect(failure('sample', 'glorot_uniform', '--shape', '4,4', '--slope', '2'))
      .toMatchInlineSnapshot(`
      {
        "sentence": "stepzero: glorot_uniform: options must be among --gain, got --slope",
        "status": 2,
      }
    `);
  });
});

describe('bad input gets one sentence, and leaves nothing behind', () => {
  beforeAll(() => {
    stepzero('init', 'mlp:4-8x2-2:relu', '-o', 'good.onnx', '--no-run');
    const good = readFileSync(join(folder, 'good.onnx'));
    writeFileSync(join(folder, 'cut.onnx'), good.subarray(0, good.length / 2));
    writeFileSync(join(folder, 'text.onnx'), 'this is no model\n');
    writeFileSync(join(folder, 'empty.onnx'), '');
    mkdirSync(join(folder, 'dir.onnx'));
    mkdirSync(join(folder, 'locked'));
    chmodSync(join(folder, 'locked'), 0o500);
    writeFileSync(
      join(folder, 'bad.npy'),
      Buffer.concat(encodeNpy({ dtype: 'float32', shape: [3, 5], data: new Float32Array(15) })),
    );
  });

  test.each([
    [['init', 'missing.onnx'], 1],
    [['init', 'cut.onnx'], 1],
    [['init', 'text.onnx'], 1],
    [['init', 'empty.onnx'], 1],
    [['init', 'dir.onnx'], 1],
    [['init', 'mlp:784-abc'], 1],
    [['init', 'mpl:784-10'], 1],
    [['init', 'good.onnx', '--scheme', 'orthogonl'], 1],
    [['init', 'good.onnx', '--scheme', 'delta_orthogonal'], 1],
    [['init', 'good.onnx', '--scheme', 'he_normal(slop=1)'], 1],
    [['init', 'good.onnx', '--scheme', 'gpt2'], 1],
    [['sample', 'gpt2', '--shape', '8,4'], 1],
    [['transform', 'crelu', 'missing.onnx'], 1],
    [['transform', 'crelu', 'mlp:4-8-2:tanh'], 1],
    [['transform', 'crelu', 'resnet:8', '-o', 'r.onnx'], 1],
    [['transform', 'crelu', 'good.onnx', '-o', 'good.onnx'], 2],
    [['transform', 'crelu', 'good.onnx', '-o', 'good.npz'], 2],
    [['transform', 'crelu', 'good.onnx', '-o', 'no/such/x.onnx'], 1],
    [['transform', 'prelu', 'good.onnx'], 2],
    [['init', 'good.onnx', '--scheme', 'looks_linear(base=none)'], 1],
    [['init', 'mlp:4-7-2', '--scheme', 'looks_linear'], 1],
    [['sample', 'looks_linear', '--shape', '4,5'], 1],
    [['advise', 'good.onnx', '--base', 'good.onnx'], 1],
    [['init', 'good.onnx', '--set', 'nothing*=zeros'], 1],
    [['init', 'good.onnx', '--set', 'zeros'], 1],
    [['init', 'good.onnx', '--set', '*.bias=he_normal'], 1],
    [['init', 'good.onnx', '--keep', 'nothing'], 1],
    [['init', 'good.onnx', '--input', 'bad.npy', '-o', 'never.onnx'], 1],
    [['init', 'good.onnx', '--input', 'none.npy', '-o', 'never.onnx'], 1],
    [['init', 'good.onnx', '-o', 'nowhere/out.onnx'], 1],
    [['init', 'good.onnx', '-o', 'good.onnx/out.onnx'], 1],
    [['init', 'good.onnx', '-o', 'dir.onnx'], 1],
    [['init', 'good.onnx', '-o', 'out.txt'], 2],
    [['init', 'good.onnx', '-o', 'never.onnx', '--html', 'nowhere/x.html'], 1],
    [['init', 'good.onnx', '-o', 'never.onnx', '--html', 'dir.onnx'], 1],
    [['init', 'good.onnx', '-o', 'never.onnx', '--html', './never.onnx'], 2],
    [['init', 'good.onnx', '-o', 'never.onnx', '--html', 'good.onnx'], 2],
    [['advise', 'good.onnx', '--html', 'good.onnx'], 2],
    [['init', 'good.onnx', '--in-place', '--html', 'good.onnx'], 2],
    [['init', 'good.onnx', '--input', 'bad.npy', '-o', 'never.onnx', '--html', 'bad.npy'], 2],
    [['init', 'good.onnx', '--input', 'bad.npy', '--no-run'], 2],
    [['init', 'good.onnx', '--batch', '0'], 2],
    [['init', 'model'], 1],
    [['init', 'two\nlines.onnx'], 1],
    [['init', 'C:/model.onnx'], 1],
    [['sample', 'orthogonal', '--shape', '4,4', '--layout', 'xy'], 2],
    [['sample', 'orthogonal', '--shape', '4,4', '--gain', '1e39'], 1],
    [['sample', 'zeros', '--shape', '4', '--out', 'nowhere/w.npy'], 1],
    [['init', 'mlp:4-4-4', '--in-place'], 2],
    [['init'], 2],
    [['init', 'good.onnx', '--seed', '-1'], 2],
    [['frobnicate'], 2],
    [['sample', 'orthogonal', '--shape', '10'], 1],
    [['sample', 'orthogonal'], 2],
    [['sample', 'he_normal', '--shape', '2,x'], 2],
  ])('%j exits with %i', (args, status) => {
    const result = failure(...args);
    expect(result.status).toBe(status);
    expect(result.sentence).toMatchSnapshot();
    if (status === 1) expect(result.sentence).toMatch(/^stepzero: [^\n]+$/);
  });

  test('what would not fit into memory is refused by its size before it is taken', () => {
    const { status, sentence } = failure('sample', 'zeros', '--shape', '10000000,10000000');
    expect(status).toBe(1);
    expect(sentence).toMatch(
      /^stepzero: --shape: \[10000000,10000000\] of float32 must fit .* got 364 TiB$/,
    );
  });

  test.skipIf(!existsSync('/dev/full'))(
    'a standard output that takes nothing is one sentence',
    () => {
      for (const args of [['schemes'], ['--help'], ['advise', 'good.onnx', '--json']]) {
        const full = openSync('/dev/full', 'w');
        const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
          cwd: folder,
          encoding: 'utf8',
          stdio: ['ignore', full, 'pipe'],
        });
        closeSync(full);
        expect([status, stderr]).toEqual([
          1,
          'stepzero: standard output: must take what is printed, got no space left on device\n',
        ]);
      }
    },
  );

  test('without a command it prints its help, and a reader that stops early is no error', () => {
    const { status, stdout, stderr } = stepzero();
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Usage: stepzero');
    const piped = spawnSync('sh', ['-c', `"${process.execPath}" "${MAIN}" schemes | head -1`], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(piped.stderr).toBe('');
    expect(piped.stdout.trim().split('\n')).toHaveLength(1);
  });

  test.skipIf(process.getuid?.() === 0)('a folder that cannot be written to', () => {
    expect(failure('init', 'good.onnx', '-o', 'locked/out.onnx').status).toBe(1);
  });

  test.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s in the midst of writing leaves nothing behind and ends the command',
    async (signal) => {
      const place = mkdtempSync(join(folder, 'signal-'));
      const args = [MAIN, 'init', 'mlp:2048-2048x60-9:relu', '-o', 'big.npz', '--no-run'];
      const child = spawn(process.execPath, args, { cwd: place, stdio: 'ignore' });
      const ended = once(child, 'exit');
      while (readdirSync(place).length === 0) await sleep(5);
      child.kill(signal);
      expect(await ended).toEqual([null, signal]);
      expect(readdirSync(place)).toEqual([]);
    },
  );

  test('the good model is still as it was', () => {
    expect(existsSync(join(folder, 'good.onnx'))).toBe(true);
    expect(report('advise', 'good.onnx', '--no-run').parameters).toHaveLength(6);
  });
});
