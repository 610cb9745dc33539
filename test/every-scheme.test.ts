import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { advise, applyPlan, networkSchemes, type Plan } from '../src/advise/index.ts';
import { readModelFile } from '../src/files/index.ts';
import { schemes, type Options } from '../src/init/index.ts';
import { buildArchitecture, describeNetwork, type Network } from '../src/network/index.ts';
import { sizeOf, toFloat64 } from '../src/tensor/index.ts';
import { graphOf } from './graph-fixture.ts';

const MODELS = resolve(import.meta.dirname, '../../shared/models');
const isThere = existsSync(MODELS);
if (!isThere) console.log(`skipped the models: ${MODELS} is not there`);

const files = isThere
  ? ['torch', 'light'].flatMap((set) =>
      readdirSync(join(MODELS, set))
        .filter((name) => name.endsWith('.onnx'))
        .map((name) => join(set, name)),
    )
  : [];

const ARCHITECTURES = [
  'mlp:12-16x3-5:relu',
  'mlp:12-16x3-5:tanh',
  'linear:8-8x3-4',
  'mlp:12-16x3-5:crelu',
  'cnn:3x8x8-8x3-4:gelu',
  'vanilla:4-8:1x14x14',
  'resnet:8',
  'resnet:8:nonorm',
  'resnet:20-10:projection:silu',
  'rnn:6-8x2-3:relu',
  'rnn:6-8-3:tanh:bi',
  'gru:v20-8x2-4',
  'lstm:6-8x2-3:bi',
  'lstm:v10-8-10:every',
  'transformer:v30-16x2h2-30',
  'transformer:6-16x2h4-5:post:full',
  'transformer:v30-16x2h2-30:nonorm',
  'transformer:v30-16x3h2-30:shared',
  'transformer:6-16x2h4-5:full:mean',
];

const names = [...new Set([...schemes, ...networkSchemes].map(({ name }) => name))];

/** One sentence in the voice of the house: where, what must hold, and what was got. */
const SENTENCE = /^[^\n:]+: [^\n]*\bmust\b[^\n]*, got [^\n]*[^.\n]$/;

function planOrRefusal(network: Network, scheme: string): Plan | string {
  const base = scheme === 'mup' ? { base: network } : {};
  try {
    return advise(network, { model: 'm', seed: 3, scheme, ...base });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return error.message;
  }
}

/** Elements above which a tensor is planned but not drawn, where a smaller one stands for it. */
const LARGE = 2 ** 15;

/** Draws of one kind are alike whatever network they are for. */
const drawn = new Set<string>();

/** The entries that stand for all: one of each kind, the smallest where it is large. */
function samples(plan: Plan): Plan['parameters'] {
  const kinds = new Map<string, Plan['parameters'][number]>();
  for (const entry of plan.parameters) {
    if (entry.scheme === 'keep') continue;
    const size = sizeOf(entry.shape);
    const { scheme, role, shape, fanIn, fanOut } = entry;
    const options: Options = { ...entry.options, stream: '' };
    const kind =
      size <= LARGE
        ? JSON.stringify([scheme, options, role, shape, fanIn, fanOut, entry.blocks.length])
        : `large ${scheme} ${role}`;
    const known = kinds.get(kind);
    if (known === undefined || sizeOf(known.shape) > size) kinds.set(kind, entry);
  }
  return [...kinds].flatMap(([kind, entry]) => {
    const isLarge = sizeOf(entry.shape) > LARGE && sizeOf(entry.shape) > LARGEST;
    if (drawn.has(kind) || isLarge) return [];
    drawn.add(kind);
    return [entry];
  });
}

/** Tensors larger than this are not drawn at all. */
const LARGEST = 2 ** 20;

/** Checks that the values are finite and have the promised deviation, to five of its standard errors. */
function check(plan: Plan, network: Network): void {
  const draws = applyPlan(plan, network);
  for (const { name, std, scheme, shape } of samples(plan)) {
    const tensor = draws.get(name)?.();
    if (tensor === undefined) throw new Error(`${name} must be drawn`);
    expect(tensor.shape).toEqual(shape);
    const values = toFloat64(tensor);
    const n = values.length;
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    let [sum2, sum4] = [0, 0];
    for (const value of values) {
      sum2 += (value - mean) ** 2 / n;
      sum4 += (value - mean) ** 4 / n;
    }
    expect(Number.isFinite(mean) && Number.isFinite(sum2), `${scheme} ${name}`).toBe(true);
    // The sample's own moments say how far its variance may be off; few numbers say too little.
    if (n < FEW || std === null) continue;
    const error2 = Math.sqrt(Math.max(0, sum4 - sum2 ** 2) / n) + 1e-6 * sum2;
    expect(Math.abs(sum2 - std ** 2), `${scheme} ${name} [${shape.join()}]`).toBeLessThanOrEqual(
      5 * error2,
    );
  }
}

const FEW = 256;

let planned = 0;
let refused = 0;

function tryAll(network: Network): void {
  for (const scheme of names) {
    const result = planOrRefusal(network, scheme);
    if (typeof result === 'string') {
      refused++;
      expect(result).toMatch(SENTENCE);
      continue;
    }
    planned++;
    for (const { reason, std, name } of result.parameters) {
      expect(reason.endsWith('.'), `${scheme} ${name}: ${reason}`).toBe(true);
      expect(std === null || Number.isFinite(std), `${scheme} ${name}`).toBe(true);
    }
    check(result, network);
  }
}

test.each(ARCHITECTURES)('%s takes every scheme, or the refusal is one sentence', (text) => {
  tryAll(describeNetwork(buildArchitecture(text)));
});

describe.skipIf(!isThere)('shared models', () => {
  test.each(files)('%s takes every scheme, or the refusal is one sentence', (file) => {
    tryAll(describeNetwork(readModelFile(join(MODELS, file)).graph));
  });
});

/** A convolution over a wave, and a residual branch that a layer scale closes. */
function scaledWave(): Network {
  const graph = graphOf(['batch', 1, 64], (b) => {
    const spectrum = b.node('conv', 'Conv', ['x', b.parameter('wave.weight', [9, 1, 16])], {
      strides: [8],
    });
    const rows = b.node('rows', 'Transpose', [spectrum], { perm: [0, 2, 1] });
    const inner = b.node('relu', 'Relu', [
      b.node('fc1', 'MatMul', [rows, b.parameter('fc1.weight', [9, 12])]),
    ]);
    const outer = b.node('fc2', 'MatMul', [inner, b.parameter('fc2.weight', [12, 9])]);
    const scaled = b.node('scaled', 'Mul', [outer, b.parameter('gamma', [9])]);
    return b.node('sum', 'Add', [rows, scaled]);
  });
  return describeNetwork(graph);
}

test('a convolution over a wave and a scaled branch take every scheme, or the refusal is one sentence', () => {
  tryAll(scaledWave());
});

test('every scheme fits some network', () => {
  const networks = ARCHITECTURES.map((text) => describeNetwork(buildArchitecture(text)));
  networks.push(scaledWave());
  const fits = (scheme: string): boolean =>
    networks.some((network) => typeof planOrRefusal(network, scheme) !== 'string');
  expect(names.filter((name) => !fits(name))).toEqual([]);
});

afterAll(() => {
  expect(planned).toBeGreaterThan(refused);
});
