import { describe, expect, test } from 'vitest';
import { activation } from '../../activation/index.ts';
import { covariance } from '../covariance.ts';
import { leakyCorrelation } from './leaky.ts';
import {
  networkFunction,
  plainNetwork,
  residualNetwork,
  subnetFunction,
  type MapNetwork,
} from './map-network.ts';
import { shapeActivation } from './shape.ts';
import { shapedNonlinearity } from './shaped.ts';

/** The three functions that shaping puts in place of the local map. */
const LOCAL_MAPS = [
  [1, (y: number) => 1.003 * y],
  [0, (y: number) => y + 0.003],
  [0, (y: number) => leakyCorrelation(y, 0.6)],
] as const;

test('a ResNet-101 has the subnetwork maximising function of its definition', () => {
  const network = subnetFunction(
    residualNetwork({ blocks: [3, 4, 23, 3], calls: 3, shortcutWeight: 0.6, shortcutCalls: 1 }),
  );
  for (const [x, r] of LOCAL_MAPS) {
    const branch = (y: number): number => r(r(r(y)));
    let value: number = x;
    for (const blocks of [3, 4, 23, 3]) {
      for (let block = 0; block < blocks; block++) {
        value = 0.36 * (block === 0 ? r(value) : value) + 0.64 * branch(value);
      }
    }
    expect(network(x, r)).toBeCloseTo(Math.max(r(value), branch(x)), 14);
  }
});

test('a chain of n calls has the slope sⁿ and the curvature n κ', () => {
  const network = subnetFunction(plainNetwork(50));
  expect(network(1, (y) => 1.01 * y)).toBeCloseTo(1.01 ** 50, 13);
  expect(network(0, (y) => y + 0.01)).toBeCloseTo(0.5, 13);
});

test('a branch by itself counts where the shortcut outweighs it', () => {
  const network = residualNetwork({
    blocks: [1],
    calls: 10,
    shortcutWeight: 0.9,
    finalCalls: 0,
  });
  const r = (y: number): number => 1.1 * y;
  expect(networkFunction(network)(1, r)).toBeCloseTo(0.81 + 0.19 * 1.1 ** 10, 13);
  expect(subnetFunction(network)(1, r)).toBeCloseTo(1.1 ** 10, 13);
});

test('a branch inside a branch counts from its own fork', () => {
  const network: MapNetwork = {
    nodes: [
      { kind: 'input' },
      { kind: 'activation', from: 0, calls: 1 },
      { kind: 'activation', from: 1, calls: 7 },
      { kind: 'sum', from: [1, 2], shares: [0.99, 0.01] },
      { kind: 'sum', from: [0, 3], shares: [0.99, 0.01] },
    ],
    outputs: [4],
  };
  expect(subnetFunction(network)(0, (y) => y + 1)).toBe(7);
  expect(networkFunction(network)(0, (y) => y + 1)).toBeCloseTo(0.01 * (1 + 0.01 * 7), 14);
});

test('without branches the weight makes no difference to an identity', () => {
  for (const shortcutWeight of [0, 0.3, 1]) {
    const network = residualNetwork({ blocks: [2, 3], calls: 2, shortcutWeight, callsAfterSum: 1 });
    expect(subnetFunction(network)(0.3, (y) => y)).toBeCloseTo(0.3, 14);
  }
});

test('the C map of a shaped network is at 1 what the subnetwork function promised', () => {
  const network = residualNetwork({ blocks: [6], calls: 2, shortcutWeight: 0.5 });
  const base = activation('tanh');
  const shaping = shapeActivation(base, { method: 'dks', network: subnetFunction(network) });
  const phi = shapedNonlinearity(base, shaping);
  const map = (c: number): number =>
    networkFunction(network)(c, (y) => covariance(phi, 1, 1, Math.max(-1, Math.min(1, y))));
  expect(Math.abs(map(0))).toBeLessThan(1e-10);
  expect(map(1)).toBeCloseTo(1, 11);
  // One-sided differences of second order: the remainder is h² C''' / 3, with C''' below 10 here.
  const h = 1e-3;
  const slope = (3 * map(1) - 4 * map(1 - h) + map(1 - 2 * h)) / (2 * h);
  expect(Math.abs(slope - 1.5)).toBeLessThan(4e-6);
  // DKS bounds the map: C is convex on [0, 1] with C(0) = 0 and slope 1.5 at 1.
  expect(map(0.5)).toBeGreaterThan(0.25);
  expect(map(0.5)).toBeLessThan(0.5);
});

describe('bad numbers', () => {
  test.each([
    [() => plainNetwork(0), 'plainNetwork: depth must be a whole number from 1 on, got 0'],
    [() => plainNetwork(2.5), 'plainNetwork: depth must be a whole number from 1 on, got 2.5'],
    [
      () => residualNetwork({ blocks: [], calls: 1, shortcutWeight: 0.5 }),
      'residualNetwork: blocks must name a group, got []',
    ],
    [
      () => residualNetwork({ blocks: [3, 0], calls: 1, shortcutWeight: 0.5 }),
      'residualNetwork: blocks must be a whole number from 1 on, got 0',
    ],
    [
      () => residualNetwork({ blocks: [3], calls: -1, shortcutWeight: 0.5 }),
      'residualNetwork: calls must be a whole number from 1 on, got -1',
    ],
    [
      () => residualNetwork({ blocks: [3], calls: 1, shortcutWeight: 1.5 }),
      'residualNetwork: shortcutWeight must be from 0 to 1, got 1.5',
    ],
  ])('%s are refused', (make, message) => {
    expect(make).toThrow(message);
  });
});
