import { encodeModel, modelOf, type Graph } from '../graph/index.ts';
import { openSession } from './session.ts';

const CHANNELS = 64;

/** Puts an image of one place and many channels into blocks and takes it as if it had been so before. */
const probe: Graph = {
  name: 'channels in blocks',
  opsets: { '': 21, 'com.microsoft.nchwc': 1 },
  inputs: [{ name: 'x', dtype: 'float32', shape: [1, CHANNELS, 1, 2] }],
  outputs: [{ name: 'y', dtype: 'float32', shape: [1, CHANNELS, 1, 2] }],
  constants: new Map(),
  values: new Map(),
  nodes: [
    {
      name: 'reorder',
      operator: 'ReorderInput',
      domain: 'com.microsoft.nchwc',
      inputs: ['x'],
      outputs: ['y'],
      attributes: {},
    },
  ],
};

/**
 * How many channels onnxruntime lays side by side in its own layout for convolutions on this machine: 16 with AVX-512, 8
 * with AVX; 1 where it has no such layout.
 */
export async function channelBlock(): Promise<number> {
  const data = Float32Array.from({ length: 2 * CHANNELS }, (_, index) => index);
  try {
    const session = await openSession(encodeModel(modelOf(probe)), { threads: 1 });
    const { y } = await session.run({ x: { dtype: 'float32', shape: [1, CHANNELS, 1, 2], data } });
    await session.close();
    // The second place of the first channel comes behind the first places of all channels of a block.
    const block = y.data.findIndex((value: number | bigint) => Number(value) === 1);
    const isWhole = [8, 16, 32].includes(block) && CHANNELS % block === 0;
    return isWhole ? block : 1;
  } catch {
    return 1;
  }
}
