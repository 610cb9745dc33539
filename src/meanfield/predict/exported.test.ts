import { expect, test } from 'vitest';
import { builder, type Builder, type Graph } from '../../graph/index.ts';
import { describeNetwork } from '../../network/index.ts';
import { predict } from './predict.ts';
import type { Laws, PredictedLayer } from './prediction.ts';

/** Weights of variance `2 / fan_in`, biases zero, what is no layer's as it is stored. */
function lawsOf(graph: Graph): Laws {
  const infos = new Map(describeNetwork(graph).parameters.map((info) => [info.name, info]));
  return (name) => {
    const fanIn = infos.get(name)?.fanIn ?? null;
    return fanIn === null ? null : { mean: 0, variance: 2 / fanIn, caveat: null };
  };
}

/** The rows of a graph on one input. */
function rowsOf(
  shape: readonly (number | string)[],
  build: (b: Builder, x: string) => string,
): (name: string) => PredictedLayer {
  const b = builder('exported');
  b.output('y', build(b, b.input('x', 'float32', shape)), 'float32', ['batch']);
  const graph = b.build();
  const { layers } = predict(graph, describeNetwork(graph), lawsOf(graph), { model: 'exported' });
  return (name) => {
    const row = layers.find((layer) => layer.name === name);
    if (row === undefined) throw new Error(`no row ${name}: ${layers.map((l) => l.name).join()}`);
    return row;
  };
}

const int64 = (b: Builder, name: string, ...values: number[]): string =>
  b.constant(name, {
    dtype: 'int64',
    shape: [values.length],
    data: BigInt64Array.from(values, BigInt),
  });

const float32 = (b: Builder, name: string, ...values: number[]): string =>
  b.constant(name, { dtype: 'float32', shape: [values.length], data: Float32Array.from(values) });

test('a group normalisation of three nodes normalises groups and keeps the positions', () => {
  const row = rowsOf(['batch', 3, 16, 16], (b, x) => {
    const conv = b.node('conv', 'Conv', [x, b.parameter('conv.w', [64, 3, 3, 3])]);
    const grouped = b.node('in', 'Reshape', [conv, int64(b, 'groups', 0, 2, -1)]);
    const normal = b.node('norm', 'InstanceNormalization', [
      grouped,
      float32(b, 'ones', 1, 1),
      float32(b, 'zeros', 0, 0),
    ]);
    const back = b.node('out', 'Reshape', [normal, b.node('shape', 'Shape', [conv])]);
    return b.node('pool', 'GlobalAveragePool', [back]);
  });
  // A second moment of 2 and ε = 1e-5: 2 / (2 + 1e-5).
  expect(Math.abs(row('norm_output').q! - 1)).toBeLessThan(1e-5);
  // Positions of white noise are independent but for shared windows: their mean is far below one of them.
  expect(row('pool_output').q!).toBeLessThan(0.1);
});

test('a layer whose weights are those of an earlier one says that they are taken as drawn anew', () => {
  const row = rowsOf(['batch', 32], (b, x) => {
    const shared = b.parameter('w', [32, 32]);
    const bias = b.parameter('b', [32]);
    const layer = (name: string, from: string): string =>
      b.node(name, 'Add', [b.node(`${name}.product`, 'MatMul', [from, shared]), bias]);
    const first = b.node('relu', 'Relu', [layer('first', x)]);
    return layer('second', first);
  });
  expect(row('first_output').note).toBeNull();
  expect(row('second_output').note).toBe('weights are used before and taken as drawn anew');
});

test('a transposed convolution sums over the taps that hit an input', () => {
  const row = rowsOf(['batch', 50, 1, 1], (b, x) => {
    const first = b.node('first', 'ConvTranspose', [x, b.parameter('first.w', [50, 20, 4, 4])]);
    return b.node('second', 'ConvTranspose', [first, b.parameter('second.w', [20, 8, 3, 3])], {
      strides: [2, 2],
    });
  });
  // One input: each output sees one tap of each of 50 units.
  const q = row('first_output').q!;
  expect(Math.abs(q - (2 / describeFan([50, 20, 4, 4], [1, 1])) * 50)).toBeLessThan(1e-12);
  // Of 9 outputs in a row the 4 inputs reach 4 x 3: 12/9 taps on average, of both axes.
  const taps = (12 / 9) ** 2;
  const own = describeFan([20, 8, 3, 3], [2, 2]);
  expect(Math.abs(row('second_output').q! / (q * (2 / own) * 20 * taps) - 1)).toBeLessThan(1e-12);
});

function describeFan(shape: readonly number[], strides: number[]): number {
  const b = builder('fan');
  const x = b.input('x', 'float32', [1, shape[0], 4, 4]);
  const y = b.node('t', 'ConvTranspose', [x, b.parameter('w', shape)], { strides });
  b.output('y', y, 'float32', [1]);
  return describeNetwork(b.build()).parameters[0].fanIn!;
}

const chain = (b: Builder, x: string, phi: (x: string, i: number) => string): string => {
  let y = b.node('dense0', 'MatMul', [x, b.parameter('w0', [64, 64])]);
  for (let i = 1; i < 5; i++) {
    y = b.node(`dense${i}`, 'MatMul', [phi(y, i), b.parameter(`w${i}`, [64, 64])]);
  }
  return y;
};

test('a choice by the sign of what it chooses from is a leaky rectifier', () => {
  const chosen = rowsOf(['batch', 64], (b, x) => {
    const zero = b.constant('zero', { dtype: 'float32', shape: [], data: Float32Array.of(0) });
    const slope = b.constant('slope', { dtype: 'float32', shape: [], data: Float32Array.of(0.25) });
    return chain(b, x, (y, i) =>
      b.node(`phi${i}`, 'Where', [
        b.node(`low${i}`, 'Not', [b.node(`high${i}`, 'Greater', [y, zero])]),
        b.node(`small${i}`, 'Mul', [y, slope]),
        y,
      ]),
    );
  });
  const leaky = rowsOf(['batch', 64], (b, x) =>
    chain(b, x, (y, i) => b.node(`phi${i}`, 'LeakyRelu', [y], { alpha: 0.25 })),
  );
  for (const name of ['dense1_output', 'dense4_output']) {
    const [a, b] = [chosen(name), leaky(name)];
    for (const key of ['q', 'c', 'gradient'] as const) {
      expect(Math.abs(a[key]! - b[key]!)).toBeLessThan(1e-12);
    }
  }
});

test('steps keep the signal and let no gradient through', () => {
  const b = builder('steps');
  const zero = b.constant('zero', { dtype: 'float32', shape: [], data: Float32Array.of(0) });
  const y = chain(b, b.input('x', 'float32', ['batch', 64]), (z, i) =>
    b.node(`cast${i}`, 'Cast', [b.node(`step${i}`, 'Less', [zero, z])], { to: 1 }),
  );
  b.output('y', y, 'float32', ['batch', 64]);
  const graph = b.build();
  const found = predict(graph, describeNetwork(graph), lawsOf(graph), { model: 'steps' });
  const { layers, phase, where, verdict } = found;
  // Half of the units are 1: variance 2 / fan_in times fan_in / 2.
  for (const { q } of layers.filter(
    ({ op, name }) => op === 'MatMul' && name !== 'dense0_output',
  )) {
    expect(Math.abs(q! - 1)).toBeLessThan(1e-12);
  }
  expect([phase, where, verdict]).toMatchInlineSnapshot(`
    [
      "vanishing",
      "dense3_output",
      "No gradient gets to \`dense3_output\`: what follows it is flat almost everywhere, or its gradients are too small for a number.",
    ]
  `);
});

test('pads as PyTorch computes them are read', () => {
  const row = rowsOf(['batch', 3, 8, 8], (b, x) => {
    // Of two axes, 1 and 2 around the last, 3 and 4 around the one before.
    const given = int64(b, 'given', 1, 2, 3, 4);
    const rest = b.node('rest', 'ConstantOfShape', [int64(b, 'four', 4)], {
      value: { dtype: 'int64', shape: [1], data: BigInt64Array.of(0n) },
    });
    const list = b.node('list', 'Concat', [given, rest], { axis: 0 });
    const pairs = b.node('pairs', 'Reshape', [list, int64(b, 'two', -1, 2)]);
    const turned = b.node('turned', 'Slice', [
      pairs,
      int64(b, 'start', -1),
      int64(b, 'end', -1e15),
      int64(b, 'axis', 0),
      int64(b, 'step', -1),
    ]);
    const flat = b.node('flat', 'Reshape', [
      b.node('across', 'Transpose', [turned], { perm: [1, 0] }),
      int64(b, 'all', -1),
    ]);
    const padded = b.node('pad', 'Pad', [x, b.node('cast', 'Cast', [flat], { to: 7 })]);
    return b.node('conv', 'Conv', [padded, b.parameter('w', [16, 3, 1, 1])]);
  });
  // 8 of 15 rows and 8 of 11 columns are no zeros, of a variance 2.
  expect(Math.abs(row('conv_output').q! - (2 * 64) / (15 * 11))).toBeLessThan(1e-12);
});

test('units that become positions are positions of independent units', () => {
  const row = rowsOf(['batch', 16, 4, 4], (b, x) => {
    const conv = b.node('conv', 'Conv', [x, b.parameter('w', [64, 16, 4, 4])]);
    return b.node('pool', 'GlobalAveragePool', [
      b.node('shuffle', 'DepthToSpace', [conv], { blocksize: 2 }),
    ]);
  });
  // One position of 64 units of second moment 2 becomes 4 positions of 16 units: their mean has 2 / 4.
  expect(Math.abs(row('pool_output').q! - 0.5)).toBeLessThan(1e-12);
});

/** A head of causal attention over 16 positions, behind `turn` of its queries and keys. */
const head = (
  b: Builder,
  x: string,
  masked: (scores: string) => string,
  turn: (b: Builder, x: string, name: string) => string = (_, y) => y,
): string => {
  const [q, k, v] = ['q', 'k', 'v'].map((name) =>
    b.node(name, 'MatMul', [x, b.parameter(`${name}.w`, [32, 32])]),
  );
  const key = b.node('kt', 'Transpose', [turn(b, k, 'kr')], { perm: [0, 2, 1] });
  const scores = b.node('scores', 'MatMul', [turn(b, q, 'qr'), key]);
  const shares = b.node('softmax', 'Softmax', [masked(scores)]);
  const mixed = b.node('mixed', 'MatMul', [shares, v]);
  return b.node('out', 'MatMul', [mixed, b.parameter('out.w', [32, 32])]);
};

const triangle = Array.from({ length: 256 }, (_, i) => (i % 16 > Math.floor(i / 16) ? 1 : 0));

test('a mask that the graph makes of a triangle is the mask that it could have stored', () => {
  const low = (b: Builder): string => float32(b, 'low', -Infinity);
  const stored = rowsOf(['batch', 16, 32], (b, x) =>
    head(b, x, (scores) => {
      const mask = b.constant('mask', {
        dtype: 'bool',
        shape: [16, 16],
        data: Uint8Array.from(triangle),
      });
      return b.node('masked', 'Where', [mask, low(b), scores]);
    }),
  );
  const made = rowsOf(['batch', 16, 32], (b, x) =>
    head(b, x, (scores) => {
      const ones = b.constant('ones', {
        dtype: 'uint8',
        shape: [16, 16],
        data: new Uint8Array(256).fill(1),
      });
      const upper = b.node('upper', 'Trilu', [
        ones,
        b.constant('k', { dtype: 'int64', shape: [], data: BigInt64Array.of(1n) }),
      ]);
      const mask = b.node('mask', 'Cast', [upper], { to: 9 });
      return b.node('masked', 'Where', [mask, low(b), scores]);
    }),
  );
  const open = rowsOf(['batch', 16, 32], (b, x) => head(b, x, (scores) => scores));
  for (const name of ['softmax_output', 'out_output']) {
    expect(stored(name).q!).toBeGreaterThan(open(name).q!);
    expect(made(name).q).toBe(stored(name).q);
  }
});

test('a rotation by stored angles keeps the second moment', () => {
  const rotated = (b: Builder, y: string, name: string): string => {
    const steps = b.constant(`${name}.t`, {
      dtype: 'float32',
      shape: [16],
      data: Float32Array.from({ length: 16 }, (_, i) => i),
    });
    const rates = float32(b, `${name}.r`, ...Array.from({ length: 32 }, (_, i) => 0.5 ** i));
    const angles = b.node(`${name}.a`, 'Einsum', [steps, rates], { equation: 'i, j -> i j' });
    const [cos, sin] = ['Cos', 'Sin'].map((op) => b.node(`${name}.${op}`, op, [angles]));
    return b.node(`${name}.sum`, 'Add', [
      b.node(`${name}.x`, 'Mul', [y, cos]),
      b.node(`${name}.y`, 'Mul', [b.node(`${name}.n`, 'Neg', [y]), sin]),
    ]);
  };
  const [plain, turned] = [undefined, rotated].map((turn) =>
    rowsOf(['batch', 16, 32], (b, x) => head(b, x, (scores) => scores, turn)),
  );
  // Of E cos² + E sin² = 1 a quadrature of fast waves keeps six digits.
  const ratio = turned('softmax_output').q! / plain('softmax_output').q!;
  expect(Math.abs(ratio - 1)).toBeLessThan(1e-5);
});

test('an extent that the graph chooses by a comparison is known', () => {
  const row = rowsOf(['batch', 64], (b, x) => {
    // PyTorch's expand: an extent of -1 stands for 1.
    const given = int64(b, 'given', -1, 8, 64);
    const ones = b.node('ones', 'ConstantOfShape', [int64(b, 'three', 3)], {
      value: { dtype: 'int64', shape: [1], data: BigInt64Array.of(1n) },
    });
    const minus = b.node('minus', 'Mul', [ones, int64(b, 'negative', -1)]);
    const isOpen = b.node('open', 'Equal', [given, minus]);
    const middle = b.node('middle', 'Unsqueeze', [x, int64(b, 'at', 1)]);
    const spread = b.node('spread', 'Expand', [
      middle,
      b.node('shape', 'Where', [isOpen, ones, given]),
    ]);
    const flat = b.node('flat', 'Reshape', [spread, int64(b, 'list', 0, 512)]);
    return b.node('softmax', 'Softmax', [flat]);
  });
  // A softmax over 512 units of variance 1 needs their number: about e / 512² each.
  expect(Math.abs((row('softmax_output').q! * 512 ** 2) / Math.E - 1)).toBeLessThan(0.02);
});

test('a sum of products over units is a signal where they have no mean, and a number where they have', () => {
  const row = rowsOf(['batch', 64], (b, x) => {
    const [u, v] = ['u', 'v'].map((name) =>
      b.node(name, 'MatMul', [x, b.parameter(`${name}.w`, [64, 256])]),
    );
    const axes = int64(b, 'axes', -1);
    const product = b.node('product', 'ReduceSum', [b.node('uv', 'Mul', [u, v]), axes]);
    const square = b.node('square', 'ReduceSum', [b.node('uu', 'Mul', [u, u]), axes]);
    return b.node('sum', 'Add', [product, b.node('far', 'Add', [square, x])]);
  });
  // E (Σ u v)² = 256 · 2 · 2, and Σ u² = 256 · 2 to which x adds 1.
  expect(Math.abs(row('sum_output').q! / (1024 + 512 ** 2 + 1) - 1)).toBeLessThan(1e-12);
});

test('a tangent has no second moment once it meets a pole', () => {
  const row = rowsOf(['batch', 64], (b, x) => b.node('tan', 'Tan', [x]));
  expect([row('tan_output').known, row('tan_output').note]).toMatchInlineSnapshot(`
    [
      false,
      "its second moment is not finite: too large, or its function is not defined everywhere",
    ]
  `);
});

test('a sum over positions adds up what they have in common', () => {
  const row = rowsOf(['batch', 16, 32], (b, x) => {
    const signs = Array.from({ length: 32 }, (_, i) => (i % 2 === 0 ? 1 : -1));
    const [k, v] = ['k', 'v'].map((name) =>
      b.node(`${name}.sum`, 'Add', [
        b.node(name, 'MatMul', [x, b.parameter(`${name}.w`, [32, 32])]),
        float32(b, `${name}.b`, ...signs),
      ]),
    );
    const mixed = b.node('mixed', 'MatMul', [
      b.node('turned', 'Transpose', [k], { perm: [0, 2, 1] }),
      v,
    ]);
    return b.node('out', 'MatMul', [mixed, b.parameter('out.w', [32, 32])]);
  });
  // Of second moments 2 + 1 what stands for all positions has 1 each: E k² v² = 9 at one of 16, 1 at two; then 2/32 · 32.
  const expected = 2 * 16 * (9 + 15);
  expect(Math.abs(row('out_output').q! / expected - 1)).toBeLessThan(1e-9);
});

test('a layer of zero weights behind which a bias starts a signal anew lets no gradient through', () => {
  const b = builder('zeros');
  let y = b.input('x', 'float32', ['batch', 64]);
  for (let i = 0; i < 5; i++) {
    const bias = float32(b, `b${i}`, ...Array.from({ length: 64 }, (_, at) => (at % 2) - 0.5));
    const dense = b.node(`dense${i}`, 'Gemm', [y, b.parameter(`w${i}`, [64, 64]), bias]);
    y = i < 4 ? b.node(`tanh${i}`, 'Tanh', [dense]) : dense;
  }
  b.output('y', y, 'float32', ['batch', 64]);
  const graph = b.build();
  const open = lawsOf(graph);
  const laws: Laws = (name) =>
    name === 'w2' ? { mean: 0, variance: 0, caveat: null } : open(name);
  const { verdict } = predict(graph, describeNetwork(graph), laws, { model: 'zeros' });
  expect(verdict).toMatchInlineSnapshot(
    `"No gradient gets to \`dense1_output\`: the weights of \`dense2_output\` are zero."`,
  );
});
