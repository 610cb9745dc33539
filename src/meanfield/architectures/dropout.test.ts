import { expect, test } from 'vitest';
import {
  inputPair,
  meanAndError,
  meanProduct,
  normals,
  times,
} from '../../../test/wide-network.ts';
import { activation } from '../../activation/index.ts';
import { fillUniform, fold, key } from '../../random/index.ts';
import { varianceMap } from '../variance-map.ts';
import { dropoutCorrelationMap, dropoutPoint } from './dropout.ts';

const relu = activation('relu');
const tanh = activation('tanh');

test('without dropout the point is that of the plain network', () => {
  // tanh, σw = 1.3, σb = 0.3, c: computed twice by independent quadrature.
  const ordered = dropoutPoint(tanh, { sigmaW2: 1.69, sigmaB2: 0.09 }, 1);
  expect(ordered.qStar).toBeCloseTo(0.6070467919, 9);
  expect(ordered.cStar).toBe(1);
  expect(ordered.chi1).toBeCloseTo(0.9398074287, 9);
  expect(ordered.xiC).toBeCloseTo(16.10817274, 6);
  // σw = 2.5, σb = 0.3; q* and χ₁ by mpmath with 20 digits, c* and χ_c c: computed twice by quadrature.
  const chaotic = dropoutPoint(tanh, { sigmaW2: 6.25, sigmaB2: 0.09 }, 1);
  expect(chaotic.qStar).toBeCloseTo(4.079123875282246, 12);
  expect(chaotic.cStar).toBeCloseTo(0.1221037464, 8);
  expect(chaotic.chi1).toBeCloseTo(1.585224765006033, 12);
  expect(chaotic.chiC).toBeCloseTo(0.8222291693, 8);
  expect(chaotic.xiC).toBeCloseTo(5.10891888, 6);
});

test('any dropout moves c* below 1 and makes ξ_c finite, also where the plain network is critical', () => {
  // The plain network is critical at σb² = 0.05, c: computed twice by independent quadrature.
  const variances = { sigmaW2: 1.7609546396, sigmaB2: 0.05 };
  expect(dropoutPoint(tanh, variances, 1).xiC).toBeGreaterThan(1e8);
  let before = 1;
  for (const keepRate of [0.999, 0.99, 0.9, 0.5]) {
    const { cStar, xiC, qStar, chi1 } = dropoutPoint(tanh, variances, keepRate);
    expect(cStar).toBeLessThan(before);
    expect(xiC).toBeLessThan(100);
    before = cStar;
    const widened = { ...variances, sigmaW2: variances.sigmaW2 / keepRate };
    expect(varianceMap(tanh, widened, qStar) / qStar).toBeCloseTo(1, 12);
    const map = dropoutCorrelationMap(tanh, variances, { keepRate, q: qStar });
    expect(map(cStar)).toBeCloseTo(cStar, 10);
    expect(map(1)).toBeLessThan(1);
    // χ₁/ρ counts the mask on the way back.
    const slope = (map(cStar + 1e-5) - map(cStar - 1e-5)) / 2e-5;
    expect(-1 / Math.log(slope)).toBeCloseTo(xiC, 5);
    expect(chi1).toBeGreaterThan(slope);
  }
});

test('ReLU without bias: critical at σw² = 2ρ, c* solves c = ρ κ(c) at every σw²', () => {
  const kappa = (c: number): number =>
    (Math.sqrt(1 - c * c) + (Math.PI - Math.acos(c)) * c) / Math.PI;
  for (const keepRate of [0.5, 0.9, 0.99]) {
    const critical = dropoutPoint(relu, { sigmaW2: 2 * keepRate, sigmaB2: 0 }, keepRate);
    expect(critical.chi1).toBeCloseTo(1, 14);
    expect(critical.cStar).toBeCloseTo(keepRate * kappa(critical.cStar), 9);
    const weak = dropoutPoint(relu, { sigmaW2: keepRate, sigmaB2: 0 }, keepRate);
    expect(weak.qStar).toBe(0);
    expect(weak.cStar).toBeCloseTo(critical.cStar, 9);
    expect(dropoutPoint(relu, { sigmaW2: 3, sigmaB2: 0 }, keepRate).qStar).toBe(Infinity);
  }
  const biased = dropoutPoint(relu, { sigmaW2: 1, sigmaB2: 0.3 }, 0.8);
  expect(biased.qStar).toBeCloseTo(0.3 / (1 - 0.625), 13);
});

test('one input under two masks ends at c*, its second moment at q*, in random tanh networks', () => {
  const [n, depth, draws, keepRate] = [200, 16, 6, 0.8];
  const variances = { sigmaW2: 1.5, sigmaB2: 0.1 };
  const point = dropoutPoint(tanh, variances, keepRate);
  const runs = Array.from({ length: draws }, (_, draw) => {
    const run = fold(key(11), `${draw}`);
    let pair = inputPair(run, n, point.qStar, 1);
    for (let l = 0; l < depth; l++) {
      const w = normals(run, `w${l}`, n * n, variances.sigmaW2 / n);
      const b = normals(run, `b${l}`, n, variances.sigmaB2);
      pair = pair.map((x, side) => {
        const mask = new Float64Array(n);
        fillUniform(fold(run, `mask${l}/${side}`), mask, 0, 1);
        const kept = x.map((value, i) => (mask[i] < keepRate ? Math.tanh(value) / keepRate : 0));
        return times(w, kept).map((value, i) => value + b[i]);
      }) as typeof pair;
    }
    const q = 0.5 * (meanProduct(pair[0], pair[0]) + meanProduct(pair[1], pair[1]));
    return { q, c: meanProduct(pair[0], pair[1]) / q };
  });
  for (const [quantity, value] of [
    ['q', point.qStar],
    ['c', point.cStar],
  ] as const) {
    const { mean, error } = meanAndError(runs.map((run) => run[quantity]));
    // Four standard errors, a start that is χ_c^depth < 2e-3 away, and a bias of ξ / n.
    const tolerance = 4 * error + 2e-3 + point.xiC / n;
    expect(Math.abs(mean - value), `${quantity}: ${mean} ± ${error}, ${value}`).toBeLessThan(
      tolerance,
    );
  }
});

test('rates outside (0, 1] and signals without bound are refused', () => {
  for (const rate of [0, -0.5, 1.1, Number.NaN]) {
    expect(() => dropoutPoint(tanh, { sigmaW2: 1, sigmaB2: 0 }, rate)).toThrow(
      new RangeError(
        `dropoutPoint: keepRate must be the share of units that is kept, in (0, 1], got ${rate}`,
      ),
    );
  }
  expect(() => dropoutPoint(relu, { sigmaW2: 1.9, sigmaB2: 0.1 }, 0.9)).toThrow(
    new RangeError(
      'dropoutPoint: q = σw² E φ² / ρ + σb² must have a solution, got none for σw² = 1.9, σb² = 0.1 and ' +
        'ρ = 0.9, as signals grow without bound; there is one for σw² below 1.8',
    ),
  );
  expect(() => dropoutPoint(activation('gelu'), { sigmaW2: 1.96, sigmaB2: 0.1 }, 0.9)).toThrow(
    /as signals grow without bound; there is one for σw² below 1\.9\d+$/,
  );
});
