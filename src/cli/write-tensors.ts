import { extname } from 'node:path';
import { writeAtomically } from '../files/index.ts';
import type { Graph } from '../graph/index.ts';
import type { Network } from '../network/index.ts';
import { encodeNpz, encodeSafetensors, type LazyTensor, type Tensor } from '../tensor/index.ts';

/** Writes every parameter under its name as `.safetensors` or `.npz`; kept ones with their stored values. */
export async function writeTensors(
  path: string,
  graph: Graph,
  network: Network,
  draws: ReadonlyMap<string, () => Tensor>,
): Promise<void> {
  const tensors = new Map<string, LazyTensor>();
  for (const { name, role, dtype, shape } of network.parameters) {
    if (role === 'constant' || role === 'unused') continue;
    const read = draws.get(name) ?? graph.constants.get(name)?.read;
    if (read !== undefined) tensors.set(name, { dtype, shape, read });
  }
  const encode = extname(path) === '.npz' ? encodeNpz : encodeSafetensors;
  await writeAtomically(path, encode(tensors));
}
