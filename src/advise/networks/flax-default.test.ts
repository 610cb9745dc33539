import { expect, test } from 'vitest';
import { graphOf } from '../../../test/graph-fixture.ts';
import { buildArchitecture, describeNetwork, type Network } from '../../network/index.ts';
import { advise } from '../advise.ts';
import type { PlanEntry } from '../plan.ts';

function planned(network: Network): (name: string) => PlanEntry {
  const { parameters } = advise(network, { model: 'm', seed: 0, scheme: 'flax_default' });
  return (name) => {
    const found = parameters.find((entry) => entry.name === name);
    if (found === undefined) throw new Error(`${name} must be planned`);
    return found;
  };
}

test('kernels have variance 1/fan_in, embeddings 1/width, recurrences orthogonal gates', () => {
  const entry = planned(describeNetwork(buildArchitecture('lstm:v50e12-16-5')));
  expect(entry('embed.weight').std).toBeCloseTo(1 / Math.sqrt(12), 12);
  expect(entry('rnn.weight_ih_l0')).toMatchObject({ scheme: 'lecun_truncated_normal' });
  expect(entry('rnn.weight_ih_l0').std).toBeCloseTo(1 / Math.sqrt(12), 12);
  expect(entry('rnn.weight_hh_l0')).toMatchObject({ scheme: 'orthogonal', std: 1 / 4 });
  expect(entry('rnn.weight_hh_l0').blocks).toHaveLength(4);
  expect(entry('rnn.bias_l0').scheme).toBe('zeros');
  expect(entry('fc.weight').std).toBeCloseTo(1 / 4, 12);
});

test('a transposed convolution counts all of its taps, as Flax does', () => {
  const graph = graphOf(['batch', 6, 8, 8], (b) =>
    b.node('up', 'ConvTranspose', ['x', b.parameter('up.weight', [6, 4, 3, 3])], {
      strides: [2, 2],
    }),
  );
  // in · 3 · 3 of the kernel [3, 3, in, out].
  expect(planned(describeNetwork(graph))('up.weight').std).toBeCloseTo(1 / Math.sqrt(54), 12);
});
