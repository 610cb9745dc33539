import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { frameworks, emitProgram } from '../src/emit/index.ts';
import {
  bytesOf,
  castTo,
  decodeNpy,
  decodeNpz,
  decodeSafetensors,
  encodeNpy,
  encodeNpz,
  encodeSafetensors,
  type Tensor,
} from '../src/tensor/index.ts';
import { advise } from '../src/advise/index.ts';
import { modelFile, networkOf, writeCases } from './python/emit-cases.ts';
import { python, pythonHas } from './python/run.ts';

const MODULES = [
  'py_compile',
  'numpy',
  'torch',
  'safetensors',
  'jax',
  'flax',
  'keras',
  'tensorflow',
];
const has = pythonHas(MODULES);
const missing = MODULES.filter((module) => !has.has(module));
if (missing.length > 0) {
  console.warn(
    `Tests that need ${missing.join(', ')} are skipped: ${process.env['STEPZERO_PYTHON'] ?? 'python3'} lacks them (STEPZERO_PYTHON names another Python).`,
  );
}
/** Python starts anew for each framework and imports it, which takes its time on a busy machine. */
const needs = (...modules: string[]): { skip: boolean; timeout: number } => ({
  timeout: 180_000,
  skip: modules.some((module) => !has.has(module)),
});

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stepzero-python-'));
  folders.push(folder);
  return folder;
}

const script = (name: string): string => resolve(import.meta.dirname, 'python', name);

/** Cases whose program is for a model with the names and the layout of the file. */
const isOfFile = (name: string): boolean => name.startsWith('file-');

/** JAX compiles every shape anew, which is slow: a few cases with every kind of draw. */
const FOR_JAX = new Set([
  'tanhcnn',
  'recurrent',
  'encoder',
  'mlp-slope',
  'mlp-stored',
  'cnn-others',
]);
const FOR_FLAX = new Set([
  'tanh',
  'cnn',
  'tanhcnn',
  'recurrent',
  'block',
  'encoder',
  'cnn-stored',
  'cnn-others',
]);

test('programs for torch draw what is planned', needs('torch', 'safetensors'), () => {
  const folder = writeCases(newFolder(), () => true);
  expect(python([script('emit_torch.py'), folder])).toBe('\n');
});

test('programs for jax draw what is planned', needs('jax', 'flax', 'safetensors'), () => {
  const folder = writeCases(newFolder(), (name) => isOfFile(name) || FOR_JAX.has(name));
  expect(python([script('emit_jax.py'), folder])).toBe('\n');
});

test('programs for flax draw what is planned', needs('flax', 'safetensors'), () => {
  const folder = writeCases(newFolder(), (name) => FOR_FLAX.has(name));
  expect(python([script('emit_flax.py'), folder])).toBe('\n');
});

test('programs for keras draw what is planned', needs('keras', 'safetensors'), () => {
  const backend = ['torch', 'jax', 'tensorflow'].find((name) => has.has(name)) ?? 'jax';
  const folder = writeCases(newFolder(), (name) => !isOfFile(name));
  expect(python([script('emit_keras.py'), folder, backend])).toBe('\n');
});

test('every program is Python', needs('py_compile'), () => {
  const folder = newFolder();
  const files = ['mlp', 'tanh', 'cnn', 'recurrent', 'block', 'encoder'].flatMap((name) => {
    const network = networkOf(name);
    const plan = advise(network, { model: `a "model"\\ of\n${name}`, seed: 0 });
    return frameworks.map((framework) => {
      const path = join(folder, `${name}_${framework}.py`);
      writeFileSync(path, emitProgram(plan, network, framework));
      return path;
    });
  });
  expect(python(['-W', 'error', '-m', 'py_compile', ...files])).toBe('');
});

type Digests = Readonly<Record<string, { dtype: string; shape: number[]; sha256: string }>>;

function digests(tensors: ReadonlyMap<string, Tensor>): Digests {
  return Object.fromEntries(
    [...tensors].map(([name, tensor]) => {
      const sha256 = createHash('sha256').update(bytesOf(tensor)).digest('hex');
      return [name, { dtype: tensor.dtype, shape: [...tensor.shape], sha256 }];
    }),
  );
}

const ramp = Float64Array.from({ length: 24 }, (_, i) => (i - 7) / 3);

/** Every dtype, a scalar, tensors without elements, and names that are not plain words. */
const TENSORS: ReadonlyMap<string, Tensor> = new Map<string, Tensor>([
  ['float32', { dtype: 'float32', shape: [2, 3, 4], data: castTo('float32', ramp) }],
  ['float64', { dtype: 'float64', shape: [24], data: ramp }],
  ['float16', { dtype: 'float16', shape: [4, 6], data: castTo('float16', ramp) }],
  ['bfloat16', { dtype: 'bfloat16', shape: [6, 4], data: castTo('bfloat16', ramp) }],
  ['int8', { dtype: 'int8', shape: [3], data: Int8Array.of(-128, 0, 127) }],
  ['int16', { dtype: 'int16', shape: [2], data: Int16Array.of(-32768, 32767) }],
  ['int32', { dtype: 'int32', shape: [2], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) }],
  ['int64', { dtype: 'int64', shape: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) }],
  ['uint8', { dtype: 'uint8', shape: [2], data: Uint8Array.of(0, 255) }],
  ['uint16', { dtype: 'uint16', shape: [1, 2], data: Uint16Array.of(0, 65535) }],
  ['uint32', { dtype: 'uint32', shape: [2], data: Uint32Array.of(0, 2 ** 32 - 1) }],
  ['uint64', { dtype: 'uint64', shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) }],
  ['bool', { dtype: 'bool', shape: [5], data: Uint8Array.of(0, 1, 1, 0, 1) }],
  ['scalar', { dtype: 'float32', shape: [], data: Float32Array.of(-0) }],
  ['empty', { dtype: 'float32', shape: [0, 3], data: new Float32Array(0) }],
  ['empty.int', { dtype: 'int64', shape: [2, 0], data: new BigInt64Array(0) }],
  ['Größe/重み "1"', { dtype: 'float32', shape: [1], data: Float32Array.of(Infinity) }],
  ['__proto__', { dtype: 'float32', shape: [1], data: Float32Array.of(NaN) }],
]);

const parsed = (text: string): Digests => JSON.parse(text) as Digests;

test('PyTorch loads every tensor of a .safetensors file', needs('torch', 'safetensors'), () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'ours.safetensors'), Buffer.concat([...encodeSafetensors(TENSORS)]));
  expect(parsed(python([script('files.py'), 'torch', 'ours.safetensors'], '', folder))).toEqual(
    digests(TENSORS),
  );
});

test('NumPy loads every tensor of an .npz file, and .npy files', needs('numpy'), () => {
  const folder = newFolder();
  const bfloat16 = TENSORS.get('bfloat16');
  if (bfloat16 === undefined) throw new Error('bfloat16 must be there');
  // NumPy has no bfloat16: its numbers are those of float32 with the lower bits 0.
  const bits = Uint32Array.from(bfloat16.data as Uint16Array, (half) => half << 16);
  const data = new Float32Array(bits.buffer);
  const tensors = new Map(TENSORS).set('bfloat16', { ...bfloat16, dtype: 'float32', data });
  writeFileSync(join(folder, 'ours.npz'), Buffer.concat([...encodeNpz(TENSORS)]));
  expect(parsed(python([script('files.py'), 'numpy', 'ours.npz'], '', folder))).toEqual(
    digests(tensors),
  );
  for (const [name, tensor] of TENSORS) {
    writeFileSync(join(folder, 'one.npy'), Buffer.concat([...encodeNpy(tensor)]));
    if (name !== 'float16' && name !== 'scalar' && name !== 'empty') continue;
    expect(parsed(python([script('files.py'), 'numpy', 'one.npy'], '', folder))).toEqual(
      digests(new Map([['', tensor]])),
    );
  }
});

test('what PyTorch and NumPy write is read', needs('torch', 'safetensors', 'numpy'), () => {
  const folder = newFolder();
  const written = JSON.parse(python([script('files.py'), 'write'], '', folder)) as Readonly<
    Record<string, Digests>
  >;
  expect(Object.keys(written)).toHaveLength(8);
  for (const [file, expected] of Object.entries(written)) {
    const bytes = new Uint8Array(readFileSync(join(folder, file)));
    const tensors = file.endsWith('.npz')
      ? decodeNpz(bytes, file)
      : file.endsWith('.npy')
        ? new Map([['', decodeNpy(bytes, file)]])
        : decodeSafetensors(bytes, file).tensors;
    expect(digests(tensors)).toEqual(expected);
  }
});

test(
  'a model of PyTorch loads the weights that `init` writes for its export',
  needs('torch', 'safetensors'),
  () => {
    const folder = newFolder();
    for (const name of ['mlp', 'cnn', 'recurrent', 'block', 'encoder']) {
      writeFileSync(join(folder, `${name}.onnx`), modelFile(name));
      const { status, stderr } = spawnSync(
        process.execPath,
        [
          resolve(import.meta.dirname, '../src/cli/main.ts'),
          'init',
          `${name}.onnx`,
          '--no-run',
          '-o',
          `${name}.safetensors`,
        ],
        { cwd: folder, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
      );
      expect([status, stderr]).toEqual([0, '']);
    }
    expect(python([script('state.py')], '', folder)).toBe('\n');
  },
);
