import { expect, test } from 'vitest';
import { graphOf } from '../../test/graph-fixture.ts';
import type { Builder } from '../graph/index.ts';
import { buildArchitecture } from './architectures/index.ts';
import { describeNetwork } from './describe.ts';
import type { Branch, Network } from './parameter.ts';

const networkOf = (text: string): Network => describeNetwork(buildArchitecture(text));

const dense = (b: Builder, name: string, input: string, width = 8): string =>
  b.node(name, 'MatMul', [input, b.parameter(`w_${name}`, [width, width])]);

test('a branch has its layers in order, and not those of the shortcut', () => {
  const { residuals } = networkOf('resnet:50');
  expect(residuals).toHaveLength(16);
  const [first] = residuals;
  expect(first).toEqual<Branch>({
    layers: [1, 2, 3].map((n) => [`layer1.0.conv${n}.weight`]),
    stack: null,
    crosses: false,
  });
  expect(residuals.every(({ layers }) => layers.length === 3)).toBe(true);
});

test('query, key and value are one step of a branch, packed or not', () => {
  const packed = networkOf('transformer:v10-8x1h2-10').residuals[0].layers;
  expect(packed).toEqual([['blocks.0.attn.qkv.weight'], ['blocks.0.attn.proj.weight']]);
  const graph = graphOf(['batch', 5, 8], (b) =>
    b.node('sum', 'Add', ['x', attention(b, 'a', 'x', 'x')]),
  );
  expect(describeNetwork(graph).residuals[0].layers).toEqual([
    ['w_a.q', 'w_a.k', 'w_a.v'],
    ['w_a.o'],
  ]);
});

test('parallel paths stand side by side, a gate beside the branch counts for nothing', () => {
  const graph = graphOf(['batch', 8], (b) => {
    const left = dense(b, 'l2', b.node('la', 'Relu', [dense(b, 'l1', 'x')]));
    const right = dense(b, 'r1', 'x');
    const gate = b.node('gate', 'Sigmoid', [dense(b, 'se', right)]);
    const gated = b.node('gated', 'Mul', [right, gate]);
    return b.node('sum', 'Add', ['x', b.node('paths', 'Add', [left, gated])]);
  });
  expect(describeNetwork(graph).residuals[0].layers).toEqual([['w_l1', 'w_r1'], ['w_l2']]);
});

/** One head of attention from `x` to `memory`. */
function attention(b: Builder, name: string, x: string, memory: string): string {
  const [q, k, v] = [x, memory, memory].map((input, i) => dense(b, `${name}.${'qkv'[i]}`, input));
  const keys = b.node(`${name}.kt`, 'Transpose', [k], { perm: [0, 2, 1] });
  const scores = b.node(`${name}.scores`, 'MatMul', [q, keys]);
  const weights = b.node(`${name}.softmax`, 'Softmax', [scores], { axis: -1 });
  return dense(b, `${name}.o`, b.node(`${name}.mix`, 'MatMul', [weights, v]));
}

test('a decoder that reads an encoder is told from it, and its projections of the memory belong to its branch', () => {
  const graph = graphOf(['batch', 5, 8], (b) => {
    b.input('target', 'float32', ['batch', 5, 8]);
    const early = b.node('d0', 'Add', ['target', attention(b, 'self', 'target', 'target')]);
    const encoded = b.node('e0', 'Add', ['x', attention(b, 'enc', 'x', 'x')]);
    return b.node('d1', 'Add', [early, attention(b, 'cross', early, encoded)]);
  });
  const { residuals, attentions } = describeNetwork(graph);
  expect(residuals.map(({ stack }) => stack)).toEqual(['decoder', 'encoder', 'decoder']);
  expect(residuals.map(({ crosses }) => crosses)).toEqual([false, false, true]);
  expect(residuals[2].layers).toEqual([['w_cross.q', 'w_cross.k', 'w_cross.v'], ['w_cross.o']]);
  expect(attentions.map(({ query }) => query)).toEqual(['w_self.q', 'w_enc.q', 'w_cross.q']);
  expect(attentions[2]).toEqual({
    query: 'w_cross.q',
    key: 'w_cross.k',
    value: 'w_cross.v',
    output: 'w_cross.o',
    heads: 1,
  });
});

test.each([1, 2, 4, 8])('%i heads are counted where queries and keys meet', (heads) => {
  const { attentions } = networkOf(`transformer:v10-16x2h${heads}-10`);
  expect(attentions.map((found) => found.heads)).toEqual([heads, heads]);
});
