import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readModelFile } from '../src/files/index.ts';
import { builder, encodeModel, modelOf } from '../src/graph/index.ts';
import { openSession } from '../src/runtime/index.ts';
import { float32 } from './operator-check.ts';
import { folder, stepzero } from './run-command.ts';

beforeAll(() => {
  const b = builder('square');
  b.input('x', 'float32', [2]);
  b.input('n', 'int64', [2]);
  const a = b.constant('a', float32([2, 3]));
  b.output('y', b.node('square', 'Mul', ['x', b.node('scaled', 'Mul', ['x', a])]), 'float32', [2]);
  writeFileSync(join(folder, 'square.onnx'), encodeModel(modelOf(b.build())));
});

describe('stepzero grad', () => {
  test('writes a file that onnxruntime runs: ȳ times derivatives', async () => {
    const { stdout, stderr, status } = stepzero('grad', 'square.onnx');
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toMatchInlineSnapshot(`
      "square.onnx: 3 nodes, its derivative 6
      inputs
        x  float32 [2]
        n  int64 [2]
        cotangent(y)  float32 [2]
      outputs
        grad(x)  float32 [2]
        grad(a)  float32 [2]
      Wrote square.grad.onnx
      "
    `);
    const session = await openSession(join(folder, 'square.grad.onnx'));
    const found = await session.run({
      x: float32([5, 7]),
      n: { dtype: 'int64', shape: [2], data: BigInt64Array.of(0n, 0n) },
      'cotangent(y)': float32([1, 0.5]),
    });
    await session.close();
    expect([...found['grad(x)'].data]).toEqual([20, 21]);
    expect([...found['grad(a)'].data]).toEqual([25, 24.5]);
  });

  test('with --loss and --wrt asks for no cotangents, and with --forward for tangents', () => {
    const loss = stepzero(
      'grad',
      'square.onnx',
      '--loss',
      'sum',
      '--wrt',
      'x',
      '-o',
      'l.onnx',
      '--json',
    );
    const { inputs, outputs } = JSON.parse(loss.stdout) as Record<string, { name: string }[]>;
    expect(inputs.map(({ name }) => name)).toEqual(['x', 'n']);
    expect(outputs.map(({ name }) => name)).toEqual(['grad(x)']);
    expect(readModelFile(join(folder, 'l.onnx')).graph.outputs).toEqual(outputs);
    const forward = stepzero(
      'grad',
      'square.onnx',
      '--forward',
      '--wrt',
      'a',
      '-o',
      'f.onnx',
      '--json',
    );
    const { graph } = readModelFile(join(folder, 'f.onnx'));
    expect(forward.status).toBe(0);
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x', 'n', 'tangent(a)']);
    expect(graph.outputs.map(({ name }) => name)).toEqual(['derivative(y)']);
  });

  test('takes its own output: the derivative of a derivative', () => {
    const first = stepzero('grad', 'square.onnx', '--wrt', 'x', '-o', 'first.onnx');
    const second = stepzero('grad', 'first.onnx', '--wrt', 'x', '-o', 'second.onnx');
    expect([first.status, second.status]).toEqual([0, 0]);
    const { graph } = readModelFile(join(folder, 'second.onnx'));
    expect(graph.inputs.map(({ name }) => name)).toEqual([
      'x',
      'n',
      'cotangent(y)',
      'cotangent(grad(x))',
    ]);
    expect(graph.outputs.map(({ name }) => name)).toEqual(['grad(x)']);
  });

  test('says what cannot be differentiated in one sentence, and writes nothing', () => {
    const failed = stepzero('grad', 'square.onnx', '--wrt', 'n', '-o', 'none.onnx');
    expect(failed).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'stepzero: vjp: a value must be a float to have a derivative, got "n", which is int64\n',
    });
    expect(existsSync(join(folder, 'none.onnx'))).toBe(false);
    expect(stepzero('grad', 'square.onnx', '-o', 'square.onnx').stderr).toBe(
      'stepzero: --out: must be another file than the model, got square.onnx\n',
    );
    expect(stepzero('grad', 'square.onnx', '-o', 'x.bin').stderr).toBe(
      'stepzero: --out: must end in .onnx, got x.bin\n',
    );
  });
});
