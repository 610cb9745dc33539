import { expect, test } from 'vitest';
import {
  described,
  graphOf,
  integers,
  learned,
  rolesOf,
  scalar,
} from '../../test/graph-fixture.ts';
import type { Builder, Graph } from '../graph/index.ts';
import type { ParameterInfo } from './parameter.ts';

test('separate and packed projections of attention are told apart, and so is the output projection', () => {
  const attention = (packed: boolean): Record<string, ParameterInfo> => {
    const graph = graphOf(['batch', 5, 8], (b) => {
      const part = (i: number, name: string): string => {
        if (!packed) return b.node(name, 'MatMul', ['x', b.parameter(`w_${name}`, [8, 8])]);
        return `qkv_split_output_${i}`;
      };
      if (packed) {
        const qkv = b.node('qkv', 'MatMul', ['x', b.parameter('w_qkv', [8, 24])]);
        b.node(
          'qkv_split',
          'Split',
          [qkv, b.constant('sizes', integers(8, 8, 8))],
          { axis: -1 },
          3,
        );
      }
      const [q, k, v] = ['q', 'k', 'v'].map((name, i) => part(i, name));
      const kt = b.node('kt', 'Transpose', [k], { perm: [0, 2, 1] });
      const scores = b.node('scores', 'Div', [
        b.node('qk', 'MatMul', [q, kt]),
        scalar(b, 'd', 2.83),
      ]);
      const mixed = b.node('mix', 'MatMul', [b.node('soft', 'Softmax', [scores]), v]);
      const out = b.node('proj', 'MatMul', [mixed, b.parameter('w_out', [8, 8])]);
      return b.node('head', 'MatMul', [
        b.node('res', 'Add', ['x', out]),
        b.parameter('w_head', [8, 3]),
      ]);
    });
    return described(graph);
  };
  const separate = attention(false);
  expect(['w_q', 'w_k', 'w_v', 'w_out', 'd'].map((name) => separate[name].role)).toEqual([
    'attention_query',
    'attention_key',
    'attention_value',
    'attention_output',
    'constant',
  ]);
  const { w_qkv: qkv, w_out: out } = attention(true);
  expect(qkv.role).toBe('attention_packed');
  expect(qkv.blocks.map(({ name, start, shape, fanOut }) => [name, start, shape, fanOut])).toEqual([
    ['query', [0, 0], [8, 8], 8],
    ['key', [0, 8], [8, 8], 8],
    ['value', [0, 16], [8, 8], 8],
  ]);
  expect(out.branchEnd).toEqual({ index: 0, count: 1, times: 1, closedBy: null });
});

const boxes = ({ blocks }: ParameterInfo): unknown[] =>
  blocks.map(({ name, start, shape }) => [name, start[1], shape[1]]);

/** `softmax(q kᵀ) v` of values that are [batch, heads, time, width], then an output projection. */
function attend(b: Builder, q: string, k: string, v: string, width: number): string {
  const kt = b.node('kt', 'Transpose', [k], { perm: [0, 1, 3, 2] });
  const soft = b.node('soft', 'Softmax', [b.node('qk', 'MatMul', [q, kt])]);
  const mixed = b.node('mix', 'Transpose', [b.node('pv', 'MatMul', [soft, v])], {
    perm: [0, 2, 1, 3],
  });
  const flat = b.node('flat', 'Reshape', [mixed, b.constant('back', integers(0, 0, width))]);
  return b.node('proj', 'MatMul', [flat, b.parameter('w_out', [width, width])]);
}

/** Projections packed as [batch, time, ...axes] and taken apart along the axis of extent 3. */
function packed(axes: readonly number[], perm: readonly number[]): Graph {
  return graphOf(['batch', 5, 8], (b) => {
    const qkv = b.node('qkv', 'MatMul', ['x', b.parameter('w', [8, 24])]);
    const shape = b.constant('shape', integers(0, 5, ...axes));
    const parts = b.node('parts', 'Transpose', [b.node('apart', 'Reshape', [qkv, shape])], {
      perm: [...perm],
    });
    const [q, k, v] = [0, 1, 2].map((i) =>
      b.node(`part${i}`, 'Squeeze', [
        b.node(`pick${i}`, 'Gather', [parts, b.constant(`i${i}`, integers(i))], { axis: 0 }),
        b.constant(`axis${i}`, integers(0)),
      ]),
    );
    return attend(b, q, k, v, 8);
  });
}

test('the boxes of packed projections follow what the network takes apart, also head by head', () => {
  const blocked = described(packed([3, 2, 4], [2, 0, 3, 1, 4]));
  expect(boxes(blocked['w'])).toEqual([
    ['query', 0, 8],
    ['key', 8, 8],
    ['value', 16, 8],
  ]);
  const interleaved = described(packed([2, 3, 4], [3, 0, 2, 1, 4]));
  expect(boxes(interleaved['w'])).toEqual([
    ['query/0', 0, 4],
    ['query/1', 12, 4],
    ['key/0', 4, 4],
    ['key/1', 16, 4],
    ['value/0', 8, 4],
    ['value/1', 20, 4],
  ]);
  expect(interleaved['w'].blocks.map(({ fanOut }) => fanOut)).toEqual([8, 8, 8, 8, 8, 8]);
});

test('grouped queries give projections of unequal size', () => {
  const graph = graphOf(['batch', 5, 8], (b) => {
    const qkv = b.node('qkv', 'MatMul', ['x', b.parameter('w', [8, 16])]);
    b.node('cut', 'Split', [qkv, b.constant('sizes', integers(8, 4, 4))], { axis: 2 }, 3);
    const heads = (i: number, count: number): string => {
      const shape = b.constant(`shape${i}`, integers(0, 5, count, 4));
      const apart = b.node(`apart${i}`, 'Reshape', [`cut_output_${i}`, shape]);
      return b.node(`heads${i}`, 'Transpose', [apart], { perm: [0, 2, 1, 3] });
    };
    const spread = (i: number): string =>
      b.node(`spread${i}`, 'Expand', [heads(i, 1), b.constant(`to${i}`, integers(1, 2, 5, 4))]);
    return attend(b, heads(0, 2), spread(1), spread(2), 8);
  });
  const { w } = described(graph);
  expect([w.role, boxes(w)]).toEqual([
    'attention_packed',
    [
      ['query', 0, 8],
      ['key', 8, 4],
      ['value', 12, 4],
    ],
  ]);
});

test('a packed tensor of which cross attention reads the queries by one layer and the rest by another', () => {
  const graph = graphOf(['batch', 5, 8], (b) => {
    b.input('memory', 'float32', ['batch', 7, 8]);
    const stored = b.parameter('w', [8, 24]);
    b.node('cut', 'Split', [stored, b.constant('sizes', integers(8, 16))], { axis: 1 }, 2);
    const query = b.node('query', 'MatMul', ['x', 'cut_output_0']);
    const both = b.node('both', 'MatMul', ['memory', 'cut_output_1']);
    b.node('kv', 'Split', [both, b.constant('halves', integers(8, 8))], { axis: 2 }, 2);
    const heads = (name: string, value: string): string => {
      const apart = b.node(`${name}_apart`, 'Reshape', [
        value,
        b.constant(`${name}_shape`, integers(0, 0, 2, 4)),
      ]);
      return b.node(`${name}_heads`, 'Transpose', [apart], { perm: [0, 2, 1, 3] });
    };
    return attend(b, heads('q', query), heads('k', 'kv_output_0'), heads('v', 'kv_output_1'), 8);
  });
  const { w } = described(graph);
  expect([w.role, w.uses, boxes(w)]).toEqual([
    'attention_packed',
    2,
    [
      ['query', 0, 8],
      ['key', 8, 8],
      ['value', 16, 8],
    ],
  ]);
});

test('attention is found behind the guard that exporters put on the softmax of empty rows', () => {
  const graph = graphOf(['batch', 5, 8], (b) => {
    const [q, k, v] = ['q', 'k', 'v'].map((name) =>
      b.node(name, 'MatMul', ['x', b.parameter(`w_${name}`, [8, 8])]),
    );
    const kt = b.node('kt', 'Transpose', [k], { perm: [0, 2, 1] });
    const soft = b.node('soft', 'Softmax', [b.node('qk', 'MatMul', [q, kt])]);
    const empty = b.node('empty', 'IsNaN', [soft]);
    const safe = b.node('safe', 'Where', [empty, scalar(b, 'none', 0), soft]);
    const mixed = b.node('mix', 'MatMul', [safe, v]);
    return b.node('out', 'MatMul', [mixed, b.parameter('w_out', [8, 8])]);
  });
  expect(rolesOf(graph)).toMatchObject({
    w_q: 'attention_query',
    w_k: 'attention_key',
    w_v: 'attention_value',
    w_out: 'attention_output',
  });
});

test('an Einsum of scores may name the keys first', () => {
  const graph = graphOf(['batch', 5, 8], (b) => {
    const [q, k, v] = ['q', 'k', 'v'].map((name) =>
      b.node(name, 'Einsum', ['x', b.parameter(`w_${name}`, [8, 2, 4])], {
        equation: 'bte,ehd->bthd',
      }),
    );
    const scores = b.node('s', 'Einsum', [k, q], { equation: 'bkhd,bqhd->bhqk' });
    return b.node('mix', 'Einsum', [b.node('soft', 'Softmax', [scores]), v], {
      equation: 'bhqk,bkhd->bqhd',
    });
  });
  expect(rolesOf(graph)).toEqual({
    w_q: 'attention_query',
    w_k: 'attention_key',
    w_v: 'attention_value',
  });
});

test('attention over the stream itself makes no projection of the layers before the last sum', () => {
  const graph = graphOf(['batch', 5, 8], (b) => {
    const inner = b.node('inner', 'Relu', [
      b.node('up', 'MatMul', ['x', b.parameter('w1', [8, 8])]),
    ]);
    const h = b.node('sum', 'Add', [
      'x',
      b.node('down', 'MatMul', [inner, b.parameter('w2', [8, 8])]),
    ]);
    const ht = b.node('ht', 'Transpose', [h], { perm: [0, 2, 1] });
    const soft = b.node('soft', 'Softmax', [b.node('qk', 'MatMul', [h, ht])]);
    return b.node('mix', 'MatMul', [soft, h]);
  });
  expect(rolesOf(graph)).toEqual({ w1: 'dense', w2: 'dense' });
});

test('learned queries are a signal: weights are applied to them as to data', () => {
  const graph = graphOf(['batch', 5, 8], (b) => {
    const q = b.node('q', 'Gemm', [
      b.constant('latents', learned(3, 8)),
      b.parameter('w_q', [8, 8]),
    ]);
    const [k, v] = ['k', 'v'].map((name) =>
      b.node(name, 'MatMul', ['x', b.parameter(`w_${name}`, [8, 8])]),
    );
    const kt = b.node('kt', 'Transpose', [k], { perm: [0, 2, 1] });
    const soft = b.node('soft', 'Softmax', [b.node('qk', 'MatMul', [q, kt])]);
    return b.node('mix', 'MatMul', [soft, v]);
  });
  expect(rolesOf(graph)).toEqual({
    latents: 'positional_embedding',
    w_q: 'attention_query',
    w_k: 'attention_key',
    w_v: 'attention_value',
  });
});

test('a low-rank update of a stored weight is no signal, so the weight is computed', () => {
  const graph = graphOf(['batch', 8], (b) => {
    const update = b.node('ba', 'MatMul', [
      b.constant('b', learned(8, 2)),
      b.constant('a', learned(2, 4)),
    ]);
    return b.node('fc', 'Gemm', ['x', b.node('sum', 'Add', [b.parameter('w', [8, 4]), update])]);
  });
  expect(rolesOf(graph)).toEqual({ w: 'unknown', a: 'unknown', b: 'unknown' });
});
