import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fold, key } from '../random/index.ts';
import { bytesOf, sizeOf, toFloat64, type FloatDType } from '../tensor/index.ts';
import {
  parseScheme,
  scheme,
  schemeAliases,
  schemes,
  specOf,
  type Options,
  type Spec,
} from './index.ts';

const dtypes: readonly FloatDType[] = ['float32', 'float64', 'float16', 'bfloat16'];

/** A tensor of some 30 thousand elements, for which all schemes but `identity` or `dirac` are defined. */
const specs: Readonly<Record<string, Spec>> = {
  dense: specOf([192, 160], 'oi'),
  'transposed dense': specOf([160, 192], 'io'),
  conv: specOf([64, 48, 3, 3], 'oi'),
  'grouped conv': specOf([3, 3, 16, 240], 'io', 'float32', 3),
  square: specOf([128, 128], 'oi'),
  'power of two': specOf([256, 16, 8], 'oi'),
  waveform: specOf([129, 1, 200], 'oi'),
};

/** Options under which the mean, the law or the size is not that of the defaults. */
const variants: Readonly<Record<string, readonly Options[]>> = {
  constant: [{ value: -2.5 }],
  uniform: [{ low: 0, high: 1 }],
  normal: [{ mean: 1, std: 0.1 }],
  truncated_normal: [
    { low: -1, high: 3, mean: 0.5 },
    { low: 0.5, high: Infinity },
    { low: 2, high: 2.5 },
  ],
  variance_scaling: [
    { scale: 2, mode: 'fan_out', distribution: 'uniform' },
    { mode: 'fan_avg', distribution: 'truncated_normal' },
    { mode: 'fan_geo_avg' },
  ],
  glorot_normal: [{ gain: 2 }],
  glorot_uniform: [{ gain: 2 }],
  he_normal: [{ slope: 1, mode: 'fan_out', gain: 3 }],
  he_uniform: [{ slope: 0.5, mode: 'fan_geo_avg' }],
  lecun_normal: [{ gain: 0.5 }],
  lecun_uniform: [{ gain: 0.5 }],
  orthogonal: [{ gain: 1.5 }],
  scaled_orthogonal: [{ gain: 1.5 }],
  delta_orthogonal: [{ gain: 1.5 }],
  conv_orthogonal: [{ gain: 1.5, rank: 'random' }],
  special_orthogonal: [{ gain: 1.5 }],
  identity: [{ gain: -2 }],
  dirac: [{ gain: 0.5 }],
  mimetic: [
    { part: 'output', alpha: 0.4, beta: -0.4 },
    { heads: 4, alpha: 1, beta: 0 },
    { part: 'key', heads: 8, first: 3, alpha: 0.2, beta: 1 },
  ],
  chrono_bias: [{ t_max: 1e6, sign: -1 }, { t_max: 2.5 }],
  glorot_truncated_normal: [{ gain: 2 }],
  he_truncated_normal: [{ slope: 1, mode: 'fan_out' }],
  lecun_truncated_normal: [{ gain: 0.5 }],
  torch_default: [{ gain: 2 }],
  siren: [{ omega: 10 }, { position: 'first' }],
  sparse: [{ sparsity: 0.75, std: 2 }, { sparsity: 1 }],
  sparse_martens: [{ connections: 3, std: 0.5 }, { connections: 1e6 }],
  spectral: [{ gain: 1.5 }],
  hadamard: [{ signs: 'fixed', gain: 1.5 }],
  zero: [{ rule: 'orthonormal', gain: 1.5 }],
  looks_linear: [
    { gain: 1.5, mirror: 'out', half_out: 8 },
    { mirror: 'both', base: 'lecun_normal', half_in: 4 },
  ],
  icnr: [{ order: 'dcr', gain: 0.5 }],
  bilinear: [{ gain: 1.5 }],
  stft: [
    { side: 'imag', gain: 1.5, ends: 'periodic' },
    { window: 'hamming', scaling: 'spectrum' },
    { window: 'none' },
  ],
  hippo: [{ gain: 0.5 }],
};

/** Schemes that are defined for fewer of the specs than the rest. */
const only: Readonly<Record<string, readonly string[]>> = {
  hadamard: ['square', 'power of two'],
  hippo: ['square'],
  stft: ['waveform'],
  icnr: ['conv', 'grouped conv'],
  mimetic: ['dense', 'transposed dense', 'square'],
  looks_linear: ['dense', 'transposed dense', 'conv', 'grouped conv', 'square'],
};

/** How often the same magnitude stands in a tensor, so that sums over it have as many times the variance. */
const copies: Readonly<Record<string, number>> = { looks_linear: 4, icnr: 4 };

/** Schemes that leave nothing to chance. */
const fixed = new Set('zeros ones constant identity dirac zero bilinear stft hippo'.split(' '));

function isDefined(name: string, spec: Spec): boolean {
  const shape = Object.keys(specs).find((some) => specs[some].shape.join() === spec.shape.join());
  if (only[name] !== undefined) return shape !== undefined && only[name].includes(shape);
  const isDense = !spec.layout.includes('kernel');
  if (name === 'bilinear') return !isDense;
  if (name === 'identity') return isDense;
  return isDense ? !['dirac', 'delta_orthogonal', 'conv_orthogonal'].includes(name) : true;
}

const cases = schemes.flatMap((record) =>
  [{}, ...(variants[record.name] ?? [])].flatMap((options) =>
    Object.entries(specs)
      .filter(([, spec]) => isDefined(record.name, spec))
      .map(([shape, spec]) => ({ name: record.name, record, options, shape, spec })),
  ),
);

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return String(error);
  }
  return 'no error';
}

test.each(cases)('$name $options of a $shape has the promised mean, std and bound', (one) => {
  const { record, options, spec } = one;
  const double: Spec = { ...spec, dtype: 'float64' };
  const values = toFloat64(record.draw(fold(key(1), record.name), double, options));
  const n = values.length;
  const mean = record.mean(spec, options);
  const std = record.std(spec, options);
  const bound = record.bound(spec, options);
  let [sum, sum2, sum4] = [0, 0, 0];
  let [largest, magnitude] = [0, 0];
  for (const value of values) {
    const d = value - mean;
    sum += d;
    sum2 += d ** 2;
    sum4 += d ** 4;
    largest = Math.max(largest, Math.abs(d));
    magnitude = Math.max(magnitude, Math.abs(value));
  }
  // Rounding: every element has a relative error of some units in the last place.
  const noise = 1e-12 * magnitude;
  const error2 = Math.sqrt(Math.max(0, sum4 / n - (sum2 / n) ** 2) / n);
  expect(Math.abs(sum / n)).toBeLessThanOrEqual(
    (5 * std) / Math.sqrt(n / (copies[record.name] ?? 1)) + noise,
  );
  expect(Math.abs(sum2 / n - std ** 2)).toBeLessThanOrEqual(
    5 * error2 * Math.sqrt(copies[record.name] ?? 1) + noise * (std + noise),
  );
  expect(largest).toBeLessThanOrEqual((bound ?? Infinity) * (1 + 1e-12) + noise);
});

test.each(cases)('$name $options of a $shape is the same for the same key only', (one) => {
  const { record, options, spec } = one;
  const draw = (path: string, dtype: FloatDType): Uint8Array =>
    bytesOf(record.draw(fold(key(1), path), { ...spec, dtype }, options));
  const isRandom =
    !fixed.has(record.name) &&
    record.std(spec, options) > 0 &&
    !(record.name === 'hadamard' && options['signs'] === 'fixed');
  for (const dtype of dtypes.slice(0, 2)) {
    const first = draw('a', dtype);
    expect(Buffer.compare(first, draw('a', dtype))).toBe(0);
    expect(Buffer.compare(first, draw('b', dtype)) !== 0).toBe(isRandom);
  }
});

test.each(schemes.map((record) => ({ name: record.name, record })))(
  '$name in float32, float16 and bfloat16 is the rounded float64',
  ({ name, record }) => {
    const spec = Object.values(specs).find((some) => isDefined(name, some));
    if (spec === undefined) throw new Error(`${name} must be defined for some spec`);
    const exact = toFloat64(record.draw(key(2), { ...spec, dtype: 'float64' }, {}));
    // Half a unit in the last place of 24, 11 and 8 bits; of numbers below 2^-14 in float16, 2^-25.
    for (const [dtype, relative, absolute] of [
      ['float32', 2 ** -24, 0],
      ['float16', 2 ** -11, 2 ** -25],
      ['bfloat16', 2 ** -8, 0],
    ] as const) {
      const tensor = record.draw(key(2), { ...spec, dtype }, {});
      expect([tensor.dtype, tensor.shape]).toEqual([dtype, spec.shape]);
      const rounded = toFloat64(tensor);
      for (let i = 0; i < exact.length; i++) {
        const error = Math.abs(rounded[i] - exact[i]);
        if (error > Math.max(relative * Math.abs(exact[i]), absolute)) {
          expect([i, rounded[i]]).toEqual([i, exact[i]]);
        }
      }
    }
  },
);

test('a bound holds in float32 too', () => {
  for (const { record, options, spec } of cases) {
    const bound = record.bound(spec, options);
    if (bound === null || record.mean(spec, options) !== 0) continue;
    const largest = toFloat64(record.draw(key(3), spec, options)).reduce(
      (most, value) => Math.max(most, Math.abs(value)),
      0,
    );
    expect(largest).toBeLessThanOrEqual(bound);
  }
});

test('16-bit tensors that are drawn in chunks continue one stream', () => {
  const spec = specOf([300, 500], 'oi', 'bfloat16');
  const whole = toFloat64(scheme('he_normal').draw(key(4), { ...spec, dtype: 'float64' }, {}));
  const rounded = toFloat64(scheme('he_normal').draw(key(4), spec, {}));
  const far = whole.filter((x, i) => Math.abs(rounded[i] - x) > 2 ** -8 * Math.abs(x));
  expect(far.length).toBe(0);
});

test('tensors without elements are empty and have no spread', () => {
  for (const record of schemes) {
    for (const shape of [
      [0, 5],
      [5, 0],
      [0, 0],
      [8, 0, 3, 3],
      [8, 4, 0, 3],
    ]) {
      const spec = specOf(shape, 'oi');
      if (!isDefined(record.name, spec)) continue;
      for (const dtype of dtypes) {
        const tensor = record.draw(key(0), { ...spec, dtype }, {});
        expect([tensor.shape, tensor.data.length]).toEqual([shape, 0]);
      }
      expect([record.std(spec, {}), record.bound(spec, {}), record.mean(spec, {})]).toEqual([
        0, 0, 0,
      ]);
    }
  }
});

// Every layer keeps what its mode keeps: fan_in times the variance, or fan_out times it, is the scale.
test('standard deviations follow the fan rule', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 5 }),
      fc.constantFrom('oi' as const, 'io' as const),
      (shape, layout) => {
        const spec = specOf(shape, layout);
        const kernel = sizeOf(layout === 'oi' ? shape.slice(2) : shape.slice(0, -2));
        const [out, inputs] = layout === 'oi' ? shape : [shape.at(-1) ?? 0, shape.at(-2) ?? 0];
        expect([spec.fanIn, spec.fanOut]).toEqual([inputs * kernel, out * kernel]);
        const variance = (text: string): number => {
          const parsed = parseScheme(text);
          return parsed.scheme.std(spec, parsed.options) ** 2;
        };
        const { fanIn, fanOut } = spec;
        expect(variance('he_normal') * fanIn).toBeCloseTo(2, 12);
        expect(variance('he_uniform(mode=fan_out, slope=3)') * fanOut).toBeCloseTo(0.2, 12);
        expect(variance('lecun_uniform') * fanIn).toBeCloseTo(1, 12);
        expect(variance('xavier_uniform') * (fanIn + fanOut)).toBeCloseTo(2, 12);
        const geometric = variance('variance_scaling(scale=3, mode=fan_geo_avg)');
        expect(geometric * Math.sqrt(fanIn * fanOut)).toBeCloseTo(3, 12);
      },
    ),
  );
});

test('a uniform scheme has √3 times the std of the normal one as its bound', () => {
  const spec = specOf([64, 32], 'oi');
  for (const name of ['glorot', 'he', 'lecun']) {
    const std = scheme(`${name}_normal`).std(spec, { gain: 2 });
    expect(scheme(`${name}_normal`).bound(spec, {})).toBe(null);
    expect(scheme(`${name}_uniform`).bound(spec, { gain: 2 })).toBeCloseTo(Math.sqrt(3) * std, 14);
  }
});

// torch 2.13: nn.init.kaiming_uniform_(w, a=5 ** 0.5) on Conv2d(3, 8, 5) is U(±1/√75).
test('the default of a torch convolution is he_uniform with slope √5', () => {
  const bound = scheme('kaiming_uniform').bound(specOf([8, 3, 5, 5], 'oi'), {
    slope: Math.sqrt(5),
  });
  expect(bound).toBeCloseTo(1 / Math.sqrt(75), 14);
});

test('a vector acts element by element, so its fans are 1', () => {
  for (const shape of [[64], []]) {
    expect(specOf(shape, 'oi')).toEqual({
      shape,
      dtype: 'float32',
      layout: [],
      groups: 1,
      fanIn: 1,
      fanOut: 1,
    });
    expect(scheme('he_normal').std(specOf(shape, 'io'), {})).toBe(Math.sqrt(2));
  }
});

test('groups divide both fans', () => {
  const spec = specOf([32, 4, 3, 3], 'oi', 'float32', 8);
  expect([spec.fanIn, spec.fanOut]).toEqual([36, 36]);
  const depthwise = specOf([3, 3, 1, 16], 'io', 'float32', 16);
  expect([depthwise.fanIn, depthwise.fanOut]).toEqual([9, 9]);
});

test('names are unique, aliases lead to them, and every record is complete', () => {
  const names = schemes.map((record) => record.name);
  expect(new Set(names).size).toBe(schemes.length);
  for (const [alias, name] of Object.entries(schemeAliases)) {
    expect(names).not.toContain(alias);
    expect(scheme(alias).name).toBe(name);
  }
  for (const record of schemes) {
    for (const text of [record.formula, record.use, record.reference]) expect(text).not.toBe('');
    expect(record.accept({})).toEqual(record.options);
    expect(Object.keys(record.choices).sort()).toEqual(
      Object.keys(record.options)
        .filter((option) => typeof record.options[option] === 'string' && option !== 'stream')
        .sort(),
    );
  }
});

test('a scheme is read back from its text', () => {
  expect(parseScheme('orthogonal(gain=1.2)')).toEqual({
    scheme: scheme('orthogonal'),
    options: { gain: 1.2 },
  });
  expect(parseScheme(' he_normal ').options).toEqual({});
  expect(parseScheme('he_normal()').options).toEqual({});
  expect(parseScheme('kaiming_normal( mode = fan_out , slope=.01)').options).toEqual({
    mode: 'fan_out',
    slope: 0.01,
  });
  expect(parseScheme('truncated_normal(low=-inf,high=1e0)').options).toEqual({
    low: -Infinity,
    high: 1,
  });
});

test('text that is no scheme is refused with one sentence', () => {
  const texts = [
    'he_norml',
    'xaiver_uniform',
    '',
    'orthogonal(gain=1.2',
    'orthogonal(gain)',
    'orthogonal(gain=1,,)',
    'orthogonal(gain=big)',
    'orthogonal(gain=0x10)',
    'orthogonal(gian=1)',
    'orthogonal(gain=1, gain=2)',
    'orthogonal(gain=-1)',
    'zeros(value=0)',
    'he_normal(mode=fan_im)',
    'he_normal(__proto__=1)',
    'variance_scaling(scale=-1)',
    'uniform(low=1, high=0)',
    'normal(std=inf)',
    'truncated_normal(low=2, high=-2)',
    'truncated_normal(low=1e9, high=inf)',
    'constant(value=inf)',
    'toString',
  ];
  const errors = texts.map((text) => `${text} → ${messageOf(() => parseScheme(text))}`);
  expect(`\n${errors.join('\n')}\n`).toMatchInlineSnapshot(`
    "
    he_norml → RangeError: scheme: name must be one that "stepzero schemes" lists, such as he_normal, got "he_norml"
    xaiver_uniform → RangeError: scheme: name must be one that "stepzero schemes" lists, such as xavier_uniform, got "xaiver_uniform"
     → RangeError: scheme: text must be name or name(option=value, option=value), got ""
    orthogonal(gain=1.2 → RangeError: scheme: text must be name or name(option=value, option=value), got "orthogonal(gain=1.2"
    orthogonal(gain) → RangeError: orthogonal: options must be option=value with commas between, got "gain"
    orthogonal(gain=1,,) → RangeError: orthogonal: options must be option=value with commas between, got ""
    orthogonal(gain=big) → RangeError: orthogonal: gain must be a number, got "big"
    orthogonal(gain=0x10) → RangeError: orthogonal: gain must be a number, got "0x10"
    orthogonal(gian=1) → RangeError: orthogonal: options must be among gain, got "gian"
    orthogonal(gain=1, gain=2) → RangeError: orthogonal: every option must be given once, got gain twice
    orthogonal(gain=-1) → RangeError: orthogonal: gain must be finite and >= 0, got -1
    zeros(value=0) → RangeError: zeros: options must be none, got "value"
    he_normal(mode=fan_im) → RangeError: he_normal: mode must be one of fan_in, fan_out, fan_avg, fan_geo_avg, got fan_im
    he_normal(__proto__=1) → RangeError: he_normal: options must be among slope, mode, gain, got "__proto__"
    variance_scaling(scale=-1) → RangeError: variance_scaling: scale must be >= 0, got -1
    uniform(low=1, high=0) → RangeError: uniform: low must be <= high, got 1 and 0
    normal(std=inf) → RangeError: normal: std must be finite, got Infinity
    truncated_normal(low=2, high=-2) → RangeError: truncated_normal: low must be < high, got 2 and -2
    truncated_normal(low=1e9, high=inf) → RangeError: truncated_normal: the interval must come within 1e6 of 0, got 1000000000 to Infinity
    constant(value=inf) → RangeError: constant: value must be finite, got Infinity
    toString → RangeError: scheme: name must be one that "stepzero schemes" lists, such as constant, got "toString"
    "
  `);
});

test('options of the wrong kind are refused', () => {
  const spec = specOf([4, 4], 'oi');
  expect(() =>
    scheme('he_normal').draw(key(0), spec, { mode: 1 }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[TypeError: he_normal: mode must be one of fan_in, fan_out, fan_avg, fan_geo_avg, got 1]`,
  );
  expect(() => scheme('he_normal').std(spec, { slope: 'a' })).toThrowErrorMatchingInlineSnapshot(
    `[TypeError: he_normal: slope must be a number, got "a"]`,
  );
  expect(() => scheme('he_normal').std(spec, { gain: NaN })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: he_normal: gain must be a number, got NaN]`,
  );
  expect(() => scheme('he_normal').std(spec, { slope: 1e200 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: he_normal: slope² must be finite, got Infinity]`,
  );
});

test('the bound is the largest distance from the mean, whichever side it is on', () => {
  const boundOf = (name: string, shape: readonly number[], options: Options = {}) =>
    scheme(name).bound(specOf(shape, 'oi'), options);
  // Mean and std of N(0, 1) cut to [-1, 3] by 160-bit quadrature, as in cut-normal.test.ts.
  const reach = (3 - 0.282786110727154) / 0.784946963404426;
  const options = { std: 2, low: -1, high: 3 };
  expect(boundOf('truncated_normal', [4], options)).toBeCloseTo(2 * reach, 13);
  const mirrored = { std: 2, low: -3, high: 1 };
  expect(boundOf('truncated_normal', [4], mirrored)).toBeCloseTo(2 * reach, 13);
  expect(boundOf('scaled_orthogonal', [9, 4], { gain: 2 })).toBe(3);
  expect(boundOf('scaled_orthogonal', [4, 9], { gain: 2 })).toBe(2);
  expect(boundOf('identity', [1, 1], { gain: 3 })).toBe(0);
  expect(boundOf('identity', [2, 4], { gain: -3 })).toBe(2.25);
});

test('a tensor beyond all memory is refused in one sentence, and its size is known all the same', () => {
  const spec = specOf([2 ** 20, 2 ** 20, 2], 'oi');
  for (const name of ['normal', 'zeros', 'orthogonal', 'dirac']) {
    expect(() => scheme(name).draw(key(0), spec, {}), name).toThrow(
      'tensor: shape must fit into memory, got [1048576, 1048576, 2] of float32',
    );
  }
  expect(scheme('orthogonal').std(spec, {})).toBe(1 / Math.sqrt(2 ** 21));
});

const check = (name: string, spec: Spec) => () => scheme(name).check(spec, {});

test('shapes for which a scheme is undefined are refused', () => {
  expect(check('orthogonal', specOf([10], 'oi'))).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: orthogonal: shape must have at least 2 dimensions, got [10]]`,
  );
  expect(
    check('orthogonal', { ...specOf([10, 10], 'oi'), layout: [] }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: orthogonal: layout must have an out and an in axis, got [] for shape [10, 10]]`,
  );
  expect(check('delta_orthogonal', specOf([4, 8, 3, 3], 'oi'))).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: delta_orthogonal: outputs must be at least as many as inputs, since a map to fewer dimensions cannot keep every norm (orthogonal is defined for it), got 4 outputs of 8 inputs]`,
  );
  expect(check('delta_orthogonal', specOf([8, 4], 'oi'))).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: delta_orthogonal: shape must have 1 to 3 kernel axes (a dense weight takes orthogonal), got [8, 4] with 0]`,
  );
  expect(check('conv_orthogonal', specOf([8, 4], 'oi'))).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: conv_orthogonal: shape must have 1 to 3 kernel axes (a dense weight takes orthogonal), got [8, 4] with 0]`,
  );
  expect(
    check('conv_orthogonal', specOf([8, 4, 1, 1, 1, 1], 'oi')),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: conv_orthogonal: shape must have 1 to 3 kernel axes (a dense weight takes orthogonal), got [8, 4, 1, 1, 1, 1] with 4]`,
  );
  expect(check('identity', specOf([8, 4, 3], 'oi'))).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: identity: shape must have 2 dimensions (a convolution takes dirac), got [8, 4, 3]]`,
  );
  expect(check('dirac', specOf([8, 4], 'oi'))).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: dirac: shape must have kernel axes (a dense weight takes identity), got [8, 4]]`,
  );
  expect(
    check('dirac', { ...specOf([8, 4, 3], 'oi'), groups: 3 }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: dirac: groups must divide the out axis of [8, 4, 3], got 3]`,
  );
  expect(
    check('he_normal', { ...specOf([8, 4], 'oi'), fanIn: 0 }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: he_normal: fan_in must be positive and finite, got 0]`,
  );
  expect(
    check('he_normal', { ...specOf([8, 4], 'oi'), fanIn: Infinity }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: he_normal: fan_in must be positive and finite, got Infinity]`,
  );
  expect(
    check('zeros', { ...specOf([8, 4], 'oi'), shape: [8, -4] }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: zeros: shape must be of integers >= 0, got [8, -4]]`,
  );
  expect(
    check('zeros', { ...specOf([8, 4], 'oi'), layout: ['out'] }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: zeros: layout must have one role per axis of [8, 4], got [out]]`,
  );
  expect(() => specOf([8, 1.5], 'oi')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: specOf: shape must be of integers >= 0, got [8, 1.5]]`,
  );
  expect(() => specOf([8, 4, 3], 'oi', 'float32', 3)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: specOf: groups must be an integer >= 1 that divides the 8 outputs of [8, 4, 3], got 3]`,
  );
  expect(() => specOf([8], 'oi', 'float32', 2)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: specOf: groups must be 1 for shape [8], got 2]`,
  );
});
