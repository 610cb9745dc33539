import { describe, expect, test } from 'vitest';
import {
  checkClose,
  checkGraph,
  float32,
  graphOfCase,
  numbersFrom,
  type OperatorCase,
} from '../../test/operator-check.ts';
import { builder, encodeModel, modelOf, type Graph } from '../graph/index.ts';
import { openSession } from '../runtime/index.ts';
import { evaluate, upgraded, vjp } from './index.ts';

const cases: (OperatorCase & { readonly opset: number })[] = [
  { operator: 'Clip', operands: [[3, 4]], attributes: { min: -0.5, max: 1 }, opset: 10 },
  { operator: 'Clip', operands: [[3, 4]], attributes: { max: 1 }, opset: 7 },
  { operator: 'Squeeze', operands: [[2, 1, 3]], attributes: { axes: [1] }, opset: 11 },
  { operator: 'Unsqueeze', operands: [[2, 3]], attributes: { axes: [0, 3] }, opset: 9 },
  {
    operator: 'ReduceSum',
    operands: [[2, 3, 4]],
    attributes: { axes: [1], keepdims: 0 },
    opset: 12,
  },
  { operator: 'ReduceMean', operands: [[2, 3, 4]], attributes: { axes: [0, 2] }, opset: 13 },
  { operator: 'ReduceLogSumExp', operands: [[2, 3, 4]], opset: 11 },
  { operator: 'Softmax', operands: [[2, 3, 4]], opset: 9 },
  { operator: 'LogSoftmax', operands: [[2, 3, 4]], attributes: { axis: 2 }, opset: 12 },
  {
    operator: 'Slice',
    operands: [[4, 5]],
    attributes: { starts: [1], ends: [3], axes: [1] },
    opset: 9,
  },
  {
    operator: 'Pad',
    operands: [[2, 3]],
    attributes: { pads: [1, 0, 0, 2], value: 2.5 },
    opset: 10,
  },
  {
    operator: 'Split',
    operands: [[2, 5]],
    attributes: { axis: 1, split: [2, 3] },
    outputs: 2,
    opset: 11,
  },
  { operator: 'Split', operands: [[6, 2]], attributes: { axis: 0 }, outputs: 3, opset: 13 },
  { operator: 'Dropout', operands: [[2, 3]], attributes: { ratio: 0.4 }, opset: 10 },
  {
    operator: 'Upsample',
    operands: [[1, 2, 3, 2]],
    attributes: { scales: [1, 1, 2, 3], mode: 'nearest' },
    opset: 7,
  },
  {
    operator: 'Upsample',
    operands: [[1, 2, 3, 2]],
    attributes: { scales: [1, 1, 2, 2], mode: 'linear' },
    opset: 8,
  },
  {
    operator: 'Resize',
    operands: [[1, 2, 3, 2], { dtype: 'float32', shape: [4], data: Float32Array.of(1, 1, 2, 2) }],
    attributes: { mode: 'linear' },
    opset: 10,
  },
  {
    operator: 'BatchNormalization',
    operands: [[2, 3, 4], [3], [3], [3], { drawn: [3], low: 0.5, high: 2 }],
    attributes: { epsilon: 1e-3 },
    opset: 8,
  },
  {
    operator: 'TopK',
    operands: [[2, 5]],
    attributes: { k: 2 },
    outputs: 2,
    looksAt: [0],
    opset: 9,
  },
  {
    operator: 'GroupNormalization',
    operands: [[2, 4, 3], [2], [2]],
    attributes: { num_groups: 2 },
    opset: 18,
  },
];

describe('an operator in the form of an older set', () => {
  test.each(
    cases.map((one): [string, OperatorCase] => [`${one.operator}, opset ${one.opset}`, one]),
  )('%s: computes the same in the newest form, and has the derivative of that', async (_, one) => {
    const { graph, feeds } = graphOfCase(one);
    const newest = upgraded(graph);
    const found = evaluate(newest, feeds);
    const session = await openSession(encodeModel(modelOf(graph)), { threads: 1 });
    const ran = await session.run(feeds);
    await session.close();
    for (const [name, value] of found) checkClose(ran[name], value, name);
    const operators = (of: Graph): string[] => vjp(of).nodes.map(({ operator }) => operator);
    expect(operators(graph)).toEqual(operators(newest));
    await checkGraph(newest, feeds);
  });

  /** `h' = tanh(h + x)` over [batch, steps, 3], with the lengths of the sequences or without. */
  function oldScan(lengths: string): Graph {
    const body = builder('body');
    body.input('h', 'float32', [3]);
    body.input('x', 'float32', [3]);
    const next = body.node('next', 'Tanh', [body.node('sum', 'Add', ['h', 'x'])]);
    body.output('state', next, 'float32', [3]);
    body.output('twice', body.node('double', 'Add', [next, next]), 'float32', [3]);
    const b = builder('old');
    b.input('start', 'float32', [2, 3]);
    b.input('xs', 'float32', [2, 4, 3]);
    if (lengths !== '') b.input(lengths, 'int64', [2]);
    const attributes = { body: body.build(), num_scan_inputs: 1, directions: [1] };
    b.node('s', 'Scan', [lengths, 'start', 'xs'], attributes, 2);
    b.output('last', 's_output_0', 'float32', [2, 3]);
    b.output('all', 's_output_1', 'float32', [2, 4, 3]);
    return { ...b.build(), opsets: { '': 8 } };
  }

  test('a Scan of opset 8 is one over the examples', async () => {
    const graph = oldScan('');
    const next = numbersFrom(3);
    const draw = (shape: number[], size: number) =>
      float32(
        Array.from({ length: size }, () => 2 * next() - 1),
        shape,
      );
    const feeds = { start: draw([2, 3], 6), xs: draw([2, 4, 3], 24) };
    const newest = upgraded(graph);
    const session = await openSession(encodeModel(modelOf(graph)), { threads: 1 });
    const ran = await session.run(feeds);
    await session.close();
    for (const [name, value] of evaluate(newest, feeds)) checkClose(ran[name], value, name);
    await checkGraph(newest, feeds);
  });

  test('what has no newer form is refused in one sentence', () => {
    expect(() => vjp(oldScan('lengths'))).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: node "s" (Scan): a Scan of opset 8 must be without sequence_lens to be differentiated, got some]`,
    );
    const { graph } = graphOfCase({
      operator: 'BatchNormalization',
      operands: [
        [2, 3, 4],
        [3, 4],
        [3, 4],
        [3, 4],
        [3, 4],
      ],
      attributes: { spatial: 0 },
      opset: 8,
    });
    expect(() => vjp(graph)).toThrowErrorMatchingInlineSnapshot(
      `[RangeError: node "node" (BatchNormalization): spatial must be 1 to be differentiated, got 0, a mean for every place]`,
    );
  });

  test('a batch normalisation that gives running averages is in training', () => {
    const { graph } = graphOfCase({
      operator: 'BatchNormalization',
      operands: [[2, 3, 4], [3], [3], [3], [3]],
      outputs: 5,
      looksAt: [0, 1, 2],
      opset: 9,
    });
    const [node] = upgraded(graph).nodes;
    expect(node.outputs).toHaveLength(3);
    expect(node.attributes).toEqual({ training_mode: 1 });
  });
});
