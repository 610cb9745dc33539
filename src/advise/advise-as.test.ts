import { expect, test } from 'vitest';
import { builder } from '../graph/index.ts';
import { dialect, dialectFunction, dialectOptions } from '../init/index.ts';
import { buildArchitecture, describeNetwork } from '../network/index.ts';
import { toFloat64, type FloatDType, type Tensor } from '../tensor/index.ts';
import { adviseAs } from './advise-as.ts';
import { advise } from './advise.ts';

const torch = dialect('torch');
const mlp = describeNetwork(buildArchitecture('mlp:20-4-3:relu'));

const data = (values: ReadonlyMap<string, Tensor<FloatDType>>, name: string): number[] => [
  ...toFloat64(values.get(name) ?? { dtype: 'float32', shape: [0], data: new Float32Array(0) }),
];

/** What a function of PyTorch draws from a fresh seed. */
const drawn = (name: string, shape: readonly number[], seed: number): number[] => {
  const found = dialectFunction(torch, name);
  return [...found.record.draw(seed, shape, dialectOptions(found, {})).data];
};

test('a function asked for is called weight by weight, the generator going on', () => {
  const { plan, values } = adviseAs(mlp, torch, { model: 'm', seed: 4, scheme: 'uniform' });
  const all = drawn('uniform', [20 * 4 + 4 * 3], 4);
  expect(data(values, 'layers.0.weight')).toEqual(all.slice(0, 80));
  expect(data(values, 'layers.1.weight')).toEqual(all.slice(80));
  expect([...values.keys()]).toEqual(['layers.0.weight', 'layers.1.weight']);
  expect(plan.as).toBe('torch@2.13');
  expect(plan.parameters[0].reason).toBe('As asked by --scheme uniform.');
  const rules = advise(mlp, { model: 'm', seed: 4 });
  expect(plan.parameters[1]).toEqual(rules.parameters[1]);
});

test('what is kept is not called for, so that the next one takes its numbers', () => {
  const options = { model: 'm', seed: 4, scheme: 'uniform', keep: ['layers.0.*'] };
  const { plan, values } = adviseAs(mlp, torch, options);
  expect(data(values, 'layers.1.weight')).toEqual(drawn('uniform', [12], 4));
  expect(plan.parameters[0]).toMatchObject({ scheme: 'keep', std: null });
});

test('of several patterns the last one counts, after the network was built', () => {
  const set = ['*=zeros', 'layers.1.bias=ones', 'layers.1.weight=constant(value=2)'];
  const { values } = adviseAs(mlp, torch, { model: 'm', seed: 0, set });
  expect(data(values, 'layers.0.weight')).toEqual(Array(80).fill(0));
  expect(data(values, 'layers.1.bias')).toEqual([1, 1, 1]);
  expect(data(values, 'layers.1.weight')).toEqual(Array(12).fill(2));
});

test('a weight that is stored the other way round gets the transpose', () => {
  const b = builder('transposed');
  const x = b.input('x', 'float32', ['n', 3]);
  b.output('y', b.node('product', 'MatMul', [x, b.parameter('weight', [3, 2])]), 'float32', [
    'n',
    2,
  ]);
  const network = describeNetwork(b.build());
  const weight = torch.build(network, 9).get('weight');
  const linear = torch
    .build(describeNetwork(buildArchitecture('mlp:3-2')), 9)
    .get('layers.0.weight');
  const [stored, own] = [weight, linear].map((built) => Array.from(toFloat64(built!.tensor)));
  expect(stored).toEqual([0, 1, 2].flatMap((i) => [own[i], own[3 + i]]));
});

test('values are cast to the type that is stored, last', () => {
  const half = (dtype: FloatDType): Tensor => {
    const b = builder('half');
    const x = b.input('x', dtype, ['n', 3]);
    const size = dtype === 'float64' ? new Float64Array(6) : new Uint16Array(6);
    const w = b.constant('w', { dtype, shape: [2, 3], data: size });
    b.output('y', b.node('product', 'Gemm', [x, w], { transB: 1 }), dtype, ['n', 2]);
    return torch.build(describeNetwork(b.build()), 9).get('w')!.tensor;
  };
  const single = toFloat64(half('float64'));
  expect([...single]).toEqual([...single].map(Math.fround));
  const rounded = toFloat64(half('float16'));
  // Half of the last of 11 bits, below 1.
  for (let i = 0; i < 6; i++)
    expect(Math.abs(rounded[i] - single[i])).toBeLessThanOrEqual(2 ** -12);
  expect([...rounded]).not.toEqual([...single]);
});

test('a dialect whose functions share no generator says so', () => {
  const { assign, ...alone } = torch;
  expect(assign).toBeDefined();
  expect(() =>
    adviseAs(mlp, alone, { model: 'm', seed: 0, scheme: 'normal' }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: torch@2.13: --scheme and --set must be left out, since its functions share no generator over a network; draw one tensor with sample --as torch@2.13]`,
  );
});
