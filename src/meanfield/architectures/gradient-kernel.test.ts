import { expect, test } from 'vitest';
import { activation } from '../../activation/index.ts';
import {
  gradientCorrelation,
  gradientKernel,
  kernelAutocorrelation,
  kernelCorrelation,
} from '../index.ts';

const relu = activation('relu');
const he = { sigmaW2: 2, sigmaB2: 0 };

/** The covariance of inputs from a function of their indices. */
const kernelOf = (size: number, of: (a: number, b: number) => number): readonly Float64Array[] =>
  Array.from({ length: size }, (_, a) => Float64Array.from({ length: size }, (_, b) => of(a, b)));

test.each(['relu', 'tanh'])(
  'two inputs of a plain %s network are the pair of the theory',
  (name) => {
    const phi = activation(name);
    const variances = { sigmaW2: 1.5, sigmaB2: 0.1 };
    const [q, c, depth] = [0.8, 0.3, 12];
    const inputs = kernelOf(2, (a, b) => (a === b ? q : c * q));
    const [[g11, g12]] = gradientKernel(phi, { depth, variances, before: 'nothing' }, inputs);
    // There q and c are those of the first pre-activations.
    const q1 = 1.5 * q + 0.1;
    const want = gradientCorrelation(phi, variances, { depth, c: (1.5 * c * q + 0.1) / q1, q: q1 });
    expect(g12 / g11).toBeCloseTo(want.r[0], 10);
  },
);

test('gradients of independent inputs of a large centred batch halve their correlation with every layer', () => {
  // Pre-activations of different inputs are independent up to 1/B in every layer, and two that are positive with
  // probability 1/2 are both with 1/4: Balduzzi et al. 2017, theorem 1.
  const size = 300;
  const inputs = kernelOf(size, (a, b) => (a === b ? 1 : 0));
  for (const before of ['centred', 'normalised'] as const) {
    const gradient = gradientKernel(relu, { depth: 4, variances: he, before }, inputs);
    expect(Math.abs(kernelCorrelation(gradient) * 2 ** 4 - 1)).toBeLessThan(8 / size);
  }
});

test('residual layers with normalisation correlate gradients as the theorem says', () => {
  // Balduzzi et al. 2017, theorem 3, for β = 1 and large batches: C(i) and C(i, j) multiply by 1 + 1/γ and 1 + 1/(2γ),
  // γ the variance over the batch, which grows by 1 - 1/π a layer.
  const size = 300;
  const inputs = kernelOf(size, (a, b) => (a === b ? 1 : 0));
  const depth = 10;
  const network = { depth, variances: he, before: 'normalised', beta: 1 } as const;
  let want = 1;
  for (let layer = 1; layer <= depth; layer++) {
    const gamma = 2 + (layer - 1) * (1 - 1 / Math.PI);
    want *= (1 + 0.5 / gamma) / (1 + 1 / gamma);
  }
  const found = kernelCorrelation(gradientKernel(relu, network, inputs));
  expect(Math.abs(found / want - 1)).toBeLessThan((2 * depth) / size);
});

test('along a line through the origin a plain ReLU network has the gradients of a step, at every depth', () => {
  const points = 64;
  const at = (i: number): number => 2 * i + 1 - points;
  const inputs = kernelOf(points, (a, b) => at(a) * at(b));
  for (const depth of [1, 10]) {
    const gradient = gradientKernel(relu, { depth, variances: he, before: 'nothing' }, inputs);
    const found = kernelAutocorrelation(gradient, 8);
    // Up to scale +1 and -1 with one change: of n - k products k are negative.
    for (const [k, r] of found.entries()) expect(r).toBeCloseTo(1 - (3 * k) / points, 6);
  }
});

test('the autocorrelation of white noise is that of numbers whose mean is taken away', () => {
  const points = 20;
  const found = kernelAutocorrelation(
    kernelOf(points, (a, b) => (a === b ? 3 : 0)),
    5,
  );
  for (const [k, r] of found.entries()) {
    const want = k === 0 ? 1 : -(points - k) / (points * (points - 1));
    expect(r).toBeCloseTo(want, 14);
  }
});

test('what has no gradient kernel is refused with the reason', () => {
  const network = { depth: 2, variances: he, before: 'centred' } as const;
  const same = kernelOf(3, () => 1);
  expect(() => gradientKernel(relu, network, same)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: gradientKernel: second moments must stay positive and within float64, got 0 at most at layer 1; inputs of a centred batch must differ]`,
  );
  expect(() =>
    gradientKernel(relu, { ...network, before: 'nothing' }, [new Float64Array(2)]),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: gradientKernel: inputs must be a square kernel, got 1 rows of 2 numbers]`,
  );
  expect(() => gradientKernel(relu, network, [])).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: gradientKernel: inputs must be a square kernel, got 0 rows of 0 numbers]`,
  );
  expect(() =>
    gradientKernel(relu, { ...network, beta: 0 }, same),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: gradientKernel: beta must be positive and finite, got 0]`,
  );
  const line = kernelOf(4, (a, b) => (a - 1.5) * (b - 1.5));
  expect(() =>
    gradientKernel(relu, { ...network, before: 'normalised' }, line),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: gradientKernel: the inverse of the variance over the batch must have a mean, got signals of 1 degrees of freedom at layer 1; take independent inputs]`,
  );
  expect(() => kernelCorrelation([])).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: kernelCorrelation: inputs must number at least 2, got 0]`,
  );
  expect(() => kernelAutocorrelation(same, 3)).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: kernelAutocorrelation: lags must be a whole number below the 3 points, got 3]`,
  );
});
