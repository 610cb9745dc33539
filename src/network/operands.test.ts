import { expect, test } from 'vitest';
import {
  described,
  floats,
  graphOf,
  integers,
  learned,
  rolesOf,
  scalar,
} from '../../test/graph-fixture.ts';
import type { Builder, Graph } from '../graph/index.ts';
import { describeNetwork } from './describe.ts';
import type { Tensor } from '../tensor/index.ts';

const dense = (b: Builder, name: string, input: string): string =>
  b.node(name, 'MatMul', [input, b.parameter(`w_${name}`, [8, 8])]);

/** A residual block whose branch ends with a GELU in five operators. */
function geluAtTheEnd(number: (b: Builder, name: string, value: number) => string): Graph {
  return graphOf(['batch', 8], (b) => {
    const stem = dense(b, 'stem', 'x');
    const h = dense(b, 'fc', stem);
    const erf = b.node('erf', 'Erf', [b.node('div', 'Div', [h, number(b, 'root2', Math.SQRT2)])]);
    const both = b.node('mul', 'Mul', [h, b.node('plus', 'Add', [erf, number(b, 'one', 1)])]);
    return b.node('sum', 'Add', [stem, b.node('gelu', 'Mul', [both, number(b, 'half', 0.5)])]);
  });
}

test('the ½ of a GELU that ends a residual branch is no layer scale, whatever its shape', () => {
  for (const shape of [[], [1]]) {
    const graph = geluAtTheEnd((b, name, value) => b.constant(name, floats(shape, value)));
    expect(rolesOf(graph)).toMatchObject({ half: 'constant', one: 'constant', root2: 'constant' });
    expect(described(graph)['w_fc'].followedBy).toBe('gelu');
  }
});

/** A residual branch that a scalar closes. */
const closedBy = (scale: Tensor): Graph =>
  graphOf(['batch', 8], (b) => {
    const stem = dense(b, 'stem', 'x');
    const h = b.node('relu', 'Relu', [dense(b, 'fc', stem)]);
    const scaled = b.node('scaled', 'Mul', [h, b.constant('scale', scale)]);
    return b.node('sum', 'Add', [stem, scaled]);
  });

test('a scalar that closes a branch is a layer scale if it is a parameter, and a number of the code otherwise', () => {
  expect(rolesOf(closedBy(floats([1], 0.3)))['scale']).toBe('layer_scale');
  expect(rolesOf(closedBy(floats([], 0)))['scale']).toBe('layer_scale');
  expect(rolesOf(closedBy(floats([], 0.2)))['scale']).toBe('constant');
});

test('a file that keeps its numbers in Constant nodes says by that which scalars are parameters', () => {
  const graph = closedBy(floats([], 0.3));
  const number = { ...scalarConstant('eps'), source: 'constant' as const };
  const constants = new Map([...graph.constants, ['eps', number]]);
  expect(rolesOf({ ...graph, constants })['scale']).toBe('layer_scale');
});

function scalarConstant(name: string): NonNullable<ReturnType<Graph['constants']['get']>> {
  const tensor = floats([], 1e-5);
  return { name, dtype: 'float32', shape: [], source: 'initializer', read: () => tensor };
}

test('scalar biases around activations and layers are biases, as in Fixup, and do not hide the activation', () => {
  const graph = graphOf(['batch', 8], (b) => {
    const at = (name: string, value: string, shift: number): string =>
      b.node(`add_${name}`, 'Add', [value, b.constant(name, floats([1], shift))]);
    const stem = b.node('first', 'Relu', [dense(b, 'stem', 'x')]);
    const h = b.node('relu', 'Relu', [at('b2', dense(b, 'fc1', at('b1', stem, 0.1)), 0.2)]);
    const out = b.node('scaled', 'Mul', [
      dense(b, 'fc2', at('b3', h, 0.3)),
      b.constant('scale', floats([1], 1.1)),
    ]);
    return b.node('sum', 'Add', [stem, at('b4', out, 0.4)]);
  });
  expect(rolesOf(graph)).toMatchObject({
    b1: 'bias',
    b2: 'bias',
    b3: 'bias',
    b4: 'bias',
    scale: 'layer_scale',
  });
  expect(describeNetwork(graph).activations).toEqual(['relu']);
});

/** Scores of attention with something added before the softmax. */
const scoresPlus = (tensor: Tensor): string =>
  rolesOf(
    graphOf([1, 2, 4, 4], (b) => {
      const scores = b.node('qk', 'MatMul', ['x', b.node('t', 'Transpose', ['x'])]);
      return b.node('s', 'Softmax', [b.node('add', 'Add', [scores, b.constant('t', tensor)])]);
    }),
  )['t'];

test('what is added to scores is a mask or a fixed slope, or a learned bias of positions', () => {
  const causal = Array.from({ length: 16 }, (_, i) => (i % 4 > i / 4 ? -1e9 : 0));
  expect(scoresPlus(floats([4, 4], ...causal))).toBe('constant');
  expect(scoresPlus(floats([1, 1, 4, 4], ...causal.map(() => 0)))).toBe('constant');
  const slopes = Array.from({ length: 8 }, (_, i) => (i < 4 ? 0.25 : 0.0625) * (i % 4));
  expect(scoresPlus(floats([2, 1, 4], ...slopes))).toBe('constant');
  expect(scoresPlus(learned(2, 4, 4))).toBe('positional_embedding');
});

test('a table of position biases is one although a mask is added to what is looked up', () => {
  const graph = graphOf([1, 4, 4], (b) => {
    const rows = b.constant('rows', integers(0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1));
    const looked = b.node('look', 'Gather', [b.constant('table', learned(3, 4)), rows]);
    const bias = b.node('masked', 'Add', [looked, scalar(b, 'mask', -1e9)]);
    return b.node('s', 'Softmax', [b.node('add', 'Add', ['x', bias])]);
  });
  expect(rolesOf(graph)).toEqual({ table: 'positional_embedding', mask: 'constant' });
});

test('the bias of a layer that feeds a softmax is a bias, also one per expert or per head', () => {
  const graph = graphOf(['batch', 8], (b) => {
    const apart = b.node('apart', 'Unsqueeze', ['x', b.constant('axis', integers(0))]);
    const experts = b.node('experts', 'MatMul', [apart, b.parameter('w', [4, 8, 6])]);
    const each = b.node('each', 'Add', [experts, b.constant('b_each', learned(4, 1, 6))]);
    const sum = b.node('sum', 'ReduceSum', [each, b.constant('axes', integers(0))]);
    const logits = b.node('head', 'MatMul', [sum, b.parameter('w_head', [6, 3])]);
    return b.node('soft', 'Softmax', [b.node('z', 'Add', [logits, b.constant('b', learned(3))])]);
  });
  expect(rolesOf(graph)).toMatchObject({ b_each: 'bias', b: 'bias', w: 'dense' });
});

test('scales and grids that belong to the data and to the code are constants', () => {
  const graph = graphOf([1, 3, 4, 4], (b) => {
    const scaled = b.node('std', 'Mul', ['x', b.constant('deviation', learned(1, 3, 1, 1))]);
    const shifted = b.node('mean', 'Add', [
      scaled,
      b.constant('mean_of_data', learned(1, 3, 1, 1)),
    ]);
    const ramp = Array.from({ length: 32 }, (_, i) => (i < 16 ? i % 4 : Math.floor(i / 4) % 4));
    const grid = b.constant('grid', floats([1, 2, 4, 4], ...ramp));
    const placed = b.node('coord', 'Concat', [shifted, grid], { axis: 1 });
    return b.node('conv', 'Conv', [placed, b.parameter('w', [4, 5, 3, 3])]);
  });
  expect(rolesOf(graph)).toEqual({
    deviation: 'constant',
    mean_of_data: 'constant',
    grid: 'constant',
    w: 'conv',
  });
});

test('frequencies that multiply positions are no layer', () => {
  const graph = graphOf(['batch', 1, 4], (b) => {
    const frequencies = floats([1, 4, 1], 1, 0.1, 0.01, 0.001);
    const angles = b.node('angles', 'MatMul', [b.constant('inv_freq', frequencies), 'x']);
    return b.node('fc', 'MatMul', [b.node('cos', 'Cos', [angles]), b.parameter('w', [4, 4])]);
  });
  expect(rolesOf(graph)).toEqual({ inv_freq: 'constant', w: 'dense' });
});

test('ones and zeros inside a decomposed group normalisation are constants, its own scale is not', () => {
  const graph = graphOf([1, 4, 6], (b) => {
    const h = b.node('conv', 'Conv', ['x', b.parameter('w', [4, 4, 1])]);
    const groups = b.node('groups', 'Reshape', [h, b.constant('to', integers(1, 2, 12))]);
    const ones = b.constant('ones', floats([2], 1, 1));
    const zeros = b.constant('zeros', floats([2], 0, 0));
    const normal = b.node('norm', 'InstanceNormalization', [groups, ones, zeros]);
    const back = b.node('back', 'Reshape', [normal, b.constant('from', integers(1, 4, 6))]);
    const scaled = b.node('mul', 'Mul', [back, b.constant('gamma', learned(4, 1))]);
    return b.node('add', 'Add', [scaled, b.constant('beta', learned(4, 1))]);
  });
  expect(rolesOf(graph)).toMatchObject({
    ones: 'constant',
    zeros: 'constant',
    gamma: 'norm_scale',
    beta: 'norm_shift',
  });
});

test('a layer normalisation may scale before it divides, by a deviation with a mean of its own', () => {
  const graph = graphOf(['batch', 8], (b) => {
    const h = dense(b, 'fc', 'x');
    const axes = b.constant('axes', integers(-1));
    const centred = b.node('sub', 'Sub', [h, b.node('mean', 'ReduceMean', [h, axes])]);
    const again = b.node('sub2', 'Sub', [h, b.node('mean2', 'ReduceMean', [h, axes])]);
    const square = b.node('square', 'Mul', [again, again]);
    const variance = b.node('var', 'ReduceMean', [square, axes]);
    const root = b.node('sqrt', 'Sqrt', [
      b.node('n', 'Mul', [variance, scalar(b, 'ratio', 8 / 7)]),
    ]);
    const deviation = b.node('eps', 'Add', [root, scalar(b, 'e', 1e-6)]);
    const scaled = b.node('mul', 'Mul', [b.constant('gamma', learned(8)), centred]);
    const normal = b.node('div', 'Div', [scaled, deviation]);
    return b.node('add', 'Add', [normal, b.constant('beta', learned(8))]);
  });
  expect(rolesOf(graph)).toMatchObject({ gamma: 'norm_scale', beta: 'norm_shift' });
  expect(described(graph)['w_fc'].normalised).toBe(true);
});
