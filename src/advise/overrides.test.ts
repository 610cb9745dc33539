import { expect, test } from 'vitest';
import { buildArchitecture, describeNetwork, type Network } from '../network/index.ts';
import { advise } from './advise.ts';
import type { Overrides } from './overrides.ts';
import type { PlanEntry } from './plan.ts';

const networkOf = (text: string): Network => describeNetwork(buildArchitecture(text));
const TRANSFORMER = 'transformer:v10-8x1-5';

function entries(text: string | Network, overrides: Overrides): Map<string, PlanEntry> {
  const network = typeof text === 'string' ? networkOf(text) : text;
  const { parameters } = advise(network, { model: 'm', seed: 0, ...overrides });
  return new Map(parameters.map((entry) => [entry.name, entry]));
}

const schemes = (text: string | Network, overrides: Overrides): Record<string, string> =>
  Object.fromEntries([...entries(text, overrides)].map(([name, { scheme }]) => [name, scheme]));

function messageOf(text: string, overrides: Overrides): string {
  try {
    entries(text, overrides);
  } catch (error) {
    return String(error);
  }
  return 'no error';
}

test('--scheme is for linear maps alone, packed projections and gates one by one', () => {
  const plain = schemes(TRANSFORMER, {});
  const asked = entries(TRANSFORMER, { scheme: 'lecun_normal(gain=2)' });
  const changed = [...asked.values()].filter(({ scheme, name }) => scheme !== plain[name]);
  expect(changed.map(({ role }) => role)).toEqual(['attention_packed', 'attention_output']);
  for (const entry of asked.values()) {
    const isMap = entry.fanIn !== null;
    expect(entry.reason === 'As asked by --scheme lecun_normal(gain=2).').toBe(isMap);
    if (isMap) expect(entry.std).toBeCloseTo(2 / Math.sqrt(entry.fanIn ?? 1), 12);
    if (entry.role === 'attention_packed') expect(entry.blocks).toHaveLength(3);
  }
});

test('of several --set the last one counts, and --keep above all', () => {
  const found = schemes('mlp:4-8x2-2:relu', {
    scheme: 'glorot_normal',
    set: [
      '*=zeros',
      'layers.1.*=ones',
      'layers.?.bias=normal(std=2)',
      'layers.1.weight = dirac '.replace('dirac', 'identity'),
    ],
    keep: ['layers.2.*'],
  });
  expect(found).toEqual({
    'layers.0.weight': 'zeros',
    'layers.0.bias': 'normal',
    'layers.1.weight': 'identity',
    'layers.1.bias': 'normal',
    'layers.2.weight': 'keep',
    'layers.2.bias': 'keep',
  });
});

test('patterns take names as they are: brackets, dots, equals signs and characters of any plane', () => {
  const network = networkOf('mlp:4-8x2-2:relu');
  const names = ['net[0].w', 'net[0]xw', 'a=b', '𝒘(1)', 'w+', 'x\ny'];
  const called = (name: string, i: number) => Object.assign({}, network.parameters[i], { name });
  const renamed = { ...network, parameters: names.map(called) };
  const hit = (pattern: string): string[] =>
    Object.entries(schemes(renamed, { set: [`${pattern}=constant(value=7)`] }))
      .filter(([, scheme]) => scheme === 'constant')
      .map(([name]) => name);
  expect(hit('net[0].w')).toEqual(['net[0].w']);
  expect(hit('net[0]?w')).toEqual(['net[0].w', 'net[0]xw']);
  expect(hit('net*')).toEqual(['net[0].w', 'net[0]xw']);
  expect(hit('a=b')).toEqual(['a=b']);
  expect(hit('?(1)')).toEqual(['𝒘(1)']);
  expect(hit('w+')).toEqual(['w+']);
  expect(hit('x*y')).toEqual(['x\ny']);
  expect(hit('**')).toEqual(names);
});

test('a constant of the computation is changed only if it is named in full', () => {
  expect(schemes(TRANSFORMER, { set: ['*=zeros'] })).toMatchObject({
    attn_scale: 'keep',
    'norm.weight': 'zeros',
  });
  expect(schemes(TRANSFORMER, { set: ['attn_scale=zeros'] })['attn_scale']).toBe('zeros');
});

test('a vector or a table can have a scheme that needs no fans', () => {
  const found = entries(TRANSFORMER, {
    set: ['norm.weight=normal(mean=1, std=0.1)', 'embed.weight=uniform(low=-1, high=1)'],
  });
  expect(found.get('norm.weight')?.std).toBe(0.1);
  expect(found.get('embed.weight')?.std).toBeCloseTo(1 / Math.sqrt(3), 12);
  expect(entries('lstm:3-4-2', { set: ['*bias_l0=zeros'] }).get('rnn.bias_l0')?.std).toBe(0);
});

test('what cannot be gets one sentence that names the parameter or the option', () => {
  const errors = [
    messageOf(TRANSFORMER, { scheme: 'delta_orthogonal' }),
    messageOf(TRANSFORMER, { scheme: 'dirac' }),
    messageOf('lstm:3-4-2', { scheme: 'dirac' }),
    messageOf(TRANSFORMER, { set: ['embed*=he_normal'] }),
    messageOf(TRANSFORMER, { set: ['embed.weight=orthogonal'] }),
    messageOf(TRANSFORMER, { set: ['norm.weight=glorot_uniform'] }),
    messageOf('lstm:3-4-2', { set: ['*bias*=he_normal'] }),
    messageOf(TRANSFORMER, { set: ['nix*=zeros'] }),
    messageOf(TRANSFORMER, { keep: ['nix'] }),
    messageOf(TRANSFORMER, { set: ['head.weight'] }),
    messageOf(TRANSFORMER, { set: ['=zeros'] }),
    messageOf(TRANSFORMER, { set: ['head.weight=zeroes'] }),
    messageOf(TRANSFORMER, { set: ['head.weight=gpt2'] }),
    messageOf(TRANSFORMER, { scheme: 'he_normal(slop=1)' }),
    messageOf(TRANSFORMER, { scheme: 'gpt22(std=0.1)' }),
    messageOf(TRANSFORMER, { scheme: 'gpt2(stdd=0.1)' }),
    messageOf(TRANSFORMER, { scheme: 'gpt2(std=-1)' }),
    messageOf('mlp:4-8x2-2', { scheme: 'gpt2' }),
    messageOf(TRANSFORMER, { base: networkOf(TRANSFORMER) }),
    messageOf(TRANSFORMER, { scheme: 'gpt2', base: networkOf(TRANSFORMER) }),
  ];
  expect(`\n${errors.join('\n')}\n`).toMatchInlineSnapshot(`
    "
    RangeError: blocks.0.attn.qkv.weight (query): delta_orthogonal: shape must have 1 to 3 kernel axes (a dense weight takes orthogonal), got [8, 8] with 0
    RangeError: blocks.0.attn.qkv.weight (query): dirac: shape must have kernel axes (a dense weight takes identity), got [8, 8]
    RangeError: rnn.weight_ih_l0 (forward/input): dirac: shape must have kernel axes (a dense weight takes identity), got [4, 3]
    RangeError: embed.weight: he_normal must have a weight with fans, got an embedding of shape [10,8]
    RangeError: embed.weight: orthogonal must have a weight with fans, got an embedding of shape [10,8]
    RangeError: norm.weight: glorot_uniform must have a weight with fans, got a norm_scale of shape [8]
    RangeError: rnn.bias_l0: he_normal must have a weight with fans, got a recurrent_bias of shape [1,32]
    RangeError: --set: the pattern must match a parameter such as embed.weight, pos_embed, blocks.0.norm1.weight, got 'nix*'
    RangeError: --keep: the pattern must match a parameter such as embed.weight, pos_embed, blocks.0.norm1.weight, got 'nix'
    RangeError: --set: must be PATTERN=scheme(option=value), got 'head.weight'
    RangeError: --set: must be PATTERN=scheme(option=value), got '=zeros'
    RangeError: scheme: name must be one that "stepzero schemes" lists, such as zeros, got "zeroes"
    RangeError: --set: scheme must be one for a single tensor, got gpt2, which is planned over a whole network and taken by init --scheme gpt2
    RangeError: he_normal: options must be among slope, mode, gain, got "slop"
    RangeError: scheme: name must be one that "stepzero schemes" lists, such as gpt2, got "gpt22"
    RangeError: gpt2: options must be among std, position_std, got "stdd"
    RangeError: gpt2: std and position_std must be finite and >= 0, got -1 and 0.01
    RangeError: gpt2: the network must be a transformer, with attention in residual branches, got neither
    RangeError: --base: --scheme must be one that compares widths, such as mup, got none
    RangeError: --base: --scheme must be one that compares widths, such as mup, got gpt2
    "
  `);
});

test('--scheme is used where it is defined, and the rules say why elsewhere', () => {
  const rules = entries('cnn:1x8x8-4x2-3', {});
  const asked = entries('cnn:1x8x8-4x2-3', { scheme: 'delta_orthogonal(gain=2)' });
  const head = 'fc.weight';
  expect(asked.get('layers.1.weight')).toMatchObject({
    scheme: 'delta_orthogonal',
    reason: 'As asked by --scheme delta_orthogonal(gain=2).',
  });
  expect({ ...asked.get(head), reason: '' }).toEqual({ ...rules.get(head), reason: '' });
  expect(asked.get(head)?.reason).toBe(
    `${rules.get(head)?.reason} Not by --scheme delta_orthogonal(gain=2), which does not fit it (delta_orthogonal: shape must have 1 to 3 kernel axes (a dense weight takes orthogonal), got [3, 4] with 0).`,
  );
});

test('--set and --keep go above a scheme that is planned over the network', () => {
  const found = entries(TRANSFORMER, {
    scheme: 'gpt2',
    set: ['head.weight=zeros'],
    keep: ['embed.weight'],
  });
  expect(found.get('head.weight')?.scheme).toBe('zeros');
  expect(found.get('embed.weight')?.scheme).toBe('keep');
  expect(found.get('pos_embed')).toMatchObject({ scheme: 'normal', std: 0.01 });
  // What the scheme leaves to the rules, and what is no parameter.
  expect(found.get('norm.weight')?.scheme).toBe('ones');
  expect(found.get('attn_scale')?.scheme).toBe('keep');
});
