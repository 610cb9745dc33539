import { describe, expect, test } from 'vitest';
import { layer, meanSquare, near, normal, parameter } from '../../test/layers-fixture.ts';
import { cotangentName, vjp } from '../autodiff/index.ts';
import { builder, modelOf, type Builder, type Graph, type Values } from '../graph/index.ts';
import { toFloat64, type Tensor } from '../tensor/index.ts';
import type { Ensemble } from './ensemble.ts';
import {
  measureLayers,
  storedWeights,
  type LayersMeasurement,
  type LayersOptions,
} from './index.ts';

describe('what cannot be measured is said in a sentence', () => {
  const x = normal('float32', 7, 1, 4, 3);
  const weight = (b: Builder, name: string, std = 1): string =>
    b.constant(name, normal('float32', 11, std, 3, 3));
  const graphOf = (build: (b: Builder) => string): Graph => {
    const b = builder('case');
    b.input('x', 'float32', ['batch', 3]);
    b.output('y', build(b), 'float32', ['batch', 3]);
    return b.build();
  };
  const linear = graphOf((b) => b.node('layer', 'MatMul', ['x', weight(b, 'w')]));
  const measure = (graph: Graph, options: LayersOptions = {}): Promise<LayersMeasurement> =>
    measureLayers(modelOf(graph), storedWeights, [{ x }], options);

  test('an ensemble of nothing, no inputs, and options that make no sense', async () => {
    const model = modelOf(linear);
    const none: Ensemble = { seeds: [], draw: () => new Map() };
    await expect(measureLayers(model, none, [{ x }])).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: measureLayers: the ensemble must have at least one seed, got none]`,
    );
    await expect(
      measureLayers(model, storedWeights, []),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: measureLayers: there must be at least one batch of inputs, got none]`,
    );
    await expect(measure(linear, { learningRate: 0 })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: measureLayers: learningRate must be positive and finite, got 0]`,
    );
    await expect(measure(linear, { memory: 0 })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: measureLayers: memory must be positive, got 0]`,
    );
    await expect(measure(linear, { of: ['z'] })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: measureLayers: of must be values of the graph, got "z"]`,
    );
    await expect(
      measureLayers(model, storedWeights, [{ x: normal('float32', 1, 1, 4, 2) }]),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: x: shape must be [batch,3], got [4,2]]`,
    );
    const draw = (): Values => new Map([['w', normal('float32', 1, 1, 3, 2)]]);
    await expect(
      measureLayers(model, { seeds: [1], draw }, [{ x }]),
    ).rejects.toThrowErrorMatchingInlineSnapshot(`[RangeError: w: shape must be [3,3], got [3,2]]`);
  });

  test('an operator that draws: the signal is measured alone', async () => {
    const ratio: Tensor = { dtype: 'float32', shape: [], data: Float32Array.of(0.5) };
    const training: Tensor = { dtype: 'bool', shape: [], data: Uint8Array.of(1) };
    const graph = graphOf((b) => {
      const hidden = b.node('first', 'MatMul', ['x', weight(b, 'w')]);
      const noisy = b.node('drop', 'Dropout', [
        hidden,
        b.constant('ratio', ratio),
        b.constant('training', training),
      ]);
      return b.node('last', 'MatMul', [noisy, weight(b, 'v')]);
    });
    const measured = await measure(graph);
    expect(measured.notDifferentiable).toMatchInlineSnapshot(
      `"node "drop" (Dropout): must give the same values every time to be differentiated, got an operator that draws"`,
    );
    expect(measured.of).toEqual([]);
    expect(layer(measured, 'last_output').secondMoment).toBeGreaterThan(0);
    expect(layer(measured, 'last_output').gradientSecondMoment).toBeNull();
    expect(parameter(measured, 'w').gradientNorm).toBeNull();
    expect(parameter(measured, 'w').weightNorm).toBeGreaterThan(0);
  });

  test('an integer of which a gradient is asked', async () => {
    const graph = graphOf((b) => {
      b.node('best', 'ArgMax', ['x']);
      return b.node('layer', 'MatMul', ['x', weight(b, 'w')]);
    });
    const { notDifferentiable } = await measure(graph, { of: ['best_output'] });
    expect(notDifferentiable).toMatchInlineSnapshot(
      `"vjp: a value must be a float to have a derivative, got "best_output", which is int64"`,
    );
  });

  test('a layer without a path to the output has no gradient, nor has what is before a step', async () => {
    const graph = graphOf((b) => {
      const hidden = b.node('first', 'MatMul', ['x', weight(b, 'w')]);
      b.node('aside', 'Softmax', [hidden]);
      const step = b.node('step', 'Sign', [hidden]);
      return b.node('last', 'MatMul', [step, weight(b, 'v')]);
    });
    const measured = await measure(graph);
    expect(measured.notDifferentiable).toBeNull();
    expect(measured.layers.map((row) => [row.name, row.gradientSecondMoment === null])).toEqual([
      ['first_output', true],
      ['aside_output', true],
      ['step_output', false],
      ['last_output', false],
    ]);
    expect(parameter(measured, 'w').gradientNorm).toBeNull();
    expect(parameter(measured, 'v').gradientNorm).toBeGreaterThan(0);
  });

  test('a signal that overflows: the first layer where it does', async () => {
    const graph = graphOf((b) => {
      const first = b.node('first', 'MatMul', ['x', weight(b, 'w', 1e20)]);
      const second = b.node('second', 'MatMul', [first, weight(b, 'v', 1e20)]);
      return b.node('last', 'MatMul', [second, weight(b, 'u')]);
    });
    const measured = await measure(graph);
    expect(measured.firstNotFinite).toBe('second_output');
    expect(layer(measured, 'second_output')).toMatchObject({
      secondMoment: null,
      c: null,
      notFinite: { share: 1 },
      draws: { secondMoment: [null] },
    });
    expect(layer(measured, 'first_output').notFinite).toBeUndefined();
  });

  test('a gradient that overflows: the first layer on the way back where it does', async () => {
    const graph = graphOf((b) => {
      const scaled = b.node('input', 'MatMul', ['x', weight(b, 'w', 1e-30)]);
      const first = b.node('first', 'MatMul', [scaled, weight(b, 'v', 1)]);
      const second = b.node('second', 'MatMul', [first, weight(b, 'u', 1e25)]);
      return b.node('last', 'MatMul', [second, weight(b, 't', 1e25)]);
    });
    const measured = await measure(graph);
    expect(measured.layers.every(({ notFinite }) => notFinite === undefined)).toBe(true);
    expect(measured.firstNotFinite).toBe('first_output');
    expect(layer(measured, 'first_output')).toMatchObject({
      gradientSecondMoment: null,
      gradientNotFinite: 1,
    });
    expect(layer(measured, 'second_output').gradientSecondMoment).toBeGreaterThan(1e40);
    expect(parameter(measured, 'w').gradientNorm).toBeNull();
  });

  test('a dtype for which there is no operator', async () => {
    const b = builder('case');
    b.input('x', 'float64', ['batch', 1, 3]);
    const kernel = b.constant('k', normal('float64', 1, 1, 1, 1, 3));
    b.output('y', b.node('conv', 'Conv', ['x', kernel]), 'float64', ['batch', 1, 1]);
    const feeds = { x: normal('float64', 1, 1, 2, 1, 3) };
    await expect(
      measureLayers(modelOf(b.build()), storedWeights, [feeds]),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[RangeError: model: onnxruntime must be able to load the model, got: Could not find an implementation for Conv(11) node with name 'conv'; the network computes in float64, for which onnxruntime has fewer operators]`,
    );
  });

  test('a derivative, whose inputs have the names of cotangents', async () => {
    const derivative = vjp(linear, { keep: ['y'], withRespectTo: ['w'] });
    const feeds = { x, [cotangentName('y')]: normal('float32', 5, 1, 4, 3) };
    const measured = await measureLayers(modelOf(derivative), storedWeights, [feeds]);
    expect(measured.notDifferentiable).toBeNull();
    expect(measured.of.length).toBeGreaterThan(0);
    expect(layer(measured, measured.of[0]).gradientSecondMoment).toBeCloseTo(1, 5);
  });

  test('nothing: a network without layers and weights', async () => {
    const graph = graphOf((b) => b.node('same', 'Identity', ['x']));
    const { layers, parameters, notDifferentiable, input } = await measure(graph);
    expect([layers, parameters, notDifferentiable]).toEqual([[], [], null]);
    near(input?.q ?? null, meanSquare(toFloat64(x)), 1e-14);
  });
});
