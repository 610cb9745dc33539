import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readModelFile } from '../src/files/index.ts';
import type { Model } from '../src/graph/index.ts';
import { dialect } from '../src/init/index.ts';
import { describeNetwork } from '../src/network/index.ts';

// Exported by test/golden/pytorch_modules.py right after torch.manual_seed(7) and building the module, so that
// the weights in the file are PyTorch's own.
const FOLDER = resolve(import.meta.dirname, 'golden/pytorch_modules');

/** What is no parameter of a module: numbers of the computation, states, and what was computed at export. */
const OTHERS = new Set(['constant', 'unused', 'initial_state']);

/** Names of parameters that differ from what the file holds, or are not built. */
function differing({ graph }: Model, seed: number): string[] {
  const network = describeNetwork(graph);
  const built = dialect('torch').build(network, seed);
  return network.parameters.flatMap(({ name, role }) => {
    const own = graph.constants.get(name)?.read().data;
    const { data } = built.get(name)?.tensor ?? {};
    if (data === undefined) return OTHERS.has(role) ? [] : [`${name} (${role}) is not built`];
    const isEqual = data.length === own?.length && data.every((x, i) => x === Number(own[i]));
    return isEqual ? [] : [name];
  });
}

test.each(readdirSync(FOLDER))(
  '%s: building gives every parameter that PyTorch gave it',
  (file) => {
    const left = differing(readModelFile(join(FOLDER, file)), 7);
    // The unrolled RNN adds a product with a state of zeros that was computed at export.
    expect(left.filter((text) => !/^linear_\d+ \(bias\)/.test(text))).toEqual([]);
  },
);

test('another seed gives other values', () => {
  const model = readModelFile(join(FOLDER, 'mlp.ts.onnx'));
  expect(differing(model, 8)).toHaveLength(5);
});

test('a function is called for every tensor of PyTorch, not of the file: gate by gate, copy by copy', () => {
  const { graph } = readModelFile(join(FOLDER, 'lstm.ts.onnx'));
  const network = describeNetwork(graph);
  const torch = dialect('torch');
  const weights = network.parameters.filter(({ layout }) => layout.length > 0);
  const choice = { scheme: 'uniform', options: { low: 0, high: 1 } };
  const choices = new Map(weights.map(({ name }) => [name, choice]));
  const values = torch.assign?.(network, 3, choices, false);
  const [input, hidden, output] = weights.map(({ name }) => values?.get(name)?.tensor.data ?? []);
  const { data } = torch.functions['uniform'].draw(3, [20 * 6 + 20 * 5 + 3 * 5], choice.options);
  // PyTorch's gates are input, forget, cell, output; the file's input, output, forget, cell.
  const gates = (from: number, width: number): number[] =>
    [0, 3, 1, 2].flatMap((gate) =>
      Array.from(data.subarray(from + gate * 5 * width, from + (gate + 1) * 5 * width)),
    );
  expect([...input]).toEqual(gates(0, 6));
  expect([...hidden]).toEqual(gates(120, 5));
  expect([...output]).toEqual([...data.subarray(220)]);
});

const DEEP = resolve(import.meta.dirname, '../../shared/models/torch/mlp_relu_20x128.onnx');
if (!existsSync(DEEP)) console.log(`skipped: ${DEEP} is not there`);

test.skipIf(!existsSync(DEEP))(
  'a real network that was built under seed 0 is given its own weights',
  () => {
    expect(differing(readModelFile(DEEP), 0)).toEqual([]);
  },
);
