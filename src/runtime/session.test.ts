import { expect, test } from 'vitest';
import { builder, encodeModel, modelOf, type Graph } from '../graph/index.ts';
import type { DType, Tensor } from '../tensor/index.ts';
import { instrument, liftable, shapeOutput } from './instrument.ts';
import { openSession } from './session.ts';

const float32 = (shape: readonly number[], ...values: number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});

function identity(dtype: DType): Graph {
  const b = builder('identity');
  b.output('y', b.input('x', dtype, ['batch', 2]), dtype, ['batch', 2]);
  return b.build();
}

const open = (graph: Graph) => openSession(encodeModel(modelOf(graph)), { name: 'test.onnx' });

function linear(): Graph {
  const b = builder('linear');
  const x = b.input('x', 'float32', ['batch', 2]);
  const w = b.constant('w', float32([2, 2], 1, 2, 3, 4));
  b.output('y', b.node('product', 'MatMul', [x, w]), 'float32', ['batch', 2]);
  return b.build();
}

test.each<Tensor>([
  { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1.5, -0) },
  { dtype: 'float64', shape: [1, 2], data: Float64Array.of(0.1, NaN) },
  { dtype: 'float16', shape: [1, 2], data: Uint16Array.of(0x3c00, 0x7e00) },
  { dtype: 'int64', shape: [1, 2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n) },
  { dtype: 'int32', shape: [1, 2], data: Int32Array.of(-1, 7) },
  { dtype: 'uint8', shape: [1, 2], data: Uint8Array.of(0, 255) },
  { dtype: 'bool', shape: [2, 2], data: Uint8Array.of(0, 1, 1, 0) },
])('a $dtype tensor goes through onnxruntime bit for bit', async (tensor) => {
  const session = await open(identity(tensor.dtype));
  expect(session.inputs).toEqual([{ name: 'x', dtype: tensor.dtype, shape: ['batch', 2] }]);
  expect(await session.run({ x: tensor })).toEqual({ y: tensor });
  await session.close();
});

test('a model of bfloat16 is refused in one sentence', async () => {
  await expect(open(identity('bfloat16'))).rejects.toThrowErrorMatchingInlineSnapshot(
    `[RangeError: test.onnx: onnxruntime must be able to load the model, got: an input or output of bfloat16, which it does not pass on]`,
  );
});

test('what is no model is refused in one sentence', async () => {
  const bytes = Uint8Array.of(1, 2, 3);
  await expect(openSession(bytes)).rejects.toThrowErrorMatchingInlineSnapshot(
    `[RangeError: model: onnxruntime must be able to load the model, got: Failed to load model because protobuf parsing failed.]`,
  );
  await expect(openSession('/nowhere.onnx')).rejects.toThrowErrorMatchingInlineSnapshot(
    `[RangeError: /nowhere.onnx: onnxruntime must be able to load the model, got: Load model /nowhere.onnx failed. File doesn't exist]`,
  );
});

test('an operator that onnxruntime does not know is refused in one sentence', async () => {
  const b = builder('strange');
  b.output('y', b.node('strange', 'Strange', [b.input('x', 'float32', [1])]), 'float32', [1]);
  await expect(open(b.build())).rejects.toThrowErrorMatchingInlineSnapshot(
    `[RangeError: test.onnx: onnxruntime must be able to load the model, got: In Node, ("strange", Strange, "", -1) : ("x": tensor(float),) -> ("strange_output",) , Error No Op registered for Strange with domain_version of 21]`,
  );
});

test('feeds that do not fit the inputs are refused before the run', async () => {
  const session = await open(linear());
  const message = async (feeds: Record<string, Tensor>): Promise<string> => {
    const error: unknown = await session.run(feeds).catch((reason: unknown) => reason);
    return error instanceof Error ? error.message : 'no error';
  };
  expect([
    await message({}),
    await message({ x: float32([1, 3], 1, 2, 3) }),
    await message({ x: float32([2], 1, 2) }),
    await message({ x: { dtype: 'int64', shape: [1, 2], data: BigInt64Array.of(1n, 2n) } }),
    await message({ x: float32([1, 2], 1, 2), z: float32([1], 1) }),
  ]).toMatchInlineSnapshot(`
    [
      "x: an input must be given, got none",
      "x: shape must be [batch,2], got [1,3]",
      "x: shape must be [batch,2], got [2]",
      "x: dtype must be float32, got int64",
      "z: an input must be one of x, got z",
    ]
  `);
  await session.close();
});

test('only the outputs asked for come back', async () => {
  const session = await openSession(
    encodeModel(instrument(modelOf(linear()), { outputs: ['product_output', 'y'] })),
  );
  const x = float32([1, 2], 1, 10);
  expect(await session.run({ x }, ['product_output'])).toEqual({
    product_output: float32([1, 2], 31, 42),
  });
  await session.close();
});

test('a lifted weight is taken from the feeds, and shapes can be asked for instead of values', async () => {
  const model = modelOf(linear());
  const lifted = liftable(model);
  expect([...lifted.keys()]).toEqual(['w']);
  const copy = instrument(model, { outputs: ['y'], shapes: ['product_output'], lifted });
  const bytes = encodeModel(copy);
  const session = await openSession(bytes);
  const x = float32([2, 2], 1, 0, 0, 1);
  const outputs = await session.run({ x, w: float32([2, 2], 5, 6, 7, 8) });
  expect(outputs['y']).toEqual(float32([2, 2], 5, 6, 7, 8));
  expect(outputs[shapeOutput('product_output')].data).toEqual(BigInt64Array.of(2n, 2n));
  await session.close();
  const whole = await openSession(encodeModel(model));
  expect(await whole.run({ x })).toEqual({ y: float32([2, 2], 1, 2, 3, 4) });
  await whole.close();
});
