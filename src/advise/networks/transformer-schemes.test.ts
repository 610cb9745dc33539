import { expect, test } from 'vitest';
import { graphOf } from '../../../test/graph-fixture.ts';
import type { Builder } from '../../graph/index.ts';
import { buildArchitecture, describeNetwork, type Network } from '../../network/index.ts';
import { toFloat64 } from '../../tensor/index.ts';
import { advise } from '../advise.ts';
import { applyPlan } from '../apply.ts';
import type { PlanEntry } from '../plan.ts';

const networkOf = (text: string): Network => describeNetwork(buildArchitecture(text));
const GPT = 'transformer:v50-16x6h2-50';

function planned(network: Network, scheme: string): Map<string, PlanEntry> {
  const { parameters } = advise(network, { model: 'm', seed: 0, scheme });
  return new Map(parameters.map((entry) => [entry.name, entry]));
}

const stdOf = (plan: Map<string, PlanEntry>, name: string, block?: string): number => {
  const entry = plan.get(name);
  if (block === undefined) return entry?.std ?? NaN;
  const found = entry?.blocks.find((one) => one.name === block);
  const gain = Number(found?.options['gain'] ?? 1);
  return gain * Math.sqrt(2 / ((found?.fanIn ?? NaN) + (found?.fanOut ?? NaN)));
};

/** Two layers of an encoder, three of a decoder that reads it; post-normalisation is left out. */
function encoderAndDecoder(): Network {
  const graph = graphOf(['batch', 5, 8], (b) => {
    b.input('target', 'float32', ['batch', 5, 8]);
    let memory = 'x';
    for (const i of [0, 1]) memory = mlp(b, `e${i}`, attention(b, `e${i}`, memory, memory));
    let x = 'target';
    for (const i of [0, 1, 2]) {
      x = attention(b, `d${i}`, x, x);
      x = mlp(b, `d${i}`, attention(b, `d${i}.cross`, x, memory));
    }
    return b.node('head', 'MatMul', [x, b.parameter('head.weight', [8, 20])]);
  });
  return describeNetwork(graph);
}

const dense = (b: Builder, name: string, input: string): string =>
  b.node(name, 'MatMul', [input, b.parameter(`${name}.weight`, [8, 8])]);

function attention(b: Builder, name: string, x: string, memory: string): string {
  const [q, k, v] = [x, memory, memory].map((input, i) => dense(b, `${name}.${'qkv'[i]}`, input));
  const keys = b.node(`${name}.kt`, 'Transpose', [k], { perm: [0, 2, 1] });
  const scores = b.node(`${name}.scores`, 'MatMul', [q, keys]);
  const weights = b.node(`${name}.softmax`, 'Softmax', [scores], { axis: -1 });
  const out = dense(b, `${name}.o`, b.node(`${name}.mix`, 'MatMul', [weights, v]));
  return b.node(`${name}.sum`, 'Add', [x, out]);
}

function mlp(b: Builder, name: string, x: string): string {
  const hidden = b.node(`${name}.relu`, 'Relu', [dense(b, `${name}.fc1`, x)]);
  return b.node(`${name}.mlp.sum`, 'Add', [x, dense(b, `${name}.fc2`, hidden)]);
}

test('GPT-2 has 0.02 everywhere, over √(2 · layers) where a branch ends, and 0.01 for positions', () => {
  const plan = planned(networkOf(GPT), 'gpt2');
  expect(stdOf(plan, 'embed.weight')).toBe(0.02);
  expect(stdOf(plan, 'pos_embed')).toBe(0.01);
  expect(stdOf(plan, 'blocks.0.attn.qkv.weight')).toBe(0.02);
  expect(stdOf(plan, 'head.weight')).toBe(0.02);
  for (const name of ['blocks.5.attn.proj.weight', 'blocks.0.mlp.fc2.weight']) {
    expect(stdOf(plan, name)).toBeCloseTo(0.02 / Math.sqrt(12), 15);
  }
  expect(plan.get('blocks.0.norm1.weight')?.scheme).toBe('ones');
});

test('BERT cuts N(0, 0.02²) at two deviations, tables and weights alike', () => {
  const plan = planned(networkOf(GPT), 'bert');
  // √(1 - 4 φ(2)/(2Φ(2) - 1)) of what is asked for.
  for (const name of ['embed.weight', 'pos_embed', 'blocks.0.attn.qkv.weight', 'head.weight']) {
    expect(stdOf(plan, name)).toBeCloseTo(0.02 * 0.8796256610342398, 12);
  }
  expect(plan.get('blocks.0.norm1.weight')?.scheme).toBe('ones');
  expect(plan.get('blocks.0.mlp.fc1.bias')?.scheme).toBe('zeros');
});

test('small-init counts layers, the ends of branches with 2/(N √d), the rest with √(2/(5d))', () => {
  const plan = planned(networkOf(GPT), 'small_init');
  for (const name of [
    'embed.weight',
    'blocks.0.attn.qkv.weight',
    'blocks.2.mlp.fc1.weight',
    'head.weight',
  ]) {
    expect(stdOf(plan, name)).toBeCloseTo(Math.sqrt(2 / (5 * 16)), 11);
  }
  for (const name of ['blocks.5.attn.proj.weight', 'blocks.0.mlp.fc2.weight']) {
    expect(stdOf(plan, name)).toBeCloseTo(2 / (6 * Math.sqrt(16)), 11);
  }
});

test('T-Fixup and DeepNet of one stack scale values, outputs and dense layers by its depth', () => {
  for (const [scheme, factor] of [
    ['t_fixup', 0.67 * 6 ** (-1 / 4)],
    ['deepnet', (8 * 6) ** (-1 / 4)],
  ] as const) {
    const plan = planned(networkOf(GPT), scheme);
    const [square, wide] = [Math.sqrt(2 / 32), Math.sqrt(2 / 80)];
    const packed = 'blocks.0.attn.qkv.weight';
    expect(stdOf(plan, packed, 'query')).toBeCloseTo(square, 12);
    expect(stdOf(plan, packed, 'key')).toBeCloseTo(square, 12);
    expect(stdOf(plan, packed, 'value')).toBeCloseTo(factor * square, 11);
    expect(stdOf(plan, 'blocks.4.attn.proj.weight')).toBeCloseTo(factor * square, 11);
    expect(stdOf(plan, 'blocks.4.mlp.fc1.weight')).toBeCloseTo(factor * wide, 11);
    expect(stdOf(plan, 'blocks.4.mlp.fc2.weight')).toBeCloseTo(factor * wide, 11);
  }
  const plan = planned(networkOf(GPT), 't_fixup');
  expect(stdOf(plan, 'embed.weight')).toBeCloseTo((9 * 6) ** (-1 / 4) / 4, 11);
});

test('T-Fixup and DeepNet tell an encoder of 2 layers from a decoder of 3', () => {
  const network = encoderAndDecoder();
  expect(network.branches).toBe(13);
  const square = Math.sqrt(2 / 16);
  // Table of DeepNorm: 0.87 (N⁴ M)^(-1/16) and (12 M)^(-1/4); T-Fixup: 0.67 N^(-1/4) and (9 N)^(-1/4).
  const factors = {
    deepnet: [0.87 * (2 ** 4 * 3) ** (-1 / 16), (12 * 3) ** (-1 / 4)],
    t_fixup: [0.67 * 2 ** (-1 / 4), (9 * 3) ** (-1 / 4)],
  };
  for (const [scheme, [encoder, decoder]] of Object.entries(factors)) {
    const plan = planned(network, scheme);
    for (const part of ['v', 'o']) {
      expect(stdOf(plan, `e1.${part}.weight`)).toBeCloseTo(encoder * square, 11);
      expect(stdOf(plan, `d1.${part}.weight`)).toBeCloseTo(decoder * square, 11);
      expect(stdOf(plan, `d2.cross.${part}.weight`)).toBeCloseTo(decoder * square, 11);
    }
    expect(stdOf(plan, 'e0.fc1.weight')).toBeCloseTo(encoder * square, 11);
    expect(stdOf(plan, 'd0.fc2.weight')).toBeCloseTo(decoder * square, 11);
    for (const part of ['q', 'k']) {
      expect(stdOf(plan, `d2.cross.${part}.weight`)).toBeCloseTo(square, 12);
    }
  }
  const reason = planned(network, 'deepnet').get('d0.v.weight')?.reason ?? '';
  // α of the decoder: (3 M)^(1/4).
  expect(reason).toContain(`α = ${Number((9 ** (1 / 4)).toPrecision(4))}`);
});

test('mimetic attention: in every head W_Q W_Kᵀ is near α Z/√d + β I, and W_V W_O near α Z/√d - β I', () => {
  const [d, heads] = [64, 2];
  const network = networkOf(`transformer:v50-${d}x2h${heads}-50`);
  const plan = advise(network, { model: 'm', seed: 7, scheme: 'mimetic' });
  const draws = applyPlan(plan, network);
  const draw = (name: string): Float64Array => {
    const tensor = draws.get(name)?.();
    if (tensor === undefined) throw new Error(`${name} must be drawn`);
    return toFloat64(tensor);
  };
  const packed = draw('blocks.1.attn.qkv.weight');
  const proj = draw('blocks.1.attn.proj.weight');
  const width = d / heads;
  for (let head = 0; head < heads; head++) {
    const product = new Float64Array(d * d);
    for (let k = head * width; k < (head + 1) * width; k++) {
      for (let i = 0; i < d; i++) {
        for (let j = 0; j < d; j++)
          product[i * d + j] += packed[k * d + i] * packed[(d + k) * d + j];
      }
    }
    const trace = product.reduce((sum, value, i) => sum + (i % (d + 1) === 0 ? value : 0), 0) / d;
    // Larger singular values of A go with closer u and v, so the larger half of them keeps more than half of
    // the trace β d, and less than all of it; the trace has the standard error α.
    expect(trace).toBeGreaterThan(0.35 - (5 * 0.7) / d);
    expect(trace).toBeLessThan(0.7 + (5 * 0.7) / d);
  }
  let trace = 0;
  let squares = 0;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      let sum = 0;
      for (let k = 0; k < d; k++) sum += packed[(2 * d + k) * d + i] * proj[j * d + k];
      if (i === j) trace += sum / d;
      squares += (sum + (i === j ? 0.4 : 0)) ** 2;
    }
  }
  // A + 0.4 I is 0.4 Z/√d: a trace of standard error 0.4/d per d and a sum of squares 0.16 d (1 ± √(2/d²)).
  expect(Math.abs(trace + 0.4)).toBeLessThan((5 * 0.4) / d);
  expect(Math.abs(squares / (0.16 * d) - 1)).toBeLessThan((5 * Math.SQRT2) / d);
});

test('no transformer, no scheme for transformers', () => {
  const messageOf = (text: string, scheme: string): string => {
    try {
      planned(networkOf(text), scheme);
    } catch (error) {
      return String(error);
    }
    return 'no error';
  };
  expect([
    messageOf('mlp:4-8x2-2', 't_fixup'),
    messageOf('resnet:8', 'deepnet'),
    messageOf('resnet:8', 'mimetic'),
    messageOf(GPT, 'gpt2(std=inf)'),
  ]).toMatchInlineSnapshot(`
    [
      "RangeError: t_fixup: the network must be a transformer, with attention in residual branches, got neither",
      "RangeError: deepnet: the network must be a transformer, with attention in residual branches, got no attention",
      "RangeError: mimetic: the network must have attention whose queries and keys have heads of one width on one stream, got no attention",
      "RangeError: gpt2: std and position_std must be finite and >= 0, got Infinity and 0.01",
    ]
  `);
});
