import { describe, expect, test } from 'vitest';
import { checkGraph, float32, int64, numbersFrom } from '../../../test/operator-check.ts';
import { builder, type Builder, type Graph } from '../../graph/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { evaluate, gradient } from '../index.ts';

const flag: Tensor = { dtype: 'bool', shape: [], data: Uint8Array.of(1) };

function random(seed: number, shape: readonly number[]): Tensor {
  const next = numbersFrom(seed);
  const size = shape.reduce((product, extent) => product * extent, 1);
  return float32(
    Array.from({ length: size }, () => 2 * next() - 1),
    shape,
  );
}

/** A graph whose subgraphs are drawn by `write`, with the inputs that it declares. */
function graphOf(
  name: string,
  inputs: Readonly<Record<string, readonly number[]>>,
  outputs: readonly string[],
  write: (b: Builder) => void,
): { graph: Graph; feeds: Record<string, Tensor> } {
  const b = builder(name);
  const feeds: Record<string, Tensor> = {};
  for (const [index, [input, shape]] of Object.entries(inputs).entries()) {
    feeds[input] = random(index + 1, shape);
    b.input(input, 'float32', shape);
  }
  write(b);
  const built = b.build();
  const infos = outputs.map((output) => ({ name: output, dtype: 'float32' as const, shape: null }));
  return { graph: { ...built, outputs: infos }, feeds };
}

/** `h' = tanh(h W + x)`, giving `h'` and `2 h'` at every step. */
function recurrentBody(): Graph {
  const b = builder('body');
  b.input('h', 'float32', [2, 3]);
  b.input('x', 'float32', [2, 3]);
  const product = b.node('product', 'MatMul', ['h', 'w']);
  const sum = b.node('sum', 'Add', [product, 'x']);
  const next = b.node('tanh', 'Tanh', [sum]);
  b.output('next', next, 'float32', [2, 3]);
  b.output('twice', b.node('double', 'Add', [next, next]), 'float32', [2, 3]);
  return b.build();
}

describe('the derivative of a Scan', () => {
  test.each([
    {},
    { scan_input_directions: [1] },
    { scan_output_directions: [1] },
    { scan_output_axes: [1], scan_output_directions: [1] },
  ])('is a reversed Scan, with %o', async (attributes) => {
    const { graph, feeds } = graphOf(
      'scan',
      { start: [2, 3], sequence: [4, 2, 3], w: [3, 3] },
      ['scan_output_0', 'scan_output_1'],
      (b) => {
        const body = recurrentBody();
        b.node(
          'scan',
          'Scan',
          ['start', 'sequence'],
          { body, num_scan_inputs: 1, ...attributes },
          2,
        );
      },
    );
    await checkGraph(graph, feeds);
  });

  test('follows a sequence along another axis', async () => {
    const { graph, feeds } = graphOf(
      'scan',
      { start: [2, 3], sequence: [2, 4, 3], w: [3, 3] },
      ['scan_output_0'],
      (b) => {
        const body = recurrentBody();
        const attributes = { body, num_scan_inputs: 1, scan_input_axes: [1] };
        b.node('scan', 'Scan', ['start', 'sequence'], attributes, 2);
      },
    );
    await checkGraph(graph, feeds);
  });

  test.each([
    { axes: [0, 1], directions: [0, 1], out: [0, 2], back: [1, 0] },
    { axes: [-1, 1], directions: [1, 1], out: [-1, 1], back: [0, 1] },
    { axes: [2, -3], directions: [1, 0], out: [-2, -3], back: [1, 1] },
  ])(
    'follows two sequences and two states along axes of their own: %o',
    async ({ axes, directions, out, back }) => {
      const [steps, rows, columns] = [4, 2, 3];
      const shapeWith = (axis: number): number[] => {
        const shape = [rows, columns];
        shape.splice(axis < 0 ? axis + 3 : axis, 0, steps);
        return shape;
      };
      const body = builder('body');
      const shape = [rows, columns];
      for (const name of ['h', 'c', 'x', 'y']) body.input(name, 'float32', shape);
      const sum = body.node('sum', 'Add', [body.node('product', 'MatMul', ['h', 'w']), 'x']);
      const next = body.node('tanh', 'Tanh', [sum]);
      body.output('h_next', next, 'float32', shape);
      const more = body.node('more', 'Mul', [body.node('mixed', 'Add', ['c', next]), 'y']);
      body.output('c_next', more, 'float32', shape);
      body.output('first', body.node('sin', 'Sin', [more]), 'float32', shape);
      body.output('second', body.node('both', 'Mul', ['h', 'y']), 'float32', shape);
      const inputs = {
        h0: shape,
        c0: shape,
        xs: shapeWith(axes[0]),
        ys: shapeWith(axes[1]),
        w: [columns, columns],
      };
      const outputs = [0, 1, 2, 3].map((index) => `scan_output_${index}`);
      const { graph, feeds } = graphOf('scan', inputs, outputs, (b) => {
        const attributes = {
          body: body.build(),
          num_scan_inputs: 2,
          scan_input_axes: axes,
          scan_input_directions: directions,
          scan_output_axes: out,
          scan_output_directions: back,
        };
        b.node('scan', 'Scan', ['h0', 'c0', 'xs', 'ys'], attributes, 4);
      });
      await checkGraph(graph, feeds);
    },
  );

  test('goes through a stack of weights, one for each layer', async () => {
    const body = builder('layer');
    body.input('x', 'float32', [2, 3]);
    body.input('weight', 'float32', [3, 3]);
    const y = body.node('relu', 'Tanh', [body.node('product', 'MatMul', ['x', 'weight'])]);
    body.output('y', y, 'float32', [2, 3]);
    const { graph, feeds } = graphOf(
      'stack',
      { input: [2, 3], weights: [5, 3, 3] },
      ['stack_output'],
      (b) => {
        b.node('stack', 'Scan', ['input', 'weights'], { body: body.build(), num_scan_inputs: 1 });
      },
    );
    await checkGraph(graph, feeds);
    const one = gradient(graph);
    const [input, weights] = graph.inputs;
    const long = { ...graph, inputs: [input, { ...weights, shape: [10000, 3, 3] }] };
    expect(gradient(long).nodes).toHaveLength(one.nodes.length);
  });

  test('goes through a state that counts', async () => {
    const body = builder('body');
    body.input('n', 'int64', []);
    body.input('h', 'float32', [3]);
    body.input('x', 'float32', [3]);
    const one = body.constant('one', { ...int64([1], []) });
    body.output('more', body.node('count', 'Add', ['n', one]), 'int64', []);
    const factor = body.node('cast', 'CastLike', ['more', 'x']);
    const term = body.node('term', 'Mul', ['x', factor]);
    body.output(
      'next',
      body.node('sin', 'Sin', [body.node('sum', 'Add', ['h', term])]),
      'float32',
      [3],
    );
    const { graph, feeds } = graphOf(
      'count',
      { start: [3], xs: [4, 3] },
      ['scan_output_1'],
      (b) => {
        const zero = b.constant('zero', int64([0], []));
        b.node(
          'scan',
          'Scan',
          [zero, 'start', 'xs'],
          { body: body.build(), num_scan_inputs: 1 },
          2,
        );
      },
    );
    await checkGraph(graph, feeds);
  });
});

test('what draws inside a body is named', () => {
  const body = builder('body');
  body.input('h', 'float32', [3]);
  body.input('x', 'float32', [3]);
  const noise = body.node('noise', 'RandomNormalLike', ['x']);
  body.output('next', body.node('sum', 'Add', ['h', noise]), 'float32', [3]);
  const { graph } = graphOf('scan', { start: [3], xs: [4, 3] }, ['scan_output'], (b) => {
    b.node('scan', 'Scan', ['start', 'xs'], { body: body.build(), num_scan_inputs: 1 });
  });
  expect(() => gradient(graph)).toThrow(
    new RangeError(
      'node "noise" (RandomNormalLike): must give the same values every time to be differentiated, got an operator that draws',
    ),
  );
});

/** `x' = sin(a x) + k`, k the number of the trip. */
function loopBody(going: (b: Builder) => string): Graph {
  const b = builder('body');
  b.input('trip', 'int64', []);
  b.input('going', 'bool', []);
  b.input('x', 'float32', [3]);
  b.output('goes', going(b), 'bool', []);
  const k = b.node('cast', 'CastLike', ['trip', 'x']);
  const y = b.node('sum', 'Add', [b.node('sin', 'Sin', [b.node('product', 'Mul', ['a', 'x'])]), k]);
  b.output('y', y, 'float32', [3]);
  b.output('trace', b.node('exp', 'Cos', [y]), 'float32', [3]);
  return b.build();
}

describe('the derivative of a Loop', () => {
  test.each(['stored', 'passed'])(
    'with a given number of trips, condition %s, is that of a Scan',
    async (kind) => {
      const { graph, feeds } = graphOf(
        'loop',
        { start: [3], a: [3] },
        ['loop_output_0', 'loop_output_1'],
        (b) => {
          const trips = b.constant('trips', int64([4], []));
          const body = loopBody((inner) =>
            kind === 'passed' ? 'going' : inner.constant('yes', flag),
          );
          b.node('loop', 'Loop', [trips, '', 'start'], { body }, 2);
        },
      );
      await checkGraph(graph, feeds);
    },
  );

  test.each(['at most 6', 'any number of'])(
    'that a condition ends is that of as many trips as it made, of %s',
    async (most) => {
      const { graph, feeds } = graphOf(
        'loop',
        { start: [3], a: [3] },
        ['loop_output_0', 'loop_output_1'],
        (b) => {
          const trips = most === 'at most 6' ? b.constant('trips', int64([6], [])) : '';
          // The trips are 0, 1, 2: more than 1.5 is added to each element in the last one.
          const body = loopBody((inner) => {
            const least = inner.node('least', 'Cast', ['trip'], { to: 1 });
            return inner.node('less', 'Less', [least, inner.constant('limit', float32([1.5], []))]);
          });
          b.node('loop', 'Loop', [trips, b.constant('begin', flag), 'start'], { body }, 2);
        },
      );
      expect(evaluate(graph, feeds).get('loop_output_1')?.shape).toEqual([3, 3]);
      await checkGraph(graph, feeds);
    },
  );
});

test('loops that a condition ends inside of a Scan, in a branch of an If', async () => {
  const loop = loopBody((inner) => {
    const least = inner.node('least', 'Cast', ['trip'], { to: 1 });
    return inner.node('less', 'Less', [least, inner.constant('limit', float32([0.5], []))]);
  });
  const thenBranch = builder('then');
  const most = thenBranch.constant('most', int64([5], []));
  const begin = thenBranch.constant('begin', flag);
  thenBranch.node('loop', 'Loop', [most, begin, 'x_step'], { body: loop }, 2);
  thenBranch.output('looped', 'loop_output_0', 'float32', [3]);
  const elseBranch = builder('else');
  elseBranch.output('plain', elseBranch.node('product2', 'Mul', ['x_step', 'h']), 'float32', [3]);
  const body = builder('body');
  body.input('h', 'float32', [3]);
  body.input('x_step', 'float32', [3]);
  const sum = body.node('total', 'ReduceSum', ['x_step'], { keepdims: 0 });
  const isPositive = body.node('positive', 'Greater', [
    sum,
    body.constant('zero', float32([0], [])),
  ]);
  const attributes = { then_branch: thenBranch.build(), else_branch: elseBranch.build() };
  const chosen = body.node('chosen', 'If', [isPositive], attributes);
  const next = body.node('tanh', 'Tanh', [body.node('joined', 'Add', ['h', chosen])]);
  body.output('next', next, 'float32', [3]);
  body.output('shown', body.node('twice', 'Mul', [next, next]), 'float32', [3]);
  const { graph, feeds } = graphOf(
    'nested',
    { start: [3], xs: [5, 3], a: [3] },
    ['scan_output_0', 'scan_output_1'],
    (b) => {
      b.node('scan', 'Scan', ['start', 'xs'], { body: body.build(), num_scan_inputs: 1 }, 2);
    },
  );
  await checkGraph(graph, feeds);
});

describe('the derivative of an If', () => {
  test.each([1, 0])('is that of the branch that is taken: %d', async (taken) => {
    const thenBranch = builder('then');
    thenBranch.output('y1', thenBranch.node('product', 'Mul', ['x', 'a']), 'float32', [3]);
    const elseBranch = builder('else');
    elseBranch.output('y2', elseBranch.node('sin', 'Sin', ['x']), 'float32', [3]);
    const { graph, feeds } = graphOf('if', { x: [3], a: [3] }, ['if_output'], (b) => {
      const condition = b.constant('condition', { ...flag, data: Uint8Array.of(taken) });
      const attributes = { then_branch: thenBranch.build(), else_branch: elseBranch.build() };
      b.node('if', 'If', [condition], attributes);
    });
    await checkGraph(graph, feeds);
  });
});
