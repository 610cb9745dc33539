import { expect, test } from 'vitest';
import { meanAndError, meanProduct, normals } from '../../../test/wide-network.ts';
import { activation } from '../../activation/index.ts';
import { fold, key } from '../../random/index.ts';
import { chi1At, varianceMap } from '../variance-map.ts';
import { convolutionMap } from './convolution-map.ts';
import {
  convolutionModes,
  modeDepthScales,
  type PeriodicConvolution,
} from './convolution-modes.ts';

const erf = activation('erf');

test('uniform modes are the Dirichlet kernel, in two dimensions its products', () => {
  const dirichlet = (f: number, n: number, k: number): number =>
    f === 0 ? 1 : Math.sin((Math.PI * f * k) / n) / (k * Math.sin((Math.PI * f) / n));
  const line = convolutionModes({ size: [10], kernel: [3] });
  for (let f = 0; f < 10; f++) expect(line.real[f]).toBeCloseTo(dirichlet(f, 10, 3), 14);
  const plane = convolutionModes({ size: [8, 6], kernel: [5, 3] });
  for (let f = 0; f < 8; f++) {
    for (let g = 0; g < 6; g++) {
      const expected = dirichlet(f, 8, 5) * dirichlet(g, 6, 3);
      expect(plane.real[f * 6 + g]).toBeCloseTo(expected, 14);
      expect(plane.imaginary[f * 6 + g]).toBeCloseTo(0, 14);
    }
  }
});

test('a delta kernel lets all modes pass, a uniform one at criticality only that of frequency 0', () => {
  const delta = convolutionModes({ size: [7, 7], kernel: [3, 3], profile: 'delta' });
  expect(delta.magnitude.every((value) => value === 1)).toBe(true);
  expect([...modeDepthScales(delta, 1)].every((xi) => xi === Infinity)).toBe(true);
  const uniform = modeDepthScales(convolutionModes({ size: [7], kernel: [3] }), 1);
  expect(uniform[0]).toBe(Infinity);
  for (const xi of uniform.slice(1)) expect(xi).toBeLessThan(10);
  // χ = 0.9: every mode at least as short-lived as -1 / ln 0.9.
  const ordered = modeDepthScales(delta, 0.9);
  expect(ordered[3]).toBeCloseTo(-1 / Math.log(0.9), 12);
  expect(modeDepthScales(delta, 1.1)[0]).toBeCloseTo(-1 / Math.log(1.1), 12);
});

test('even kernels shift a mode besides damping it, and given shares count as given', () => {
  const { real, imaginary, magnitude } = convolutionModes({ size: [8], kernel: [2] });
  // (1 + e^{iθ}) / 2, θ = 2πf/8.
  expect(real[1]).toBeCloseTo((1 + Math.cos(Math.PI / 4)) / 2, 14);
  expect(imaginary[1]).toBeCloseTo(Math.sin(Math.PI / 4) / 2, 14);
  expect(magnitude[1]).toBeCloseTo(Math.cos(Math.PI / 8), 14);
  const given = convolutionModes({ size: [8], kernel: [3], profile: [0.25, 0.5, 0.25] });
  expect(given.real[2]).toBeCloseTo(0.5, 14);
  const dilated = convolutionModes({ size: [8], kernel: [3], dilation: 4 });
  // Taps 4 apart on a circle of 8: ±4 are the same place.
  expect(dilated.real[1]).toBeCloseTo(-1 / 3, 14);
});

test('small errors around the fixed point shrink by χ λ_f a layer', () => {
  const size = [6];
  const convolution: PeriodicConvolution = { size, kernel: [3], profile: [0.3, 0.5, 0.2] };
  const variances = { sigmaW2: 1.2, sigmaB2: 0.1 };
  let q = 1;
  for (let i = 0; i < 300; i++) q = varianceMap(erf, variances, q);
  const chi = chi1At(erf, variances.sigmaW2, q);
  expect(chi).toBeLessThan(1);
  const modes = convolutionModes(convolution);
  // All positions of two inputs are equal up to ε cos(2π f (α + α') / 2n) in their covariance.
  const epsilon = 1e-7;
  const f = 2;
  const own = new Float64Array(36).fill(q);
  const wave = (a: number, phase: number): number => Math.cos((2 * Math.PI * f * a) / 6 + phase);
  const cross = Float64Array.from({ length: 36 }, (_, i) => {
    const [a, b] = [Math.floor(i / 6), i % 6];
    return q - epsilon * (2 + (a === b ? wave(a, 0) : 0));
  });
  const next = convolutionMap(erf, variances, convolution, { own, cross }).cross;
  const magnitude = chi * modes.magnitude[f];
  const phase = Math.atan2(modes.imaginary[f], modes.real[f]);
  for (let a = 0; a < 6; a++) {
    const change = (q - (next?.[a * 7] ?? Number.NaN)) / epsilon;
    // The map bends by O(ε^½) at c = 1 for kinked activations, by O(ε) for erf; q - cross has 1e-16 / ε of rounding.
    expect(Math.abs(change - 2 * chi - magnitude * wave(a, phase))).toBeLessThan(2e-6);
  }
});

test('the covariances of a random convolutional network of 96 channels are those of the map', () => {
  const [n, channels, depth, draws] = [5, 96, 3, 24];
  const variances = { sigmaW2: 1.5, sigmaB2: 0.05 };
  const convolution: PeriodicConvolution = { size: [n], kernel: [3] };
  let expected = new Float64Array(n * n);
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < n; b++) expected[a * n + b] = a === b ? 1 + 0.1 * a : 0.3;
  }
  const start = expected;
  for (let l = 0; l < depth; l++) {
    expected = convolutionMap(erf, variances, convolution, { own: expected })
      .own as typeof expected;
  }
  const runs = Array.from({ length: draws }, (_, draw) => {
    const run = fold(key(21), `${draw}`);
    let h = withCovariance(n, channels, start, normals(run, 'h', n * channels));
    for (let l = 0; l < depth; l++) {
      const active = h.map((row) => row.map(erf.f));
      const w = normals(run, `w${l}`, channels * channels * 3, variances.sigmaW2 / (3 * channels));
      const b = normals(run, `b${l}`, channels, variances.sigmaB2);
      // h[position][channel]
      h = h.map((_, a) =>
        Float64Array.from({ length: channels }, (_, i) => {
          let sum = b[i];
          for (let tap = 0; tap < 3; tap++) {
            const row = active[(a + tap - 1 + n) % n];
            for (let j = 0; j < channels; j++) sum += w[(i * channels + j) * 3 + tap] * row[j];
          }
          return sum;
        }),
      );
    }
    return h;
  });
  for (const [a, b] of [
    [0, 0],
    [0, 1],
    [2, 4],
  ]) {
    const { mean, error } = meanAndError(runs.map((h) => meanProduct(h[a], h[b])));
    const value = expected[a * n + b];
    // Four standard errors over networks and a bias of depth / channels of the second moment.
    const tolerance = 4 * error + (depth / channels) * expected[0];
    expect(Math.abs(mean - value), `${mean} ± ${error}, ${value}`).toBeLessThan(tolerance);
  }
});

test('a plane whose kernel is a line behaves like a line in each of its rows', () => {
  const variances = { sigmaW2: 1.4, sigmaB2: 0.05 };
  const line: PeriodicConvolution = { size: [4], kernel: [3], profile: [0.2, 0.5, 0.3] };
  const plane: PeriodicConvolution = { size: [2, 4], kernel: [1, 3], profile: [0.2, 0.5, 0.3] };
  const own = Float64Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 + i / 20 : 0.4));
  // Rows of the plane: twice the same line.
  const doubled = Float64Array.from({ length: 64 }, (_, i) => {
    const [a, b] = [Math.floor(i / 8) % 4, i % 4];
    return own[a * 4 + b];
  });
  const [small, large] = [
    convolutionMap(erf, variances, line, { own }).own,
    convolutionMap(erf, variances, plane, { own: doubled, other: doubled, cross: doubled }),
  ];
  for (let i = 0; i < 64; i++) {
    const expected = small[(Math.floor(i / 8) % 4) * 4 + (i % 4)];
    expect(large.own[i]).toBeCloseTo(expected, 14);
    expect(large.cross?.[i]).toBeCloseTo(expected, 14);
  }
});

/** Rows of numbers with these covariances, by Cholesky factors of the matrix. */
function withCovariance(n: number, columns: number, sigma: Float64Array, z: Float64Array) {
  const factor = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = sigma[i * n + j];
      for (let k = 0; k < j; k++) rest -= factor[i * n + k] * factor[j * n + k];
      factor[i * n + j] = i === j ? Math.sqrt(rest) : rest / factor[j * n + j];
    }
  }
  return Array.from({ length: n }, (_, i) =>
    Float64Array.from({ length: columns }, (_, c) => {
      let sum = 0;
      for (let k = 0; k <= i; k++) sum += factor[i * n + k] * z[k * columns + c];
      return sum;
    }),
  );
}

test('shapes that do not fit are refused with the reason', () => {
  expect(() => convolutionModes({ size: [8], kernel: [3, 3] })).toThrow(
    new RangeError(
      'convolutionModes: size and kernel must have the same number of dimensions, at least 1, got [8] and [3, 3]',
    ),
  );
  expect(() => convolutionModes({ size: [8], kernel: [2], profile: 'delta' })).toThrow(
    new RangeError(
      'convolutionModes: a delta kernel must have a centre, so an odd number of taps, got [2]',
    ),
  );
  expect(() => convolutionModes({ size: [8], kernel: [3], profile: [0.5, 0.6, 0.2] })).toThrow(
    /^convolutionModes: profile must hold 3 shares that are not negative and add up to 1, got 3 of sum 1\.3/,
  );
  const own = new Float64Array(4);
  expect(() =>
    convolutionMap(erf, { sigmaW2: 1, sigmaB2: 0 }, { size: [8], kernel: [3] }, { own }),
  ).toThrow(new RangeError('convolutionMap: covariances must be 8 x 8 numbers, got 4 of them'));
  expect(() =>
    convolutionMap(erf, { sigmaW2: 1, sigmaB2: 0 }, { size: [224, 224], kernel: [3, 3] }, { own }),
  ).toThrow(
    new RangeError(
      'convolutionMap: memory must stay within 2 GiB, got 37.5 GiB for 50176 positions; take at most 11585 ' +
        'or raise mostBytes',
    ),
  );
});
