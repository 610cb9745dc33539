import { expect, test } from 'vitest';
import { activation } from '../../activation/index.ts';
import { buildArchitecture } from '../../network/index.ts';
import { graphNetwork } from './graph-network.ts';
import { networkFunction, residualNetwork, subnetFunction } from './map-network.ts';
import { shapeActivation } from './shape.ts';

test('a ResNet-50 is read like its description', () => {
  const { network, activations, notes } = graphNetwork(buildArchitecture('resnet:50'), {
    shortcutWeight: 0.8,
  });
  const described = residualNetwork({
    blocks: [16],
    calls: 2,
    shortcutWeight: 0.8,
    callsAfterSum: 1,
    finalCalls: 0,
  });
  expect(activations).toEqual([{ name: 'relu', count: 49 }]);
  // The graph has one more activation, after the stem.
  for (const r of [(y: number) => 1.01 * y, (y: number) => 0.5 * y + 0.4]) {
    expect(networkFunction(network)(0.3, r)).toBeCloseTo(networkFunction(described)(r(0.3), r), 13);
  }
  expect(notes).toEqual([
    '16 residual sums must be weighted: 0.8 · shortcut + 0.6 · branch.',
    '53 BatchNormalization must be taken out: shaping keeps second moments at 1 by itself, and holds without.',
    '1 MaxPool counted as leaving correlations as they are, as a mean does.',
  ]);
});

test('a chain is as deep as it has activations', () => {
  const { network, notes } = graphNetwork(buildArchitecture('mlp:16-32x10-4:tanh'));
  expect(subnetFunction(network)(0, (y) => y + 1)).toBe(10);
  expect(notes).toEqual([]);
});

test('every architecture can be shaped or says why not', () => {
  const shaped = (text: string): number => {
    const { network } = graphNetwork(buildArchitecture(text));
    return shapeActivation(activation('tanh'), { method: 'tat', network: subnetFunction(network) })
      .reached;
  };
  for (const text of ['mlp', 'cnn', 'resnet:101', 'transformer']) {
    expect(shaped(text)).toBeCloseTo(0.3, 9);
  }
  expect(() => shaped('linear')).toThrow(
    'graphNetwork: the network must have an activation with a layer after it, got none in linear',
  );
  expect(() => shaped('lstm')).toThrow(
    'graphNetwork: the network must have an activation with a layer after it, got none in lstm; those inside LSTM cannot be replaced',
  );
});

test('a bad weight is refused', () => {
  expect(() => graphNetwork(buildArchitecture('mlp'), { shortcutWeight: -0.1 })).toThrow(
    'graphNetwork: shortcutWeight must be from 0 to 1, got -0.1',
  );
});
