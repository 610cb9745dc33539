import { expect, test } from 'vitest';
import { described, graphOf, integers, learned, scalar } from '../../test/graph-fixture.ts';
import { builder, type Attribute, type Builder, type Graph } from '../graph/index.ts';
import { describeNetwork } from './describe.ts';

/** `dense 8→16`, something, `dense 16→4`: what feeds the second layer is what the first one feeds. */
function between(make: (b: Builder, h: string) => string): {
  before: string | null;
  after: string | null;
} {
  const graph = graphOf(['batch', 8], (b) => {
    const h = b.node('one', 'Gemm', ['x', b.parameter('w1', [8, 16]), b.parameter('b1', [16])]);
    return b.node('two', 'Gemm', [make(b, h), b.parameter('w2', [16, 4])]);
  });
  const { w1, w2 } = described(graph);
  return { before: w2.precededBy, after: w1.followedBy };
}

const op =
  (operator: string, attributes: Record<string, Attribute> = {}) =>
  (b: Builder, h: string): string =>
    b.node('act', operator, [h], attributes);

const spellings: [string, string, (b: Builder, h: string) => string][] = [
  ['a Relu', 'relu', op('Relu')],
  ['a LeakyRelu', 'leaky_relu:0.2', op('LeakyRelu', { alpha: 0.2 })],
  ['a Max with 0', 'relu', (b, h) => b.node('act', 'Max', [h, scalar(b, 'zero', 0)])],
  [
    'a Clip to 0 and 6',
    'relu6',
    (b, h) => b.node('act', 'Clip', [h, scalar(b, 'low', 0), scalar(b, 'high', 6)]),
  ],
  ['a tanh Gelu', 'gelu_tanh', op('Gelu', { approximate: 'tanh' })],
  ['x · sigmoid(x)', 'silu', (b, h) => b.node('act', 'Mul', [b.node('s', 'Sigmoid', [h]), h])],
  [
    'x · tanh(softplus(x))',
    'mish',
    (b, h) => b.node('act', 'Mul', [h, b.node('t', 'Tanh', [b.node('s', 'Softplus', [h])])]),
  ],
  [
    'x · clip(x + 3, 0, 6) / 6',
    'hard_swish',
    (b, h) => {
      const shifted = b.node('add', 'Add', [h, scalar(b, 'three', 3)]);
      const clipped = b.node('clip', 'Clip', [shifted, scalar(b, 'low', 0), scalar(b, 'high', 6)]);
      return b.node('act', 'Div', [b.node('mul', 'Mul', [h, clipped]), scalar(b, 'six', 6)]);
    },
  ],
  [
    'a GELU by Erf in five operators',
    'gelu',
    (b, h) => {
      const scaled = b.node('div', 'Div', [h, scalar(b, 'root2', Math.SQRT2)]);
      const one = b.node('plus', 'Add', [b.node('erf', 'Erf', [scaled]), scalar(b, 'one', 1)]);
      const both = b.node('mul', 'Mul', [h, one]);
      return b.node('act', 'Mul', [both, scalar(b, 'half', 0.5)]);
    },
  ],
  [
    'a GELU by Tanh in eight operators',
    'gelu_tanh',
    (b, h) => {
      const cubed = b.node('pow', 'Pow', [h, scalar(b, 'three', 3)]);
      const small = b.node('small', 'Mul', [cubed, scalar(b, 'c', 0.044715)]);
      const inner = b.node('inner', 'Add', [h, small]);
      const scaled = b.node('scaled', 'Mul', [inner, scalar(b, 'k', Math.sqrt(2 / Math.PI))]);
      const plus = b.node('plus', 'Add', [b.node('tanh', 'Tanh', [scaled]), scalar(b, 'one', 1)]);
      const halved = b.node('halved', 'Mul', [h, scalar(b, 'half', 0.5)]);
      return b.node('act', 'Mul', [halved, plus]);
    },
  ],
  [
    'a function without a name',
    'custom',
    (b, h) => b.node('act', 'Mul', [h, b.node('c', 'Cos', [h])]),
  ],
];

test.each(spellings)('%s between two layers is recognised as %s', (_, name, make) => {
  expect(between(make)).toEqual({ before: name, after: name });
});

test('a scaled value is no activation', () => {
  const scaled = between((b, h) => b.node('half', 'Mul', [h, scalar(b, 'c', 0.5)]));
  expect(scaled).toEqual({ before: null, after: null });
});

test('a custom activation carries its second moment, here E (z cos z)² by quadrature', () => {
  const graph = graphOf(['batch', 8], (b) => {
    const h = b.node('one', 'Gemm', ['x', b.parameter('w1', [8, 16])]);
    const a = b.node('act', 'Mul', [h, b.node('c', 'Cos', [h])]);
    return b.node('two', 'Gemm', [a, b.parameter('w2', [16, 4])]);
  });
  // E z² cos²z = ½ + ½ E z² cos 2z = ½ + ½ (1 - 4) e⁻²
  expect(described(graph)['w2'].precededMoment).toBeCloseTo(0.5 - 1.5 * Math.exp(-2), 12);
});

test('a function that jumps over its value on the grid has the moment of its sides', () => {
  const graph = graphOf(['batch', 8], (b) => {
    const h = b.node('one', 'Gemm', ['x', b.parameter('w1', [8, 16])]);
    const a = b.node('act', 'Sign', [h]);
    return b.node('two', 'Gemm', [a, b.parameter('w2', [16, 4])]);
  });
  expect(described(graph)['w2'].precededMoment).toBeCloseTo(1, 12);
});

test('both orientations of a dense weight have the same fans, as Gemm, as MatMul, from either side', () => {
  const graph = graphOf([16, 8], (b) => {
    const g = b.node('g', 'Gemm', ['x', b.parameter('out_in', [5, 8])], { transB: 1 });
    const m = b.node('m', 'MatMul', [g, b.parameter('in_out', [5, 7])]);
    const l = b.node('l', 'MatMul', [b.parameter('left', [3, 16]), m]);
    const stored = b.node('t', 'Transpose', [b.parameter('stored', [4, 7])], { perm: [1, 0] });
    return b.node('e', 'MatMul', [l, stored]);
  });
  const found = described(graph);
  const facts = Object.fromEntries(
    Object.values(found).map(({ name, role, layout, fanIn, fanOut }) => [
      name,
      [role, layout.join(), fanIn, fanOut],
    ]),
  );
  expect(facts).toEqual({
    out_in: ['dense', 'out,in', 8, 5],
    in_out: ['dense', 'in,out', 5, 7],
    left: ['dense', 'out,in', 16, 3],
    stored: ['dense', 'out,in', 7, 4],
  });
});

test('an Einsum weight has its fans by the letters of the equation', () => {
  const graph = graphOf(['batch', 6, 8], (b) =>
    b.node('e', 'Einsum', ['x', b.parameter('w', [8, 2, 5])], { equation: 'bte,ehd->bthd' }),
  );
  expect(described(graph)['w']).toMatchObject({
    role: 'dense',
    fanIn: 8,
    fanOut: 10,
    layout: ['in', 'out', 'out'],
  });
});

test('convolutions have their true fans: grouped, depthwise, strided, transposed', () => {
  const graph = graphOf([1, 4, 32, 32], (b) => {
    const conv = b.node('c', 'Conv', ['x', b.parameter('conv', [8, 4, 3, 3])], { strides: [2, 2] });
    const grouped = b.node('g', 'Conv', [conv, b.parameter('grouped', [12, 4, 3, 3])], {
      group: 2,
    });
    const depth = b.node('d', 'Conv', [grouped, b.parameter('depthwise', [24, 1, 5, 5])], {
      group: 12,
    });
    return b.node('t', 'ConvTranspose', [depth, b.parameter('transposed', [24, 6, 3, 3])], {
      group: 1,
      strides: [2, 2],
    });
  });
  const found = described(graph);
  expect(found['conv']).toMatchObject({ role: 'conv', fanIn: 36, fanOut: 18 });
  expect(found['grouped']).toMatchObject({
    role: 'grouped_conv',
    fanIn: 36,
    fanOut: 54,
    groups: 2,
  });
  expect(found['depthwise']).toMatchObject({ role: 'depthwise_conv', fanIn: 25, fanOut: 50 });
  expect(found['transposed']).toMatchObject({ role: 'transposed_conv', fanIn: 24 * 4, fanOut: 54 });
});

test('gates that an exporter cut up and put together again are found in the stored tensor', () => {
  const graph = graphOf([7, 'batch', 3], (b) => {
    const stored = b.parameter('w', [8, 3]);
    const gate = (i: number): string =>
      b.node(`slice${i}`, 'Slice', [
        stored,
        b.constant(`s${i}`, integers(2 * i)),
        b.constant(`e${i}`, integers(2 * i + 2)),
        b.constant(`a${i}`, integers(0)),
      ]);
    const packed = b.node('cat', 'Concat', [gate(0), gate(3), gate(1), gate(2)], { axis: 0 });
    const w = b.node('un', 'Unsqueeze', [packed, b.constant('zero', integers(0))]);
    return b.node(
      'lstm',
      'LSTM',
      ['x', w, b.parameter('r', [1, 8, 2]), b.parameter('b', [1, 16])],
      {
        hidden_size: 2,
      },
    );
  });
  const { w, r, b } = described(graph);
  expect(w.role).toBe('recurrent_input');
  expect(w.layout).toEqual(['out', 'in']);
  expect(w.blocks.map(({ name, start, shape }) => [name, start, shape])).toEqual([
    ['forward/input', [0, 0], [2, 3]],
    ['forward/output', [6, 0], [2, 3]],
    ['forward/forget', [2, 0], [2, 3]],
    ['forward/cell', [4, 0], [2, 3]],
  ]);
  expect([w.fanIn, w.fanOut, r.fanIn, r.fanOut]).toEqual([3, 2, 2, 2]);
  expect(r.blocks).toHaveLength(4);
  expect(b.blocks.map(({ name }) => name)).toContain('forward/forget/hidden');
});

test('both directions of a recurrent layer have gates of their own', () => {
  const graph = graphOf([7, 'batch', 3], (b) =>
    b.node('gru', 'GRU', ['x', b.parameter('w', [2, 6, 3]), b.parameter('r', [2, 6, 2])], {
      hidden_size: 2,
      direction: 'bidirectional',
    }),
  );
  expect(described(graph)['r'].blocks.map(({ name, start }) => [name, start])).toEqual([
    ['forward/update', [0, 0, 0]],
    ['forward/reset', [0, 2, 0]],
    ['forward/hidden', [0, 4, 0]],
    ['backward/update', [1, 0, 0]],
    ['backward/reset', [1, 2, 0]],
    ['backward/hidden', [1, 4, 0]],
  ]);
});

/** A residual block around `relu`, `inner` behind its last layer. */
function residual(inner: (b: Builder, h: string) => string): Graph {
  return graphOf(['batch', 8], (b) => {
    const stem = b.node('stem', 'Gemm', ['x', b.parameter('w0', [8, 8])]);
    const h = b.node('fc1', 'Gemm', [stem, b.parameter('w1', [8, 8])]);
    const a = b.node('relu', 'Relu', [h]);
    const branch = inner(b, b.node('fc2', 'Gemm', [a, b.parameter('w2', [8, 8])]));
    const sum = b.node('sum', 'Add', [stem, branch]);
    return b.node('head', 'Gemm', [sum, b.parameter('w3', [8, 4])]);
  });
}

test('the last layer of a residual branch is known, and what closes the branch', () => {
  const plain = described(residual((_, h) => h));
  expect(plain['w2'].branchEnd).toEqual({ index: 0, count: 1, times: 1, closedBy: null });
  expect([plain['w0'], plain['w1'], plain['w3']].map((info) => info.branchEnd)).toEqual([
    null,
    null,
    null,
  ]);
  expect([plain['w0'], plain['w2'], plain['w3']].map((info) => info.position)).toEqual([
    'first',
    'hidden',
    'head',
  ]);

  const scaled = described(residual((b, h) => b.node('ls', 'Mul', [h, b.parameter('gamma', [8])])));
  expect(scaled['gamma']).toMatchObject({ role: 'layer_scale', branchEnd: { index: 0, count: 1 } });
  expect(scaled['w2'].branchEnd?.closedBy).toBe('layer_scale');

  const rezero = described(residual((b, h) => b.node('rz', 'Mul', [h, b.parameter('alpha', [1])])));
  expect(rezero['alpha'].role).toBe('layer_scale');
});

test('a normalisation spelled in primitive operators is one, and makes the scale before it irrelevant', () => {
  const graph = graphOf(['batch', 8], (b) => {
    const h = b.node('fc', 'MatMul', ['x', b.parameter('w', [8, 8])]);
    const axes = b.constant('axes', integers(-1));
    const mean = b.node('mean', 'ReduceMean', [h, axes]);
    const centred = b.node('sub', 'Sub', [h, mean]);
    const squared = b.node('pow', 'Pow', [centred, scalar(b, 'two', 2)]);
    const variance = b.node('var', 'ReduceMean', [squared, axes]);
    const root = b.node('sqrt', 'Sqrt', [b.node('eps', 'Add', [variance, scalar(b, 'e', 1e-5)])]);
    const normal = b.node('div', 'Div', [centred, root]);
    const scaled = b.node('mul', 'Mul', [normal, b.parameter('gamma', [8])]);
    const shifted = b.node('add', 'Add', [scaled, b.parameter('beta', [8])]);
    return b.node('out', 'MatMul', [b.node('relu', 'Relu', [shifted]), b.parameter('v', [8, 2])]);
  });
  const found = described(graph);
  expect(found['gamma'].role).toBe('norm_scale');
  expect(found['beta'].role).toBe('norm_shift');
  expect(found['e'].role).toBe('constant');
  expect(found['w'].normalised).toBe(true);
  expect(found['w'].followedBy).toBe('relu');
  expect(found['v'].precededBy).toBe('relu');
});

test('tables, positions, masks and fixed codes are told apart', () => {
  const b = builder('test');
  b.input('ids', 'int64', ['batch', 4]);
  const words = b.node('words', 'Gather', [b.parameter('table', [10, 6]), 'ids']);
  const placed = b.node('place', 'Add', [words, b.constant('positions', learned(1, 4, 6))]);
  const sines = Float32Array.from({ length: 24 }, (_, i) =>
    (i % 2 === 0 ? Math.sin : Math.cos)(Math.floor(i / 2)),
  );
  const coded = b.node('code', 'Add', [
    placed,
    b.constant('sines', { dtype: 'float32', shape: [4, 6], data: sines }),
  ]);
  const scores = b.node('qk', 'MatMul', [
    coded,
    b.node('t', 'Transpose', [coded], { perm: [0, 2, 1] }),
  ]);
  const mask = Float32Array.from({ length: 16 }, (_, i) => (i % 4 > i / 4 ? -1e9 : 0));
  const masked = b.node('mask', 'Add', [
    scores,
    b.constant('causal', { dtype: 'float32', shape: [4, 4], data: mask }),
  ]);
  const mixed = b.node('mix', 'MatMul', [b.node('soft', 'Softmax', [masked]), coded]);
  b.output('y', b.node('head', 'MatMul', [mixed, b.parameter('w', [6, 10])]), 'float32', [null]);
  b.parameter('spare', [3]);
  const found = described(b.build());
  const roles = Object.fromEntries(Object.values(found).map(({ name, role }) => [name, role]));
  expect(roles).toEqual({
    table: 'embedding',
    positions: 'positional_embedding',
    sines: 'constant',
    causal: 'constant',
    w: 'attention_output',
    spare: 'unused',
  });
});

test('a weight that is computed while the network runs is named with its node and its maker', () => {
  const graph = graphOf(['batch', 8], (b) => {
    const weight = b.node('norm', 'Mul', [b.parameter('v', [8, 4]), b.parameter('g', [4])]);
    return b.node('fc', 'MatMul', ['x', weight]);
  });
  const { v } = described(graph);
  expect(v.role).toBe('unknown');
  expect(v.problem).toMatchInlineSnapshot(
    `"fc: the weight must be a stored tensor or a rearrangement of one, got the output of Mul (norm_output), which is computed at run time"`,
  );
});

test('a thousand residual layers are described without recursion trouble', () => {
  const graph = graphOf(['batch', 4], (b) => {
    let h = b.node('stem', 'Gemm', ['x', b.parameter('w', [4, 4])]);
    for (let i = 0; i < 1000; i++) {
      const a = b.node(`r${i}`, 'Tanh', [
        b.node(`f${i}`, 'Gemm', [h, b.parameter(`w${i}`, [4, 4])]),
      ]);
      h = b.node(`s${i}`, 'Add', [h, a]);
    }
    return h;
  });
  const network = describeNetwork(graph);
  expect(network.branches).toBe(1000);
  expect(network.depth).toBe(1001);
});

test('long and doubling chains of copies, and wide sums, neither overflow nor hang', () => {
  const graph = graphOf(['batch', 4], (b) => {
    let weight = b.parameter('w', [4, 4]);
    let number = scalar(b, 'c', 2);
    for (let i = 0; i < 20_000; i++) {
      weight = b.node(`same${i}`, 'Identity', [weight]);
      number = b.node(`number${i}`, 'Identity', [number]);
    }
    let doubled = b.parameter('v', [4, 4]);
    for (let i = 0; i < 40; i++) doubled = b.node(`twice${i}`, 'Concat', [doubled, doubled]);
    let values = ['x'];
    for (let i = 0; i < 4; i++) {
      const before = values;
      values = Array.from({ length: 60 }, (_, k) => b.node(`sum${i}_${k}`, 'Sum', before));
    }
    const h = b.node('scaled', 'Mul', [b.node('all', 'Sum', values), number]);
    return b.node('two', 'MatMul', [b.node('one', 'MatMul', [h, weight]), doubled]);
  });
  const { w, v } = described(graph);
  expect([w.role, v.role]).toEqual(['unknown', 'unknown']);
});
