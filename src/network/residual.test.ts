import { expect, test } from 'vitest';
import { described, graphOf } from '../../test/graph-fixture.ts';
import type { Builder } from '../graph/index.ts';
import { describeNetwork } from './describe.ts';

const dense = (b: Builder, name: string, input: string, width = 8): string =>
  b.node(name, 'Gemm', [input, b.parameter(`w_${name}`, [8, width])]);

test('a branch may read something else besides the stream, as cross attention does', () => {
  const graph = graphOf(['batch', 8], (b) => {
    b.input('memory', 'float32', ['batch', 8]);
    const stem = dense(b, 'stem', 'x');
    const both = b.node('both', 'Mul', [dense(b, 'q', stem), dense(b, 'k', 'memory')]);
    return b.node('sum', 'Add', [stem, dense(b, 'out', both)]);
  });
  expect(describeNetwork(graph).branches).toBe(1);
  expect(described(graph)['w_out'].branchEnd).toEqual({
    index: 0,
    count: 1,
    times: 1,
    closedBy: null,
  });
  expect(described(graph)['w_k'].branchEnd).toBeNull();
});

test('parallel paths that are added before the sum all end the branch', () => {
  const graph = graphOf(['batch', 8], (b) => {
    const stem = dense(b, 'stem', 'x');
    const left = dense(b, 'l2', b.node('la', 'Relu', [dense(b, 'l1', stem)]));
    const right = dense(b, 'r2', b.node('ra', 'Relu', [dense(b, 'r1', stem)]));
    return b.node('sum', 'Add', [stem, b.node('paths', 'Add', [left, right])]);
  });
  const found = described(graph);
  const ends = Object.values(found).filter(({ branchEnd }) => branchEnd !== null);
  expect(ends.map(({ name }) => name)).toEqual(['w_l2', 'w_r2']);
});

test('a gate at the end of a branch is not its end, whichever side it stands on', () => {
  for (const order of [0, 1]) {
    const graph = graphOf(['batch', 8], (b) => {
      const stem = dense(b, 'stem', 'x');
      const h = dense(b, 'fc', stem);
      const gate = b.node('gate', 'Sigmoid', [dense(b, 'se', h)]);
      const gated = b.node('gated', 'Mul', order === 0 ? [h, gate] : [gate, h]);
      return b.node('sum', 'Add', [stem, gated]);
    });
    const found = described(graph);
    expect([found['w_fc'].branchEnd !== null, found['w_se'].branchEnd]).toEqual([true, null]);
  }
});

test('a projection shortcut is a skip, a sum of two equal paths is not', () => {
  const shortcut = graphOf(['batch', 8], (b) => {
    const branch = dense(b, 'fc2', b.node('a', 'Relu', [dense(b, 'fc1', 'x')]));
    return b.node('sum', 'Add', [dense(b, 'short', 'x'), branch]);
  });
  expect(describeNetwork(shortcut).branches).toBe(1);
  expect(described(shortcut)['w_fc2'].branchEnd).not.toBeNull();
  const twins = graphOf(['batch', 8], (b) =>
    b.node('sum', 'Add', [dense(b, 'one', 'x'), dense(b, 'two', 'x')]),
  );
  expect(describeNetwork(twins).branches).toBe(0);
});

test('gated mixtures of old and new, as in highway networks and recurrent cells, are no residuals', () => {
  const graph = graphOf(['batch', 8], (b) => {
    const stem = dense(b, 'stem', 'x');
    const gate = b.node('gate', 'Sigmoid', [dense(b, 't', stem)]);
    const one = b.parameter('one', [1], 1);
    const fresh = b.node('fresh', 'Mul', [gate, b.node('h', 'Tanh', [dense(b, 'fc', stem)])]);
    const old = b.node('old', 'Mul', [b.node('rest', 'Sub', [one, gate]), stem]);
    return b.node('sum', 'Add', [old, fresh]);
  });
  expect(describeNetwork(graph).branches).toBe(0);
});

test('a recurrence that is unrolled over time is no residual network', () => {
  const graph = graphOf(['time', 8], (b) => {
    const [wx, wh] = [b.parameter('wx', [8, 8]), b.parameter('wh', [8, 8])];
    let h = b.node('h0', 'Tanh', [b.node('x0', 'Gemm', ['x', wx])]);
    for (let t = 1; t < 5; t++) {
      const now = b.node(`x${t}`, 'Gemm', ['x', wx]);
      const past = b.node(`r${t}`, 'Gemm', [h, wh]);
      h = b.node(`h${t}`, 'Tanh', [b.node(`s${t}`, 'Add', [now, past])]);
    }
    return h;
  });
  expect(describeNetwork(graph).branches).toBe(0);
});

test('the outputs of all layers of a long chain may be summed up', () => {
  const graph = graphOf(['batch', 8], (b) => {
    const outputs: string[] = [];
    for (let i = 0, h = 'x'; i < 400; i++) {
      h = b.node(`a${i}`, 'Tanh', [dense(b, `fc${i}`, h)]);
      outputs.push(h);
    }
    return outputs.reduce((sum, h, i) => b.node(`sum${i}`, 'Add', [sum, h]));
  });
  expect(describeNetwork(graph).depth).toBe(400);
});

test('a scalar that closes several branches is one, also where it is handed on under another name', () => {
  const graph = graphOf(['batch', 8], (b) => {
    const alpha = b.parameter('alpha', [1]);
    let stream = dense(b, 'stem', 'x');
    for (const [i, scale] of [alpha, b.node('same', 'Identity', [alpha])].entries()) {
      const branch = b.node(`act${i}`, 'Relu', [dense(b, `fc${i}`, stream)]);
      stream = b.node(`sum${i}`, 'Add', [stream, b.node(`scaled${i}`, 'Mul', [scale, branch])]);
    }
    return stream;
  });
  const found = described(graph);
  expect(found['alpha'].role).toBe('layer_scale');
  for (const name of ['w_fc0', 'w_fc1']) {
    expect(found[name].followedBy).toBe('relu');
    expect(found[name].branchEnd?.closedBy).toBe('layer_scale');
  }
});
