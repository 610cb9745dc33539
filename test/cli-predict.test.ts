import { expect, test } from 'vitest';
import type { Prediction } from '../src/meanfield/index.ts';
import { stepzero } from './run-command.ts';

const predicted = (...args: string[]): Prediction =>
  JSON.parse(stepzero('predict', ...args, '--json').stdout) as Prediction;

test('predict prints every layer, the verdict and what to change', () => {
  expect(stepzero('predict', 'mlp:64-64x12-10:relu', '--scheme', 'normal(std=0.05)'))
    .toMatchInlineSnapshot(`
    {
      "status": 0,
      "stderr": "",
      "stdout": "mlp:64-64x12-10:relu: 13 layers deep, predicted in the wide limit

    layer                  op        E[x²]      mean       c   gradient      χ
    ──────────────────────────────────────────────────────────────────────────
    layers.0_output        Gemm       0.16         0       0  1.074e-14   0.16
    activations.0_output   Relu       0.08    0.1596  0.3183  2.147e-14    0.5
    layers.1_output        Gemm     0.0128         0  0.3183  1.342e-13   0.16
    activations.1_output   Relu     0.0064   0.04514  0.4937  2.684e-13    0.5
    layers.2_output        Gemm   0.001024         0  0.4937  1.678e-12   0.16
    activations.2_output   Relu    5.12e-4   0.01277  0.6048  3.355e-12    0.5
    layers.3_output        Gemm   8.192e-5         0  0.6048  2.097e-11   0.16
    activations.3_output   Relu   4.096e-5  0.003611   0.681  4.194e-11    0.5
    layers.4_output        Gemm   6.554e-6         0   0.681  2.621e-10   0.16
    activations.4_output   Relu   3.277e-6  0.001021  0.7359  5.243e-10    0.5
    layers.5_output        Gemm   5.243e-7         0  0.7359   3.277e-9   0.16
    activations.5_output   Relu   2.621e-7  2.889e-4  0.7772   6.554e-9    0.5
    layers.6_output        Gemm   4.194e-8         0  0.7772   4.096e-8   0.16
    activations.6_output   Relu   2.097e-8   8.17e-5  0.8091   8.192e-8    0.5
    layers.7_output        Gemm   3.355e-9         0  0.8091    5.12e-7   0.16
    activations.7_output   Relu   1.678e-9  2.311e-5  0.8344   1.024e-6    0.5
    layers.8_output        Gemm  2.684e-10         0  0.8344     6.4e-6   0.16
    activations.8_output   Relu  1.342e-10  6.536e-6  0.8548    1.28e-5    0.5
    layers.9_output        Gemm  2.147e-11         0  0.8548       8e-5   0.16
    activations.9_output   Relu  1.074e-11  1.849e-6  0.8715     1.6e-4    0.5
    layers.10_output       Gemm  1.718e-12         0  0.8715      0.001   0.16
    activations.10_output  Relu   8.59e-13  5.229e-7  0.8854      0.002    0.5
    layers.11_output       Gemm  1.374e-13         0  0.8854     0.0125   0.16
    activations.11_output  Relu  6.872e-14  1.479e-7  0.8971      0.025    0.5
    layers.12_output       Gemm    1.1e-14         0  0.8971          1  0.025

    ▌ The gradient vanishes: from \`layers.11_output\` back to \`layers.0_output\` the squared length of the
    ▌ gradient changes by a factor 8.6e-13, on the way there the second moment of the signal by 8.6e-13;
    ▌ the depth scale is 0.432 layers against a depth of 13. It goes wrong first at \`layers.8_output\`.

    ▌ Multiply the standard deviation of all hidden weights by 3.54: from the first hidden layer to the
    ▌ last that keeps the gradient, and changes the second moment of the signal by a factor 1.
    ",
    }
  `);
});

test('predict --json has the layers with their numbers, and what becomes of the network', () => {
  const { layers, verdict, depthScale, ...rest } = predicted('mlp:64-64x2-10:tanh', '--c', '0.5');
  expect(layers.map(({ name, op, known }) => [name, op, known])).toEqual([
    ['layers.0_output', 'Gemm', true],
    ['activations.0_output', 'Tanh', true],
    ['layers.1_output', 'Gemm', true],
    ['activations.1_output', 'Tanh', true],
    ['layers.2_output', 'Gemm', true],
  ]);
  for (const layer of layers) {
    expect(Object.keys(layer)).toEqual([
      'name',
      'op',
      'q',
      'mean',
      'c',
      'gradient',
      'chi',
      'known',
      'note',
    ]);
    expect(layer.q).toBeGreaterThan(0);
    expect(layer.c).toBeCloseTo(0.5, 1);
  }
  expect(verdict).toMatch(/^Signal and gradient keep their size: /);
  expect(depthScale).toBeGreaterThan(3);
  expect(rest).toMatchObject({
    version: 1,
    model: 'mlp:64-64x2-10:tanh',
    depth: 3,
    phase: 'critical',
    where: null,
    change: null,
  });
});

test('predict takes the plan of a scheme, of a framework and of single tensors', () => {
  const first = (...args: string[]): number =>
    predicted('mlp:64-64x2-10:relu', ...args).layers[0].q!;
  expect(first('--scheme', 'he_normal')).toBeCloseTo(2, 12);
  expect(first('--scheme', 'he_normal', '--q', '4')).toBeCloseTo(8, 12);
  expect(first('--set', 'layers.0.*=normal(std=1)')).toBeCloseTo(64 + 1, 12);
  // Weights and biases of a torch.nn.Linear are U(±1/√64): 64/(3·64) + 1/(3·64), of a sample of 4096 and 64.
  const drawn = first('--as', 'torch');
  expect(drawn).not.toBe(first('--as', 'torch', '--seed', '1'));
  expect(Math.abs(drawn / ((64 + 1) / 192) - 1)).toBeLessThan(5 * Math.sqrt(0.8 / 4096));
});

test('what predict cannot take is said in one sentence', () => {
  const message = (...args: string[]): string => {
    const { status, stderr } = stepzero('predict', ...args);
    return `${status} ${stderr}`;
  };
  expect(message('mlp:4-4-2', '--as-is')).toMatchInlineSnapshot(`
    "2 stepzero: --as-is: must have a file whose weights are stored, got the architecture mlp:4-4-2
    "
  `);
  expect(message('mlp:4-4-2', '--q', '0')).toMatchInlineSnapshot(`
    "2 stepzero: --q: must be a positive number, got 0
    (stepzero predict --help shows examples)
    "
  `);
  expect(message('mlp:4-4-2', '--c', '2')).toMatchInlineSnapshot(`
    "2 stepzero: --c: must be a number from -1 to 1, got 2
    (stepzero predict --help shows examples)
    "
  `);
  expect(message('mlp:4-4-2', '--as-is', '--scheme', 'zeros')).toMatchInlineSnapshot(`
    "2 stepzero: option '--as-is' cannot be used with option '--scheme <NAME>'
    (stepzero predict --help shows examples)
    "
  `);
  expect(message('mpl:4-4-2')).toMatchInlineSnapshot(`
    "1 stepzero: architecture: name must be one of mlp, linear, cnn, vanilla, resnet, rnn, gru, lstm, transformer (nearest: mlp), got mpl
    "
  `);
  expect(message('mlp:4-4-2', '--scheme', 'he')).toMatchInlineSnapshot(`
    "1 stepzero: scheme: name must be one that "stepzero schemes" lists, such as ones, got "he"
    "
  `);
});

test('predict --help has an example', () => {
  const { stdout, status } = stepzero('predict', '--help');
  expect(status).toBe(0);
  expect(stdout).toMatch(/\$ stepzero predict/);
});
