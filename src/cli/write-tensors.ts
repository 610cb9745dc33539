import { extname } from 'node:path';
import { writeAtomically } from '../files/index.ts';
import type { Graph } from '../graph/index.ts';
import type { Network } from '../network/index.ts';
import { encodeNpz, encodeSafetensors, type Tensor } from '../tensor/index.ts';

/** Writes every parameter under its name as `.safetensors` or `.npz`; kept ones with their stored values. */
export function writeTensors(
  path: string,
  graph: Graph,
  network: Network,
  draws: ReadonlyMap<string, () => Tensor>,
): void {
  const tensors = new Map<string, Tensor>();
  for (const { name, role } of network.parameters) {
    if (role === 'constant' || role === 'unused') continue;
    const draw = draws.get(name) ?? graph.constants.get(name)?.read;
    if (draw !== undefined) tensors.set(name, draw());
  }
  const encode = extname(path) === '.npz' ? encodeNpz : encodeSafetensors;
  writeAtomically(path, encode(tensors));
}
