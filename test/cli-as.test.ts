import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readModelFile } from '../src/files/index.ts';
import { decodeNpy, decodeNpz, type Tensor } from '../src/tensor/index.ts';
import { failure as failed, folder, json, stepzero } from './run-command.ts';

const MODULES = resolve(import.meta.dirname, 'golden/pytorch_modules');

/** What stands on standard error, without the line that names --help, and the exit code. */
function failure(...args: string[]): { sentence: string; status: number | null } {
  const { sentence, status } = failed(...args);
  return { sentence: sentence.replace(/\n\(stepzero .*$/, ''), status };
}

const read = (name: string): Tensor => decodeNpy(readFileSync(join(folder, name)), name);
const sha = ({ data }: Tensor): string =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

interface Case {
  scheme: string;
  options: Record<string, number | string>;
  shape: number[];
  seed: number;
}
const golden = JSON.parse(
  readFileSync(resolve(import.meta.dirname, 'golden/pytorch.json'), 'utf8'),
) as { tensors: (Case & { sha256: string })[] };

const argumentsOf = ({ scheme, options, shape, seed }: Case): string[] => [
  'sample',
  scheme,
  '--as=torch',
  `--shape=${shape.join()}`,
  `--seed=${seed}`,
  ...Object.entries(options).flatMap(([name, value]) => [
    `--${name.replace('_', '-')}=${String(value).replace('Infinity', 'inf')}`,
  ]),
];

describe('sample --as', () => {
  const some = golden.tensors.filter(({ shape }, index) => shape.length > 0 && index % 61 === 0);

  test.each(some)('$scheme $shape $seed writes exactly the values of PyTorch', (one) => {
    const { status, stderr } = stepzero(...argumentsOf(one), '--out', 'w.npy');
    expect([status, stderr]).toEqual([0, '']);
    const tensor = read('w.npy');
    expect([tensor.dtype, tensor.shape]).toEqual(['float32', one.shape]);
    expect(sha(tensor)).toBe(one.sha256);
  });

  test('the JSON says what was called and what is promised', () => {
    const { values, measured, ...rest } = json(
      'sample',
      'kaiming_normal',
      '--as',
      'torch',
      '--shape',
      '3,5',
    );
    expect(rest).toEqual({
      version: 1,
      scheme: 'he_normal',
      as: 'torch@2.13',
      call: 'torch.nn.init.kaiming_normal_',
      tolerance: 0,
      options: { negative_slope: 0, mode: 'fan_in', nonlinearity: 'leaky_relu' },
      shape: [3, 5],
      layout: null,
      groups: 1,
      dtype: 'float32',
      seed: 0,
      std: Math.sqrt(2 / 5),
      bound: null,
      output: null,
    });
    expect(values).toHaveLength(15);
    expect(measured).toHaveProperty('std');
    expect(json('sample', 'orthogonal', '--as', 'torch', '--shape', '3,5')['tolerance']).toBe(1e-5);
  });

  test('a dialect without a version is the newest of its framework', () => {
    for (const [as, scheme] of [
      ['torch', 'truncated_normal'],
      ['torch@2.13', 'truncated_normal'],
    ]) {
      stepzero('sample', scheme, '--as', as, '--shape', '40', '--out', `${as}.npy`);
    }
    expect(sha(read('torch.npy'))).toBe(sha(read('torch@2.13.npy')));
    stepzero(
      'sample',
      'truncated_normal',
      '--as',
      'torch@2.11',
      '--shape',
      '40',
      '--out',
      'old.npy',
    );
    expect(sha(read('old.npy'))).not.toBe(sha(read('torch.npy')));
  });

  test('wrong usage is told in one sentence and exits with 2', () => {
    const base = ['sample', 'he_normal', '--as', 'torch', '--shape', '3,5'];
    const sentences = [
      [...base, '--layout', 'oi'],
      [...base, '--slope', '0.1'],
      [...base, '--nonlinearity', 'gelu'],
      ['sample', 'zeros', '--as', 'torch', '--shape', '3', '--gain', '2'],
      ['sample', 'he_normal', '--shape', '3,5', '--negative-slope', '0.1'],
    ].map((args) => failure(...args));
    expect(sentences.map(({ status }) => status)).toEqual(sentences.map(() => 2));
    expect(sentences.map(({ sentence }) => sentence)).toMatchInlineSnapshot(`
      [
        "stepzero: option '--as <DIALECT>' cannot be used with option '--layout <LAYOUT>'",
        "stepzero: torch@2.13 he_normal: options must be among --negative-slope, --mode, --nonlinearity, got --slope",
        "stepzero: he_normal: nonlinearity must be one of linear, conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d, sigmoid, tanh, relu, leaky_relu, selu, got gelu",
        "stepzero: torch@2.13 zeros: takes no options, got --gain",
        "stepzero: he_normal: options must be among --slope, --mode, --gain, got --negative-slope",
      ]
    `);
  });

  test('what the framework does not have, or raises for, is told in one sentence and exits with 1', () => {
    const sentences = [
      ['sample', 'lecun_normal', '--as', 'torch', '--shape', '3,5'],
      ['sample', 'he_normal', '--as', 'torch', '--shape', '5'],
      ['sample', 'normal', '--as', 'torch', '--shape', '2,2', '--std', '-1'],
    ].map((args) => failure(...args));
    expect(sentences.map(({ status }) => status)).toEqual(sentences.map(() => 1));
    expect(sentences.map(({ sentence }) => sentence)).toMatchInlineSnapshot(`
      [
        "stepzero: torch@2.13: the scheme must be one that it has, zeros, ones, constant, uniform, normal, truncated_normal, glorot_normal, glorot_uniform, he_normal, he_uniform, orthogonal, sparse, identity, dirac, got "lecun_normal"",
        "stepzero: torch.nn.init.kaiming_normal_: shape must have at least 2 dimensions, got [5]",
        "stepzero: torch.nn.init.normal_: std must be >= 0, got -1",
      ]
    `);
  });

  test('an unknown dialect is told with those that there are and the nearest one', () => {
    const nearest = /^stepzero: --as: must be one of torch@2\.13, .*, such as torch, got "torhc"$/;
    for (const args of [
      ['sample', 'normal', '--as', 'torhc', '--shape', '3,5'],
      ['init', 'mlp:6-4-3', '--as', 'torhc', '-o', 'x.onnx'],
    ]) {
      const { sentence, status } = failure(...args);
      expect(sentence).toMatch(nearest);
      expect(status).toBe(2);
    }
  });

  test('--help says where bits are promised and where not', () => {
    const { stdout } = stepzero('sample', '--help');
    expect(stdout).toContain('--as <DIALECT>');
    expect(stdout).toContain('Equal to the last bit: PyTorch on the CPU');
    expect(stdout).toContain('Not promised: orthogonal matrices');
  });
});

interface Entry {
  name: string;
  scheme: string;
  std: number | null;
  bound: number | null;
  reason: string;
}

const npz = (name: string): ReadonlyMap<string, Tensor> =>
  decodeNpz(readFileSync(join(folder, name)), name);

/** The tensors of an exported module, as the file has them. */
const stored = (file: string): ReadonlyMap<string, Tensor> => {
  const { graph } = readModelFile(join(MODULES, file));
  return new Map([...graph.constants].map(([name, { read: tensor }]) => [name, tensor()]));
};

describe('init --as torch', () => {
  test.each(['mlp.ts', 'lstm_bi2.dyn', 'encoder.ts', 'gpt.dyn'])(
    '%s is written with the weights that PyTorch gave it',
    (name) => {
      const file = join(MODULES, `${name}.onnx`);
      const { status, stderr } = stepzero(
        'init',
        file,
        '--as',
        'torch',
        '--seed',
        '7',
        '-o',
        'm.npz',
      );
      expect([status, stderr]).toEqual([0, '']);
      const [ours, theirs] = [npz('m.npz'), stored(`${name}.onnx`)];
      expect(ours.size).toBeGreaterThan(3);
      for (const [parameter, { data }] of ours) {
        expect([parameter, [...data]]).toEqual([
          parameter,
          [...(theirs.get(parameter)?.data ?? [])],
        ]);
      }
    },
  );

  test('the plan says what was drawn, from what, and how large', () => {
    const report = json(
      'init',
      'mlp:6-4-3:relu',
      '--as',
      'torch',
      '-o',
      'p.onnx',
      '--html',
      'p.html',
    );
    expect(report['as']).toBe('torch@2.13');
    const entries = report['parameters'] as Entry[];
    expect(entries[0]).toMatchObject({
      name: 'layers.0.weight',
      scheme: 'torch@2.13 kaiming_uniform_(a=√5)',
      options: {},
      std: expect.closeTo(1 / Math.sqrt(18), 12),
      bound: expect.closeTo(1 / Math.sqrt(6), 12),
      reference: null,
    });
    expect(entries[0].reason).toContain('torch.nn.Linear');
    expect(entries[1]).toMatchObject({ scheme: 'torch@2.13 uniform_(±1/√fan_in)' });
    expect(readFileSync(join(folder, 'p.html'), 'utf8')).toContain('kaiming_uniform_(a=√5)');
    expect(stepzero('advise', 'mlp:6-4-3:relu', '--as', 'torch', '--no-run').stdout).toContain(
      'torch@2.13 kaiming_uniform_(a=√5)',
    );
  });

  test('nothing is calibrated, with or without --no-calibrate', () => {
    const deep = ['init', 'mlp:64-64x30-10:relu', '--as', 'torch', '--scheme', 'he_normal'];
    stepzero(...deep, '-o', 'a.npz');
    stepzero(...deep, '--no-calibrate', '-o', 'b.npz');
    stepzero(...deep, '--no-run', '-o', 'c.npz');
    const [a, b, c] = ['a', 'b', 'c'].map((name) => readFileSync(join(folder, `${name}.npz`)));
    expect(a.equals(b) && a.equals(c)).toBe(true);
  });

  test('--scheme calls a function on every weight, one after another, and leaves the rest to the rules', () => {
    const scheme = 'he_normal(nonlinearity=relu)';
    stepzero(
      'init',
      'mlp:6-4-3:relu',
      '--as',
      'torch',
      '--scheme',
      scheme,
      '-o',
      's.npz',
      '--no-run',
    );
    stepzero(
      'sample',
      'he_normal',
      '--as',
      'torch',
      '--shape',
      '4,6',
      '--nonlinearity',
      'relu',
      '-o',
      's.npy',
    );
    const drawn = npz('s.npz');
    expect(drawn.get('layers.0.weight')?.data).toEqual(read('s.npy').data);
    expect(drawn.get('layers.0.bias')?.data).toEqual(new Float32Array(4));
    const { parameters } = json(
      'advise',
      'mlp:6-4-3:relu',
      '--as',
      'torch',
      '--scheme',
      scheme,
      '--no-run',
    );
    expect((parameters as Entry[]).map((entry) => entry.scheme)).toEqual([
      'torch@2.13 kaiming_normal_(negative_slope=0, mode=fan_in, nonlinearity=relu)',
      'zeros',
      'torch@2.13 kaiming_normal_(negative_slope=0, mode=fan_in, nonlinearity=relu)',
      'zeros',
    ]);
  });

  test('--set draws after the modules were built, which changes nothing else', () => {
    stepzero('init', 'mlp:6-4-3:relu', '--as', 'torch', '-o', 'whole.npz', '--no-run');
    const set = ['--set', 'layers.0.*=normal(std=0.5)'];
    stepzero('init', 'mlp:6-4-3:relu', '--as', 'torch', ...set, '-o', 'set.npz', '--no-run');
    const [whole, changed] = [npz('whole.npz'), npz('set.npz')];
    for (const name of ['layers.1.weight', 'layers.1.bias']) {
      expect(changed.get(name)).toEqual(whole.get(name));
    }
    for (const name of ['layers.0.weight', 'layers.0.bias']) {
      expect(changed.get(name)).not.toEqual(whole.get(name));
    }
  });

  test('--keep keeps, and what is kept is drawn and dropped', () => {
    const file = join(MODULES, 'mlp.ts.onnx');
    const keep = ['--keep', '0.*'];
    stepzero('init', file, '--as', 'torch', ...keep, '--seed', '8', '-o', 'k.npz', '--no-run');
    stepzero('init', file, '--as', 'torch', '--seed', '8', '-o', 'all.npz', '--no-run');
    const [kept, all, own] = [npz('k.npz'), npz('all.npz'), stored('mlp.ts.onnx')];
    expect(kept.get('0.weight')?.data).toEqual(own.get('0.weight')?.data);
    expect(kept.get('4.weight')).toEqual(all.get('4.weight'));
    expect(all.get('0.weight')).not.toEqual(kept.get('0.weight'));
  });

  test('what PyTorch has no default for stays, and the plan says so', () => {
    const { parameters } = json('advise', 'transformer:v7-8x1h2-7:t5', '--as', 'torch', '--no-run');
    const entry = (parameters as Entry[]).find(({ name }) => name === 'pos_embed');
    expect(entry).toMatchObject({ scheme: 'keep', std: null });
    expect(entry?.reason).toMatchInlineSnapshot(
      `"Stays as it is: torch@2.13 has no default for it, since the module that holds it sets its values itself."`,
    );
  });

  test('what cannot be is told in one sentence', () => {
    expect(
      [
        ['init', 'mlp:6-4-3', '--as', 'torch', '--scheme', 'lecun_normal', '-o', 'x.onnx'],
        ['init', 'mlp:6-4-3', '--as', 'torch', '--scheme', 'he_normal(slope=1)', '-o', 'x.onnx'],
        ['init', 'mlp:6-4-3', '--as', 'torch', '--set', '*.bias=he_normal', '-o', 'x.onnx'],
        ['init', 'mlp:6-4-3', '--as', 'torch', '--set', 'fc=zeros', '-o', 'x.onnx'],
      ].map((args) => failure(...args)),
    ).toMatchInlineSnapshot(`
      [
        {
          "sentence": "stepzero: torch@2.13: the scheme must be one that it has, zeros, ones, constant, uniform, normal, truncated_normal, glorot_normal, glorot_uniform, he_normal, he_uniform, orthogonal, sparse, identity, dirac, got "lecun_normal"",
          "status": 1,
        },
        {
          "sentence": "stepzero: he_normal: options must be among negative_slope, mode, nonlinearity, got "slope"",
          "status": 1,
        },
        {
          "sentence": "stepzero: layers.0.bias: torch.nn.init.kaiming_normal_: shape must have at least 2 dimensions, got [4]",
          "status": 1,
        },
        {
          "sentence": "stepzero: --set: the pattern must match a parameter such as layers.0.weight, layers.0.bias, layers.1.weight, got 'fc'",
          "status": 1,
        },
      ]
    `);
  });
});

const PYTHON = process.env['STEPZERO_PYTHON'] ?? 'python3';
const probe = spawnSync(PYTHON, ['-c', 'import torch; print(torch.__version__)'], {
  encoding: 'utf8',
});
const hasTorch = probe.status === 0 && probe.stdout.startsWith('2.13.');
if (!hasTorch) console.log(`skipped: ${PYTHON} has no PyTorch 2.13`);

test.skipIf(!hasTorch)(
  'random shapes, seeds and options are equal to the PyTorch that is installed',
  () => {
    const script = resolve(import.meta.dirname, 'golden/pytorch.py');
    const number = (min: number, max: number): fc.Arbitrary<number> =>
      fc.integer({ min: min * 1000, max: max * 1000 }).map((x) => x / 1000);
    const laws: Record<string, fc.Arbitrary<Record<string, number | string>>> = {
      normal: fc.record({ mean: number(-2, 2), std: number(0, 3) }),
      uniform: fc.record({ low: number(-3, 0), high: number(0, 3) }),
      truncated_normal: fc.record({
        mean: number(-1, 1),
        std: number(0.5, 2),
        a: number(-2, 0),
        b: number(0.1, 3),
      }),
      he_normal: fc.record({
        mode: fc.constantFrom('fan_in', 'fan_out'),
        nonlinearity: fc.constantFrom('relu', 'leaky_relu'),
        negative_slope: number(0, 2),
      }),
      glorot_uniform: fc.record({ gain: number(0, 3) }),
      sparse: fc.record({ sparsity: number(0, 1), std: number(0, 1) }),
    };
    const cases = fc.sample(
      fc.constantFrom(...Object.keys(laws)).chain((scheme) =>
        fc.record({
          scheme: fc.constant(scheme),
          options: laws[scheme],
          shape: fc.array(fc.integer({ min: 1, max: 7 }), {
            minLength: 2,
            maxLength: scheme === 'sparse' ? 2 : 5,
          }),
          seed: fc.maxSafeNat(),
        }),
      ),
      { numRuns: 12, seed: 1 },
    );
    const run = spawnSync(PYTHON, [script, '--draw'], {
      input: JSON.stringify(cases),
      encoding: 'utf8',
    });
    const hashes = JSON.parse(run.stdout) as string[];
    for (const [index, one] of cases.entries()) {
      stepzero(...argumentsOf(one), '--out', 'r.npy');
      expect([one, sha(read('r.npy'))]).toEqual([one, hashes[index]]);
    }
  },
);
