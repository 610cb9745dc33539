import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileKernels } from '../../assembly/compile.ts';
import { fold, key, plainKernels, wasmKernels, type FloatArray, type Kernels } from './index.ts';
import { WASM_BYTES } from './wasm-bytes.ts';

const found = wasmKernels();
if (found === null) throw new Error('this engine must have WebAssembly SIMD');
const wasm: Kernels = found;

type Fill = (kernels: Kernels, out: FloatArray, offset: number) => void;

const k = fold(key(2 ** 53 - 1), 'wasm');

/** Every loop of the module: quick and exact normals, every method of truncation, mirrored or not. */
const fills: Readonly<Record<string, Fill>> = {
  uniform: ({ uniform }, out, offset) => uniform(k, out, -0.3, 0.7, offset),
  'uniform between neighbours': ({ uniform }, out, offset) =>
    uniform(k, out, 1, 1 + 2 ** -22, offset),
  'uniform of a width near 0': ({ uniform }, out, offset) => uniform(k, out, 0, 1e-300, offset),
  'normal of mean 0': ({ normal }, out, offset) => normal(k, out, 0, 0.37, offset),
  'normal of mean 1': ({ normal }, out, offset) => normal(k, out, 1, 0.02, offset),
  'tiny normal': ({ normal }, out, offset) => normal(k, out, 0, 1e-40, offset),
  'huge normal': ({ normal }, out, offset) => normal(k, out, 0, 1e38, offset),
  'normal cut at ±2': ({ truncatedNormal }, out, offset) =>
    truncatedNormal(k, out, 0, 0.02, -2, 2, offset),
  'normal cut at ±2 around 1': ({ truncatedNormal }, out, offset) =>
    truncatedNormal(k, out, 1, 0.02, -2, 2, offset),
  'normal cut at 0': ({ truncatedNormal }, out, offset) =>
    truncatedNormal(k, out, 0, 3, 0, Infinity, offset),
  'normal cut above -1': ({ truncatedNormal }, out, offset) =>
    truncatedNormal(k, out, 0, 3, -1, Infinity, offset),
  'normal cut to a narrow interval around 0': ({ truncatedNormal }, out, offset) =>
    truncatedNormal(k, out, 0, 1, -0.5, 1, offset),
  'tail of a normal': ({ truncatedNormal }, out, offset) =>
    truncatedNormal(k, out, 0, 1, 3, Infinity, offset),
  'narrow tail on the negative side': ({ truncatedNormal }, out, offset) =>
    truncatedNormal(k, out, 0.5, 1, -3.1, -3, offset),
  'truncated normal of std 0': ({ truncatedNormal }, out, offset) =>
    truncatedNormal(k, out, 0.1, 0, -2, 2, offset),
};

const offsets = fc.oneof(
  fc.nat(10),
  fc.nat(2 ** 40),
  // Around where the lower word of a block's number wraps, and up to the last element of a stream.
  fc.integer({ min: 2 ** 34 - 9000, max: 2 ** 34 }),
  fc.integer({ min: 2 ** 53 - 20_000, max: 2 ** 53 - 10_000 }),
);

test.each(Object.entries(fills))('%s has the bits of plain TypeScript', (_, fill) => {
  fc.assert(
    fc.property(offsets, fc.nat(9000), fc.boolean(), (offset, size, isSingle) => {
      const make = (): FloatArray => (isSingle ? new Float32Array(size) : new Float64Array(size));
      const [ours, plain] = [make(), make()];
      fill(wasm, ours, offset);
      fill(plainKernels, plain, offset);
      expect(Buffer.compare(Buffer.from(ours.buffer), Buffer.from(plain.buffer))).toBe(0);
    }),
    { numRuns: 12 },
  );
});

// Of the blocks of four numbers 1 in 400 is in doubt, so that some 2500 go the long way here.
test('a million quick normals have the bits of plain TypeScript', () => {
  const [ours, plain] = [new Float32Array(4_000_000), new Float32Array(4_000_000)];
  wasm.normal(key(9), ours, 0, 0.02);
  plainKernels.normal(key(9), plain, 0, 0.02);
  expect(Buffer.compare(Buffer.from(ours.buffer), Buffer.from(plain.buffer))).toBe(0);
});

test('a view that starts anywhere is filled, and nothing beside it', () => {
  const whole = new Float32Array(100).fill(7);
  wasm.normal(key(1), whole.subarray(3, 50), 0, 1, 5);
  const alone = new Float32Array(47);
  plainKernels.normal(key(1), alone, 0, 1, 5);
  expect(whole.subarray(3, 50)).toEqual(alone);
  expect([whole[2], whole[50]]).toEqual([7, 7]);
});

test('errors are those of plain TypeScript', () => {
  const out = new Float32Array(4);
  const wrong: readonly ((kernels: Kernels) => void)[] = [
    ({ uniform }) => uniform(k, out, 1, 0),
    ({ uniform }) => uniform(k, out, 0, 1, -1),
    ({ normal }) => normal(k, out, NaN, 1),
    ({ normal }) => normal(k, out, 0, 1, 2 ** 53),
    ({ truncatedNormal }) => truncatedNormal(k, out, 0, -1, -2, 2),
    ({ truncatedNormal }) => truncatedNormal(k, out, 0, 1, 2, -2),
    ({ truncatedNormal }) => truncatedNormal(k, out, 0, 1, -2, 2, 0.5),
  ];
  const messageOf = (kernels: Kernels, call: (kernels: Kernels) => void): string => {
    try {
      call(kernels);
    } catch (error) {
      return String(error);
    }
    return 'no error';
  };
  for (const call of wrong) {
    expect(messageOf(wasm, call)).toBe(messageOf(plainKernels, call));
    expect(messageOf(wasm, call)).toMatch(/^RangeError: /);
  }
});

test('the module is what the sources in assembly/kernels compile to', async () => {
  expect(Buffer.from(await compileKernels()).toString('base64')).toBe(WASM_BYTES);
});
