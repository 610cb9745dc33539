import { expect, test } from 'vitest';
import { singularValues } from '../numeric/index.ts';
import { fillUniform, fold, haarColumns, key } from './index.ts';

/** Kolmogorov: P(√n D > 2.5) = 7.5e-6. */
const KOLMOGOROV = 2.5;

/** √n times the largest distance between the numbers' and the law's distribution function. */
function distance(values: readonly number[], cdf: (x: number) => number): number {
  const sorted = values.map(cdf).sort((a, b) => a - b);
  const n = sorted.length;
  const d = sorted.map((u, i) => Math.max(u - i / n, (i + 1) / n - u));
  return Math.sqrt(n) * Math.max(...d);
}

function randomIndex(path: string, n: number): number {
  const u = new Float64Array(1);
  fillUniform(fold(key(77), path), u, 0, 1);
  return Math.min(n - 1, Math.floor(n * u[0]));
}

/** The cosines of the eigenphases (each pair twice) in ascending order, and whether the determinant is 1. */
function eigenphases(q: Float64Array, n: number): { cosines: Float64Array; isProper: boolean } {
  // The eigenvalues of (Q + Qᵀ)/2 + 2 I are 2 + cos θ, and positive: they are singular values.
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++)
      a[i * n + j] = (q[i * n + j] + q[j * n + i]) / 2 + (i === j ? 2 : 0);
  }
  const cosines = singularValues(a, n, n).map((value) => value - 2);
  // Phases that are not in pairs: of an even n both 1 and -1 or none, of an odd n one of them.
  const hasMinus = cosines[0] < -1 + 1e-11 && (n === 1 || cosines[1] > -1 + 1e-11);
  return { cosines, isProper: !hasMinus };
}

/**
 * The distribution function of one of the phases 0 < θ < π of O(n), for proper and improper
 * matrices: with N pairs the density is `(m ± sin(m θ) / sin θ) / (2π N)`.
 * Reference: Katz and Sarnak 1999, Random Matrices, Frobenius Eigenvalues, and Monodromy, section 5.4
 */
function phaseCdf(n: number, isProper: boolean): { pairs: number; cdf: (theta: number) => number } {
  const isEven = n % 2 === 0;
  const pairs = isEven ? (isProper ? n / 2 : n / 2 - 1) : (n - 1) / 2;
  const m = isEven ? (isProper ? 2 * pairs - 1 : 2 * pairs + 1) : 2 * pairs;
  const sign = isEven === isProper ? 1 : -1;
  // ∫ sin(m t) / sin t: m terms exp(i (m - 1 - 2j) t), each integrated.
  const integral = (theta: number): number => {
    let sum = 0;
    for (let j = 0; j < m; j++) {
      const frequency = m - 1 - 2 * j;
      sum += frequency === 0 ? theta : Math.sin(frequency * theta) / frequency;
    }
    return sum;
  };
  return { pairs, cdf: (theta) => (m * theta + sign * integral(theta)) / (2 * Math.PI * pairs) };
}

test.each([
  { n: 3, draws: 4000 },
  { n: 4, draws: 4000 },
  { n: 7, draws: 3000 },
  { n: 10, draws: 3000 },
  { n: 36, draws: 700 },
])('eigenphases of O($n) follow their law, and half of the determinants are 1', ({ n, draws }) => {
  const phases: { proper: number[]; improper: number[] } = { proper: [], improper: [] };
  for (let d = 0; d < draws; d++) {
    const { cosines, isProper } = eigenphases(haarColumns(fold(key(n), `phase/${d}`), n, n), n);
    const { pairs } = phaseCdf(n, isProper);
    // One pair of each matrix, at random: phases of one matrix repel each other.
    const skipped = isProper ? 0 : 1;
    const at = skipped + 2 * randomIndex(`${n}/${d}`, pairs);
    phases[isProper ? 'proper' : 'improper'].push(
      Math.acos(Math.max(-1, Math.min(1, cosines[at]))),
    );
  }
  expect(Math.abs(phases.proper.length - draws / 2)).toBeLessThan(5 * Math.sqrt(draws / 4));
  expect(distance(phases.proper, phaseCdf(n, true).cdf)).toBeLessThan(KOLMOGOROV);
  expect(distance(phases.improper, phaseCdf(n, false).cdf)).toBeLessThan(KOLMOGOROV);
});

test('the test of eigenphases sees columns whose signs are not those of the law', () => {
  const n = 10;
  const phases: number[] = [];
  for (let d = 0; d < 3000; d++) {
    const q = haarColumns(fold(key(n), `phase/${d}`), n, n);
    // Columns that are orthonormal, but of which each has a sign that something else decides.
    for (let c = 0; c < n; c++) {
      if (q[c * n + c] > 0) for (let i = 0; i < n; i++) q[c * n + i] = -q[c * n + i];
    }
    const { cosines, isProper } = eigenphases(q, n);
    if (!isProper) continue;
    phases.push(Math.acos(Math.max(-1, Math.min(1, cosines[2 * randomIndex(`${n}/${d}`, n / 2)]))));
  }
  expect(distance(phases, phaseCdf(n, true).cdf)).toBeGreaterThan(2 * KOLMOGOROV);
});

// An element of a Haar matrix of m rows is the first of a uniform unit vector: its density is that of
// (1 - x²)^((m - 3) / 2), whose integrals are polynomials for odd m.
const marginals: readonly (readonly [m: number, cdf: (x: number) => number])[] = [
  [3, (x) => (1 + x) / 2],
  [5, (x) => 1 / 2 + (3 * x - x ** 3) / 4],
  [7, (x) => 1 / 2 + (15 * x - 10 * x ** 3 + 3 * x ** 5) / 16],
  [9, (x) => 1 / 2 + (35 * x - 35 * x ** 3 + 21 * x ** 5 - 5 * x ** 7) / 32],
];

test.each(marginals)(
  'elements of matrices with %d rows have the Beta marginal, in corners and within',
  (m, cdf) => {
    for (const [row, column] of [
      [0, 0],
      [m - 1, 0],
      [1, 2],
      [m - 1, m - 1],
    ]) {
      const values = Array.from(
        { length: 5000 },
        (_, d) => haarColumns(fold(key(m), `marginal/${d}`), m, column + 1)[column * m + row],
      );
      expect(distance(values, cdf)).toBeLessThan(KOLMOGOROV);
    }
  },
);

/** How many standard errors the mean of the numbers is away from `expected`. */
function deviation(values: readonly number[], expected: number): number {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
  return Math.abs(mean - expected) / Math.sqrt(variance / n);
}

// Weingarten calculus of O(n): E Q_ij⁴ = 3/(n(n+2)), of two places of a row 1/(n(n+2)), of two places of
// different rows and columns (n+1)/((n-1) n (n+2)), and E Q_ij Q_il Q_kj Q_kl = -1/((n-1) n (n+2)).
test.each([5, 34, 67])('fourth moments of O(%d) are those of the Haar measure', (n) => {
  const draws = Math.round(40_000 / n);
  const groups: readonly [expected: number, f: (q: (i: number, j: number) => number) => number][] =
    [
      [3 / (n * (n + 2)), (q) => q(0, 0) ** 4],
      [3 / (n * (n + 2)), (q) => q(n - 1, n - 2) ** 4],
      [1 / (n * (n + 2)), (q) => q(0, 1) ** 2 * q(0, n - 1) ** 2],
      [1 / (n * (n + 2)), (q) => q(0, n - 1) ** 2 * q(n - 2, n - 1) ** 2],
      [(n + 1) / ((n - 1) * n * (n + 2)), (q) => q(0, 0) ** 2 * q(n - 1, n - 1) ** 2],
      [-1 / ((n - 1) * n * (n + 2)), (q) => q(1, 0) * q(1, n - 1) * q(2, 0) * q(2, n - 1)],
    ];
  const samples = groups.map((): number[] => []);
  for (let d = 0; d < draws; d++) {
    const values = haarColumns(fold(key(n), `fourth/${d}`), n, n);
    for (const [g, [, f]] of groups.entries()) samples[g].push(f((i, j) => values[j * n + i]));
  }
  for (const [g, [expected]] of groups.entries()) {
    expect(deviation(samples[g], expected)).toBeLessThan(5);
  }
});
