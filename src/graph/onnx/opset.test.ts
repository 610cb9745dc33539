import { InferenceSession } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { builder } from '../builder.ts';
import { encodeModel } from './encode.ts';
import { modelOf } from './from-graph.ts';
import { newestIrVersion, newestOpset, oldestOpset } from './opset.ts';

async function loads(opset: number, irVersion: number): Promise<boolean> {
  const { input, node, output, build } = builder('g');
  output('y', node('relu', 'Relu', [input('x', 'float32', [1])]), 'float32', [1]);
  const model = modelOf({ ...build(), opsets: { '': opset } });
  model.proto.irVersion = BigInt(irVersion);
  try {
    await InferenceSession.create(encodeModel(model));
    return true;
  } catch {
    return false;
  }
}

test('onnxruntime loads every opset from the oldest to the newest, and none after that', async () => {
  const opsets = Array.from({ length: 30 }, (_, index) => oldestOpset + index);
  const loaded = await Promise.all(opsets.map((opset) => loads(opset, 10)));
  expect(opsets.filter((_, index) => loaded[index])).toEqual(
    opsets.filter((opset) => opset <= newestOpset),
  );
});

test('onnxruntime loads the newest format version and not the next', async () => {
  expect(await loads(13, newestIrVersion)).toBe(true);
  expect(await loads(13, newestIrVersion + 1)).toBe(false);
});
