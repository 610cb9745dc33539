import { expect, test } from 'vitest';
import { activation, derivativeSecondMoment, secondMoment } from '../../activation/index.ts';
import { buildArchitecture, describeNetwork, type Network } from '../../network/index.ts';
import type { Laws } from '../predict/prediction.ts';
import { networkEdge } from './edge-network.ts';

const networkOf = (text: string): Network => describeNetwork(buildArchitecture(text));

/** Weights of `σw² / fan_in`, biases of `σb²`. */
const lawsFor =
  ({ parameters }: Network, sigmaW2: number, sigmaB2: number): Laws =>
  (name) => {
    const info = parameters.find((parameter) => parameter.name === name);
    const variance = info?.role === 'bias' ? sigmaB2 : sigmaW2 / (info?.fanIn ?? 1);
    return { mean: 0, variance, caveat: null };
  };

test('after the change every hidden layer of a chain has χ₁ = 1 and makes q*', () => {
  const network = networkOf('mlp:16-32x6-4:tanh');
  const { changes, qStar, distance, stable } = networkEdge(network, lawsFor(network, 2.5, 0.02), {
    inputMoment: 3,
  });
  const tanh = activation('tanh');
  const q = qStar!;
  expect(stable).toBe(true);
  expect(changes).toHaveLength(7);
  const [first, ...others] = changes;
  const head = others.pop()!;
  expect(3 * first.after.sigmaW2 + first.after.sigmaB2).toBeCloseTo(q, 12);
  for (const { before, after, weightFactor, biasFactor, bias } of others) {
    expect(bias).not.toBe(null);
    expect(before.sigmaW2).toBeCloseTo(2.5, 12);
    expect(before.sigmaW2 * weightFactor ** 2).toBeCloseTo(after.sigmaW2, 12);
    expect(before.sigmaB2 * biasFactor ** 2).toBeCloseTo(after.sigmaB2, 12);
    expect(after.sigmaW2 * derivativeSecondMoment(tanh, q)).toBeCloseTo(1, 12);
    expect(after.sigmaW2 * secondMoment(tanh, q) + after.sigmaB2).toBeCloseTo(q, 12);
  }
  expect([head.weightFactor, head.biasFactor]).toEqual([1, 1]);
  const [{ weightFactor, biasFactor }] = others;
  expect(distance).toBeCloseTo(5 * (Math.log(weightFactor) ** 2 + Math.log(biasFactor) ** 2), 12);
});

test('a chain of ReLUs keeps its first layer, and the second moment that it makes', () => {
  const network = networkOf('mlp:16-32x3-4:relu');
  const { changes, qStar, notes } = networkEdge(network, lawsFor(network, 1, 0));
  expect(qStar).toBe(null);
  expect(changes.map(({ weightFactor }) => weightFactor)).toEqual([1, Math.SQRT2, Math.SQRT2, 1]);
  expect(notes).toEqual([
    `Every second moment is held: the one that ${changes[0].weight} makes is 1.`,
  ]);
});

test('what is no chain is refused, with what helps instead', () => {
  const attempt = (text: string, laws?: Laws): string => {
    const network = networkOf(text);
    try {
      networkEdge(network, laws ?? lawsFor(network, 1, 0));
    } catch (error) {
      if (error instanceof RangeError) return error.message;
    }
    return 'nothing thrown';
  };
  expect(attempt('resnet:18')).toBe(
    'networkEdge: the network must be a chain, got 8 residual branches; whatever the weights, x + f(x) multiplies gradients by more than 1 unless f ends in zeros: weight the sums, as w x + √(1 - w²) f(x), and shape the activations, or let the branches start at zero',
  );
  expect(attempt('lstm')).toMatch(
    /^networkEdge: the network must be a chain of layers, got the recurrent weight /,
  );
  expect(attempt('mlp', () => null)).toMatch(
    /^networkEdge: the law of every weight and bias must be known, got none of /,
  );
});
