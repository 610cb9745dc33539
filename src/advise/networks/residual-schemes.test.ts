import { expect, test } from 'vitest';
import { graphOf } from '../../../test/graph-fixture.ts';
import { buildArchitecture, describeNetwork, type Network } from '../../network/index.ts';
import { advise } from '../advise.ts';
import type { PlanEntry } from '../plan.ts';

const networkOf = (text: string): Network => describeNetwork(buildArchitecture(text));

function planned(network: Network | string, scheme: string): Map<string, PlanEntry> {
  const own = typeof network === 'string' ? networkOf(network) : network;
  const { parameters } = advise(own, { model: 'm', seed: 0, scheme });
  return new Map(parameters.map((entry) => [entry.name, entry]));
}

const stdOf = (plan: Map<string, PlanEntry>, name: string): number => plan.get(name)?.std ?? NaN;

function messageOf(network: Network | string, scheme: string): string {
  try {
    planned(network, scheme);
  } catch (error) {
    return String(error);
  }
  return 'no error';
}

test.each([8, 20, 56, 110])(
  'Fixup of a ResNet-%i without normalisation: branches of 2 layers have He’s std over √L inside',
  (depth) => {
    const plan = planned(`resnet:${depth}:nonorm`, 'fixup');
    const branches = (depth - 2) / 2;
    // 3 × 3 kernels to 16 channels: He's variance by fan_out is 2/(16 · 9).
    const he = Math.sqrt(2 / (16 * 9));
    expect(stdOf(plan, 'layer1.0.conv1.weight')).toBeCloseTo(he / Math.sqrt(branches), 12);
    for (const { name, role, scheme } of plan.values()) {
      const isZero = /conv2\.weight|^fc\.weight|bias/.test(name);
      expect(scheme === 'zeros', `${name} (${role})`).toBe(isZero);
    }
  },
);

test('Fixup of bottlenecks of 3 layers has the exponent 1/4, and strides do not count', () => {
  const plan = planned('resnet:50:nonorm', 'fixup');
  const factor = 16 ** (-1 / 4);
  const expected = { 'layer1.0.conv1.weight': 64, 'layer1.0.conv2.weight': 64 * 9 };
  for (const [name, fanOut] of Object.entries(expected)) {
    expect(stdOf(plan, name)).toBeCloseTo(factor * Math.sqrt(2 / fanOut), 12);
  }
  // The first 3 × 3 kernel of the second stage has stride 2.
  expect(stdOf(plan, 'layer2.0.conv2.weight')).toBeCloseTo(factor * Math.sqrt(2 / (128 * 9)), 12);
  expect(plan.get('layer1.0.conv3.weight')?.scheme).toBe('zeros');
  // A shortcut is in no branch: the rules have it.
  expect(plan.get('layer1.0.downsample.0.weight')?.reason).not.toContain('branch');
});

test('Fixup of attention counts four weights in a product, of its dense layers two', () => {
  const plan = planned('transformer:v20-16x6h2-20:nonorm', 'fixup');
  const rules = advise(networkOf('transformer:v20-16x6h2-20:nonorm'), { model: 'm', seed: 0 });
  const usual = new Map(rules.parameters.map((entry) => [entry.name, entry.std ?? NaN]));
  for (const [name, exponent] of [
    ['blocks.3.attn.qkv.weight', -1 / 6],
    ['blocks.3.mlp.fc1.weight', -1 / 2],
  ] as const) {
    expect(stdOf(plan, name)).toBeCloseTo((usual.get(name) ?? NaN) * 12 ** exponent, 12);
  }
  expect(plan.get('blocks.3.attn.proj.weight')?.scheme).toBe('zeros');
});

test('Fixup leaves norm scales at 1, so that no branch is closed twice, and says what it is for', () => {
  const plan = planned('resnet:8', 'fixup');
  const scales = [...plan.values()].filter(({ role }) => role === 'norm_scale');
  expect(scales.map(({ scheme }) => scheme)).toEqual(scales.map(() => 'ones'));
  expect(plan.get('fc.weight')?.reason).toContain('take the place of normalisation');
});

/** Two branches, closed by a scalar and by a vector, and a third that nothing closes. */
function scaledBranches(): Network {
  const graph = graphOf(['batch', 8], (b) => {
    let x = 'x';
    for (const [i, shape] of [[], [8], null].entries()) {
      const w = (k: number): string => b.parameter(`w${i}.${k}`, [8, 8]);
      const inner = b.node(`relu${i}`, 'Relu', [b.node(`fc${i}.0`, 'MatMul', [x, w(0)])]);
      let branch = b.node(`fc${i}.1`, 'MatMul', [inner, w(1)]);
      if (shape !== null) {
        branch = b.node(`mul${i}`, 'Mul', [branch, b.parameter(`scale${i}`, shape)]);
      }
      x = b.node(`sum${i}`, 'Add', [x, branch]);
    }
    return x;
  });
  return describeNetwork(graph);
}

test('ReZero sets the multiplier that closes a branch to 0, or else what stands there', () => {
  const zeros = (network: Network | string): string[] =>
    [...planned(network, 'rezero').values()]
      .filter(({ scheme, role }) => scheme === 'zeros' && !/bias|norm_shift|norm_mean/.test(role))
      .map(({ name }) => name);
  expect(zeros(scaledBranches())).toEqual(['scale0', 'scale1', 'w2.1']);
  expect(zeros('resnet:8')).toEqual([1, 2, 3].map((stage) => `layer${stage}.0.bn2.weight`));
  expect(zeros('resnet:8:nonorm')).toEqual(
    [1, 2, 3].map((stage) => `layer${stage}.0.conv2.weight`),
  );
  expect(planned('resnet:8', 'skipinit')).toEqual(planned('resnet:8', 'rezero'));
});

test('zero-gamma is for normalisations that close branches alone', () => {
  const plan = planned('resnet:50', 'zero_gamma');
  const zeroed = [...plan.values()].filter(
    ({ role, scheme }) => role === 'norm_scale' && scheme === 'zeros',
  );
  expect(zeroed.map(({ name }) => name.replace(/.*\./, ''))).toHaveLength(16);
  expect(zeroed.every(({ name }) => name.endsWith('bn3.weight'))).toBe(true);
  expect(plan.get('layer1.0.conv3.weight')?.scheme).toBe('he_normal');
});

test('a layer scale has the value that is asked for', () => {
  const plan = planned(scaledBranches(), 'layer_scale(value=1e-3)');
  expect(['scale0', 'scale1'].map((name) => plan.get(name)?.options)).toEqual([
    { value: 1e-3 },
    { value: 1e-3 },
  ]);
});

test('ZerO leaves nothing to chance: identities, Hadamard matrices and zeros', () => {
  const plan = planned('resnet:8', 'zero');
  expect(plan.get('conv1.weight')?.scheme).toBe('zero');
  expect(plan.get('layer2.0.conv1.weight')?.reason).toContain('Hadamard');
  expect(plan.get('layer1.0.conv1.weight')?.reason).toContain('passes its inputs on');
  expect(plan.get('layer1.0.conv2.weight')?.scheme).toBe('zeros');
  expect(plan.get('layer1.0.bn2.weight')?.scheme).toBe('ones');
  expect(plan.get('fc.weight')?.scheme).toBe('zeros');
});

test('where a scheme for residual branches does not apply, one sentence says why', () => {
  const errors = ['fixup', 'rezero', 'zero_gamma', 'layer_scale'].map((scheme) =>
    messageOf('mlp:4-8x3-2', scheme),
  );
  errors.push(
    messageOf('resnet:8:nonorm', 'zero_gamma'),
    messageOf('resnet:8', 'layer_scale'),
    messageOf('resnet:8', 'layer_scale(value=inf)'),
  );
  expect(errors).toMatchInlineSnapshot(`
    [
      "RangeError: fixup: the network must have residual branches, got none",
      "RangeError: rezero: the network must have residual branches, got none",
      "RangeError: zero_gamma: the network must have residual branches, got none",
      "RangeError: layer_scale: the network must have residual branches, got none",
      "RangeError: zero_gamma: a normalisation with a scale of its own must close residual branches, got 3 branches without (rezero takes what stands there)",
      "RangeError: layer_scale: a layer scale must close the residual branches, got 3 branches without",
      "RangeError: layer_scale: value must be finite, got Infinity",
    ]
  `);
});
