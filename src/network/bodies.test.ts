import { expect, test } from 'vitest';
import { described, graphOf } from '../../test/graph-fixture.ts';
import { builder, type Graph } from '../graph/index.ts';
import { describeNetwork } from './describe.ts';

/** `h ← tanh(x · Wᵀ + h · R)`, W transposed outside, R stored inside. */
function loop(): Graph {
  const inner = builder('body');
  inner.input('h', 'float32', ['batch', 8]);
  const now = inner.node('now', 'MatMul', ['x', 'turned_output']);
  const past = inner.node('past', 'MatMul', ['h', inner.parameter('r', [8, 8])]);
  const next = inner.node('tanh', 'Tanh', [inner.node('add', 'Add', [now, past])]);
  inner.output('h_next', next, 'float32', ['batch', 8]);
  return graphOf(['batch', 6], (b) => {
    b.node('turned', 'Transpose', [b.parameter('w', [8, 6])], { perm: [1, 0] });
    const last = b.node('loop', 'Loop', ['', '', b.parameter('h0', [1, 8])], {
      body: inner.build(),
    });
    return b.node('head', 'MatMul', [last, b.parameter('v', [8, 3])]);
  });
}

test('a body reads what is stored around it, also rearranged out there', () => {
  const found = described(loop());
  expect(found['w']).toMatchObject({
    role: 'dense',
    layout: ['out', 'in'],
    fanIn: 6,
    followedBy: 'tanh',
  });
  expect(found['r']).toMatchObject({ role: 'dense', fanIn: 8, followedBy: 'tanh' });
});

test('layers inside a body count in the depth and stand before those that follow', () => {
  const network = describeNetwork(loop());
  const positions = Object.fromEntries(
    network.parameters.map((info) => [info.name, info.position]),
  );
  expect(positions).toMatchObject({ w: 'first', r: 'first', v: 'head' });
  expect([network.depth, network.activations]).toEqual([2, ['tanh']]);
});

test('a tensor that is used inside and outside is listed once', () => {
  const inner = builder('body');
  inner.output('z', inner.node('fc', 'MatMul', ['x', 'w']), 'float32', [null]);
  const graph = graphOf(['batch', 4], (b) => {
    const h = b.node('outside', 'MatMul', ['x', b.parameter('w', [4, 4])]);
    const chosen = b.node('if', 'If', ['x'], { then_branch: inner.build() });
    return b.node('sum', 'Add', [h, chosen]);
  });
  const uses = describeNetwork(graph).parameters.map((info) => [info.name, info.uses]);
  expect(uses).toEqual([['w', 2]]);
});
