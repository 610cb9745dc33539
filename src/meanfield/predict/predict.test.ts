import { expect, test } from 'vitest';
import { activation, derivativeSecondMoment, secondMoment } from '../../activation/index.ts';
import { builder, type Builder, type Graph } from '../../graph/index.ts';
import { buildArchitecture, describeNetwork } from '../../network/index.ts';
import { covariance } from '../covariance.ts';
import { predict, type PredictOptions } from './predict.ts';
import type { Law, Laws, PredictedLayer, Prediction } from './prediction.ts';

const law = (variance: number, mean: number = 0): Law => ({ mean, variance, caveat: null });

/** Weights of variance `sigmaW2 / fan_in`, everything else zero but for scales of ones. */
function lawsOf(graph: Graph, sigmaW2: number, sigmaB2: number = 0): Laws {
  const { parameters } = describeNetwork(graph);
  const infos = new Map(parameters.map((info) => [info.name, info]));
  return (name) => {
    const info = infos.get(name);
    if (info === undefined || info.role === 'constant') return null;
    if (info.role === 'norm_scale' || info.role === 'norm_variance') return law(0, 1);
    if (info.role === 'bias') return law(sigmaB2);
    return info.fanIn === null ? law(0) : law(sigmaW2 / info.fanIn);
  };
}

function predicted(
  graph: Graph,
  laws: Laws,
  options: Partial<PredictOptions> = {},
): Prediction & { readonly row: (name: string) => PredictedLayer } {
  const found = predict(graph, describeNetwork(graph), laws, { model: 'a graph', ...options });
  const row = (name: string): PredictedLayer => {
    const layer = found.layers.find((candidate) => candidate.name === name);
    if (layer === undefined)
      throw new Error(`no row ${name}: ${found.layers.map((each) => each.name).join(', ')}`);
    return layer;
  };
  return { ...found, row };
}

/** A graph of nodes on an input [batch, width]. */
function graphOf(
  shape: readonly (number | string)[],
  build: (b: Builder, x: string) => string,
): Graph {
  const b = builder('test');
  const output = build(b, b.input('x', 'float32', shape));
  b.output('y', output, 'float32', ['batch']);
  return b.build();
}

const dense = (b: Builder, name: string, x: string, inputs: number, outputs: number): string =>
  b.node(
    name,
    'Gemm',
    [x, b.parameter(`${name}.w`, [outputs, inputs]), b.parameter(`${name}.b`, [outputs])],
    { transB: 1 },
  );

test('a kernel that is zero but for its centre hands the gradient of each output to one position', () => {
  const graph = graphOf(['batch', 1, 14, 14], (b, x) => {
    const first = b.node('first', 'Conv', [x, b.parameter('first.w', [6, 1, 1, 1])]);
    const weights = b.parameter('second.w', [16, 6, 5, 5]);
    return b.node('second', 'Conv', [first, weights], { strides: [1, 2], pads: [0, 0, 0, 1] });
  });
  // Variance 1 at the centre is 1 / 25 over all taps; 10 of 14 rows and 6 of 14 columns are a centre.
  const kernel: Law = { ...law(1 / 25), centre: true };
  const { row } = predicted(graph, (name) => (name === 'second.w' ? kernel : law(1)));
  expect(row('second_output').gradient).toBe(1);
  expect(row('first_output').gradient).toBeCloseTo(16 * (10 / 14) * (6 / 14), 12);
});

test.each(['tanh', 'relu', 'gelu', 'hard_tanh', 'silu', 'leaky_relu:0.2', 'selu'])(
  'a chain of %s layers follows the variance and covariance maps and the products of χ',
  (name) => {
    const phi = activation(name);
    const [sigmaW2, sigmaB2, depth] = [1.7, 0.05, 6];
    const graph = buildArchitecture(`mlp:300-200x${depth}-10:${name}`);
    const { layers } = predicted(graph, lawsOf(graph, sigmaW2, sigmaB2), { q: 0.8, c: 0.4 });
    const linear = layers.filter(({ op }) => op === 'Gemm');
    let q = sigmaW2 * 0.8 + sigmaB2;
    let k = sigmaW2 * 0.4 * 0.8 + sigmaB2;
    const chis: number[] = [];
    for (const row of linear) {
      // Quadrature split at the kinks is good to 1e-12; the Hermite series of a kink, cut at
      // order 64 and continued by a power law, to 3e-5 of q at c = 1, where all of the rest is known.
      expect(Math.abs(row.q! / q - 1)).toBeLessThan(1e-11);
      expect(Math.abs(row.c! - k / q)).toBeLessThan(3e-5);
      chis.push(derivativeSecondMoment(phi, q));
      [q, k] = [
        sigmaW2 * secondMoment(phi, q) + sigmaB2,
        sigmaW2 * covariance(phi, q, q, k) + sigmaB2,
      ];
    }
    // The weights add up over their outputs: 10 of them behind the last hidden layer, else 200.
    let gradient = 1;
    for (let l = depth - 1; l >= 0; l--) {
      gradient *= chis[l] * (sigmaW2 / 200) * (l === depth - 1 ? 10 : 200);
      expect(Math.abs(linear[l].gradient! / gradient - 1)).toBeLessThan(1e-10);
    }
    const relu = layers.find(({ op }) => op !== 'Gemm')!;
    expect(Math.abs(relu.chi! / chis[0] - 1)).toBeLessThan(1e-11);
  },
);

test('two inputs of one direction stay together, and the same is said of opposite ones by parity', () => {
  const graph = buildArchitecture('mlp:50-40x4-3:tanh');
  const same = predicted(graph, lawsOf(graph, 2), { c: 1 });
  const opposite = predicted(graph, lawsOf(graph, 2), { c: -1 });
  for (const { c } of same.layers) expect(c).toBe(1);
  for (const { c } of opposite.layers) expect(c).toBeCloseTo(-1, 10);
});

test('a function is the same however it is spelled', () => {
  const spelled = (build: (b: Builder, x: string) => string): PredictedLayer[] => {
    const graph = graphOf(['batch', 40], (b, x) =>
      dense(b, 'second', build(b, dense(b, 'first', x, 40, 60)), 60, 5),
    );
    const { layers } = predicted(graph, lawsOf(graph, 1.4, 0.1), { c: 0.3 });
    return layers.filter(({ op }) => op === 'Gemm');
  };
  const number = (b: Builder, name: string, value: number): string =>
    b.constant(name, { dtype: 'float32', shape: [], data: Float32Array.of(value) });
  const close = (a: PredictedLayer[], b: PredictedLayer[]): void => {
    for (const [i, row] of a.entries()) {
      // √½ is rounded to float32 in the graph.
      expect(Math.abs(row.q! / b[i].q! - 1)).toBeLessThan(1e-7);
      expect(Math.abs(row.c! - b[i].c!)).toBeLessThan(1e-7);
      expect(Math.abs(row.gradient! / b[i].gradient! - 1)).toBeLessThan(1e-7);
    }
  };
  const gelu = spelled((b, x) => b.node('gelu', 'Gelu', [x], { approximate: 'none' }));
  const byErf = spelled((b, x) => {
    const scaled = b.node('scaled', 'Mul', [x, number(b, 'root', Math.SQRT1_2)]);
    const shifted = b.node('shifted', 'Add', [b.node('erf', 'Erf', [scaled]), number(b, 'one', 1)]);
    return b.node('half', 'Mul', [b.node('gated', 'Mul', [x, shifted]), number(b, 'two', 0.5)]);
  });
  close(byErf, gelu);
  close(
    spelled((b, x) => b.node('gate', 'Mul', [x, b.node('sigmoid', 'Sigmoid', [x])])),
    spelled((b, x) => b.node('swish', 'Swish', [x])),
  );
  close(
    spelled((b, x) => b.node('max', 'Max', [x, b.node('slope', 'Mul', [x, number(b, 'a', 0.25)])])),
    spelled((b, x) => b.node('leaky', 'LeakyRelu', [x], { alpha: 0.25 })),
  );
});

test('a residual block adds the variance of its branch, and its gradient 1 + σ_v² σ_w² E φ′²', () => {
  const graph = graphOf(['batch', 64], (b, x) => {
    let stream = dense(b, 'stem', x, 64, 64);
    for (const i of [1, 2, 3]) {
      const hidden = dense(b, `in${i}`, stream, 64, 64);
      const active = b.node(`relu${i}`, 'Relu', [hidden]);
      stream = b.node(`add${i}`, 'Add', [stream, dense(b, `out${i}`, active, 64, 64)]);
    }
    return dense(b, 'head', stream, 64, 64);
  });
  const { row } = predicted(graph, lawsOf(graph, 0.9));
  // Yang and Schoenholz 2017: p' = p + σ_v² V(σ_w² p), V(q) = q/2, and χ = 1 + σ_v² σ_w² / 2.
  const growth = 1 + 0.9 * 0.9 * 0.5;
  for (const i of [1, 2, 3]) {
    expect(row(`add${i}_output`).q).toBeCloseTo(0.9 * growth ** i, 12);
    expect(row(`add${i}_output`).gradient).toBeCloseTo(0.9 * growth ** (3 - i), 12);
  }
});

test('a sum keeps what a rectifier cut off: without branches a chain of rectifiers is one', () => {
  const graph = graphOf(['batch', 64], (b, x) => {
    let stream = b.node('relu0', 'Relu', [dense(b, 'stem', x, 64, 64)]);
    for (const i of [1, 2, 3]) {
      const branch = dense(b, `closed${i}`, stream, 64, 64);
      stream = b.node(`relu${i}`, 'Relu', [b.node(`add${i}`, 'Add', [stream, branch])]);
    }
    return dense(b, 'head', stream, 64, 64);
  });
  const open = lawsOf(graph, 2);
  const { row } = predicted(graph, (name) => (name.startsWith('closed') ? law(0) : open(name)));
  for (const i of [1, 2, 3]) expect(row(`relu${i}_output`).q).toBeCloseTo(1, 12);
  expect(row('stem_output').gradient).toBeCloseTo(1, 12);
});

test('the sum of a rectified Gaussian and another is known by its distribution', () => {
  const graph = graphOf(['batch', 64], (b, x) => {
    const stream = b.node('relu0', 'Relu', [dense(b, 'stem', x, 64, 64)]);
    const sum = b.node('add', 'Add', [stream, dense(b, 'branch', stream, 64, 64)]);
    return dense(b, 'head', b.node('relu1', 'Relu', [sum]), 64, 64);
  });
  const { row } = predicted(graph, lawsOf(graph, 2));
  // E max(0, max(0, u) + v)², u and v independent of variance 2 and 2:
  // half of the mass of u at 0 gives ½ · 1, the rest E max(0, |u| + v)² / 2 in polar coordinates:
  // r² (cos θ + sin θ)² over the half plane u > 0 where u + v > 0, -π/4 < θ < π/2, times E r² = 4:
  // 4/(2π) ∫ (1 + sin 2θ) dθ = 4/(2π) (3π/4 + ½).
  const exact = 0.5 + (4 / (2 * Math.PI)) * ((3 * Math.PI) / 4 + 0.5);
  // A grid of 129 points over 14 standard deviations: h²/8 E f'' of a step of 0.11, 2e-3.
  expect(Math.abs(row('relu1_output').q! / exact - 1)).toBeLessThan(2e-3);
});

test('normalisations bring the second moment to that of their scale, also spelled in primitives', () => {
  const build = (norm: (b: Builder, x: string) => string): Graph =>
    graphOf(['batch', 64], (b, x) =>
      dense(b, 'head', norm(b, dense(b, 'stem', x, 64, 64)), 64, 64),
    );
  const fused = build((b, x) =>
    b.node('norm', 'LayerNormalization', [x, b.parameter('s', [64], 1), b.parameter('t', [64])], {
      axis: -1,
      epsilon: 1e-5,
    }),
  );
  const spelled = build((b, x) => {
    const mean = b.node('mean', 'ReduceMean', [x], { axes: [-1], keepdims: 1 });
    const centred = b.node('centred', 'Sub', [x, mean]);
    const two = b.constant('two', { dtype: 'float32', shape: [], data: Float32Array.of(2) });
    const squares = b.node('squares', 'Pow', [centred, two]);
    const variance = b.node('variance', 'ReduceMean', [squares], { axes: [-1], keepdims: 1 });
    const tiny = b.constant('tiny', { dtype: 'float32', shape: [], data: Float32Array.of(1e-5) });
    const root = b.node('root', 'Sqrt', [b.node('safe', 'Add', [variance, tiny])]);
    return b.node('norm', 'Div', [centred, root]);
  });
  for (const graph of [fused, spelled]) {
    const { row } = predicted(graph, lawsOf(graph, 5), { c: 0.2 });
    expect(row('norm_output').q).toBeCloseTo(1 / (1 + 2e-6), 9);
    expect(row('norm_output').c).toBeCloseTo(0.2, 12);
    expect(row('stem_output').gradient).toBeCloseTo(5 / 5, 5);
  }
});

test('padding takes its share of the taps, pooling averages what positions do not share', () => {
  const graph = graphOf(['batch', 8, 10, 10], (b, x) => {
    const conv = b.node('conv', 'Conv', [x, b.parameter('conv.w', [16, 8, 3, 3])], {
      kernel_shape: [3, 3],
      pads: [1, 1, 1, 1],
    });
    const pool = b.node('pool', 'AveragePool', [b.node('relu', 'Relu', [conv])], {
      kernel_shape: [2, 2],
      strides: [2, 2],
    });
    const flat = b.node('flat', 'Flatten', [b.node('mean', 'GlobalAveragePool', [pool])]);
    return dense(b, 'head', flat, 16, 4);
  });
  const { row } = predicted(graph, lawsOf(graph, 2));
  // 28 of 30 taps per axis lie inside; of a rectified Gaussian of variance v two positions share v/(2π).
  const v = 2 * (28 / 30) ** 2;
  expect(row('conv_output').q).toBeCloseTo(v, 12);
  const shared = v / (2 * Math.PI);
  expect(row('pool_output').q).toBeCloseTo(shared + (v / 2 - shared) / 4, 12);
  expect(row('mean_output').q).toBeCloseTo(shared + (v / 2 - shared) / 100, 12);
  // Back: 4 outputs times 2/16, 1/25² per window, 1/4² per element.
  expect(row('relu_output').gradient).toBeCloseTo(0.5 / 625 / 16, 12);
});

test('what attention averages lies between one value and the mean of all', () => {
  const graph = buildArchitecture('transformer:48-64x1h4-10:full:nonorm');
  const { row } = predicted(graph, lawsOf(graph, 1e-6));
  // Equal weights: of 32 independent tokens the average keeps 1/32.
  const values = row('blocks.0.attn.qkv_output').q!;
  expect(row('blocks.0.attn.proj_output').q! / (1e-6 * values)).toBeCloseTo(1 / 32, 4);
});

test('a value that is handed on under another name or shape has the gradient of the other', () => {
  const graph = graphOf(['batch', 16], (b, x) => {
    const relu = b.node('relu', 'Relu', [dense(b, 'first', x, 16, 16)]);
    const same = b.node('same', 'Identity', [b.node('flat', 'Flatten', [relu])]);
    return dense(b, 'last', same, 16, 16);
  });
  const { row } = predicted(graph, lawsOf(graph, 2));
  expect(row('relu_output').gradient).toBeCloseTo(2, 12);
  expect(row('first_output').gradient).toBeCloseTo(1, 12);
});

test('from an operator without a rule on nothing is claimed', () => {
  const graph = graphOf(['batch', 16], (b, x) => {
    const sorted = b.node(
      'sorted',
      'TopK',
      [
        dense(b, 'first', x, 16, 16),
        b.constant('k', { dtype: 'int64', shape: [1], data: BigInt64Array.of(16n) }),
      ],
      {},
      2,
    );
    return dense(b, 'last', sorted, 16, 16);
  });
  const { layers, verdict, phase } = predicted(graph, lawsOf(graph, 1));
  expect(layers.map(({ known }) => known)).toEqual([true, false]);
  expect(layers[1]).toMatchObject({
    q: null,
    mean: null,
    c: null,
    note: 'TopK (sorted) has no rule',
  });
  expect([phase, verdict]).toMatchInlineSnapshot(`
    [
      "unknown",
      "Nothing is known from \`last_output\` on: TopK (sorted) has no rule.",
    ]
  `);
});

test('a bad start is refused', () => {
  const graph = buildArchitecture('mlp:4-4-2');
  const start = (options: Partial<PredictOptions>) => () =>
    predicted(graph, lawsOf(graph, 1), options);
  expect(start({ q: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: predict: q must be positive and finite, got 0]`,
  );
  expect(start({ q: Infinity })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: predict: q must be positive and finite, got Infinity]`,
  );
  expect(start({ c: 1.5 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: predict: c must be a correlation from -1 to 1, got 1.5]`,
  );
  expect(start({ c: NaN })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: predict: c must be a correlation from -1 to 1, got NaN]`,
  );
});

const verdictOf = (spec: string, sigmaW2: number): unknown => {
  const graph = buildArchitecture(spec);
  const { phase, verdict, change, where, depthScale } = predicted(graph, lawsOf(graph, sigmaW2));
  return {
    phase,
    verdict,
    change,
    where,
    depthScale: depthScale && Number(depthScale.toPrecision(4)),
  };
};

test('weights that are too small let the gradient vanish, and the cure is the critical gain', () => {
  // χ = σ_w²/2 per layer of rectifiers: the factor is √(2/0.5) = 2.
  expect(verdictOf('mlp:64-64x20-10:relu', 0.5)).toMatchInlineSnapshot(`
    {
      "change": "Multiply the standard deviation of all hidden weights by 2: from the first hidden layer to the last that keeps the gradient, and changes the second moment of the signal by a factor 1.",
      "depthScale": 0.7593,
      "phase": "vanishing",
      "verdict": "The gradient vanishes: from \`layers.19_output\` back to \`layers.0_output\` the squared length of the gradient changes by a factor 3.6e-12, on the way there the second moment of the signal by 3.6e-12; the depth scale is 0.759 layers against a depth of 21. It goes wrong first at \`layers.14_output\`.",
      "where": "layers.14_output",
    }
  `);
});

test('weights that are too large let it explode', () => {
  expect(verdictOf('mlp:64-64x50-10:tanh', 4)).toMatchInlineSnapshot(`
    {
      "change": "Multiply the standard deviation of all hidden weights by 0.593: from the first hidden layer to the last that keeps the gradient, and changes the second moment of the signal by a factor 0.163.",
      "depthScale": 3.387,
      "phase": "exploding",
      "verdict": "The gradient explodes: from \`layers.49_output\` back to \`layers.0_output\` the squared length of the gradient changes by a factor 2.6e6, on the way there the second moment of the signal by 0.53; the depth scale is 3.39 layers against a depth of 51. It goes wrong first at \`layers.29_output\`.",
      "where": "layers.29_output",
    }
  `);
});

test('a critical network keeps signal and gradient', () => {
  expect(verdictOf('mlp:64-64x50-10:relu', 2)).toMatchInlineSnapshot(`
    {
      "change": null,
      "depthScale": 11.42,
      "phase": "critical",
      "verdict": "Signal and gradient keep their size: from \`layers.49_output\` back to \`layers.0_output\` the squared length of the gradient changes by a factor 1, on the way there the second moment of the signal by 1; the depth scale is 11.4 layers against a depth of 51.",
      "where": null,
    }
  `);
});

test('a cure that costs the other of signal and gradient says so', () => {
  expect(verdictOf('mlp:64-64x40-10:softplus', 0.1)).toMatchInlineSnapshot(`
    {
      "change": "Multiply the standard deviation of all hidden weights by 4.78: from the first hidden layer to the last that keeps the gradient, and changes the second moment of the signal by a factor 468.",
      "depthScale": 0.279,
      "phase": "vanishing",
      "verdict": "The gradient vanishes: from \`layers.39_output\` back to \`layers.0_output\` the squared length of the gradient changes by a factor 5.4e-63, on the way there the second moment of the signal by 0.502; the depth scale is 0.279 layers against a depth of 41. It goes wrong first at \`layers.37_output\`.",
      "where": "layers.37_output",
    }
  `);
});

test('batch normalisation of rectifiers explodes by π/(π - 1) per layer, and no scale of weights helps', () => {
  const depth = 20;
  const graph = graphOf(['batch', 64], (b, x) => {
    let y = dense(b, 'stem', x, 64, 64);
    for (let i = 0; i < depth; i++) {
      const vectors = ['s', 't', 'm', 'v'].map((letter) => b.parameter(`norm${i}.${letter}`, [64]));
      y = b.node(`norm${i}`, 'BatchNormalization', [y, ...vectors], { training_mode: 1 }, 3);
      y = dense(b, `dense${i}`, b.node(`relu${i}`, 'Relu', [y]), 64, 64);
    }
    return y;
  });
  const { row, change, phase } = predicted(graph, lawsOf(graph, 2));
  // Yang et al. 2019, arXiv:1902.08129: the factor of a large batch; ε of 1e-5 takes 1e-5 of it.
  const factor = row('dense3_output').gradient! / row('dense4_output').gradient!;
  expect(Math.abs(factor - Math.PI / (Math.PI - 1))).toBeLessThan(5e-5);
  expect([phase, change]).toMatchInlineSnapshot(`
    [
      "exploding",
      "No scale of the weights between 1/64 and 64 times theirs keeps the gradient: normalisations set the sizes here, so put residual sums around the layers.",
    ]
  `);
});

test('zeros end the signal where they stand', () => {
  const graph = buildArchitecture('mlp:8-8x3-2:relu');
  const open = lawsOf(graph, 2);
  const { verdict, where, phase } = predicted(graph, (name) =>
    name === 'layers.1.weight' ? law(0) : open(name),
  );
  expect([phase, where, verdict]).toMatchInlineSnapshot(`
    [
      "vanishing",
      "layers.1_output",
      "The output is zero: the signal ends at \`layers.1_output\`, and no gradient gets past it before its first update.",
    ]
  `);
});
