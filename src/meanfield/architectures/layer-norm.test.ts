import { expect, test } from 'vitest';
import {
  inputPair,
  meanAndError,
  meanProduct,
  normals,
  times,
} from '../../../test/wide-network.ts';
import { activation } from '../../activation/index.ts';
import { fold, key } from '../../random/index.ts';
import { layerNormPoint } from './layer-norm.ts';

// c: computed twice by independent quadrature (E φ'² / E φ² at variance 1).
const factors: [string, number][] = [
  ['relu', 1],
  ['tanh', 1.1778072323],
  ['gelu', 1.0720315984],
  ['silu', 1.0666342412],
  ['selu', 1.0715749925],
  ['elu', 1.0359047186],
  ['erf', 1.2257000038],
  ['sigmoid', 0.152827],
];

test.each(factors)('without biases layer normalisation gives %s the factor %d', (name, chi) => {
  const point = layerNormPoint(activation(name), { sigmaW2: 1.7, sigmaB2: 0 });
  expect(Math.abs(point.chi / chi - 1)).toBeLessThan(name === 'sigmoid' ? 5e-6 : 1e-10);
});

test('a factor above 1 keeps inputs apart, one of at most 1 makes them alike', () => {
  const gelu = layerNormPoint(activation('gelu'), { sigmaW2: 2, sigmaB2: 0 });
  expect(gelu.cStar).toBeGreaterThan(0);
  expect(gelu.cStar).toBeLessThan(1);
  expect(gelu.chiC).toBeLessThan(1);
  const tanh = layerNormPoint(activation('tanh'), { sigmaW2: 2, sigmaB2: 0 });
  expect(tanh.cStar).toBe(0);
  const relu = layerNormPoint(activation('relu'), { sigmaW2: 2, sigmaB2: 0 });
  expect([relu.cStar, relu.xiC]).toEqual([1, Infinity]);
  const biased = layerNormPoint(activation('tanh'), { sigmaW2: 1, sigmaB2: 0.1 });
  expect(biased.chi).toBeCloseTo(0.4644029024 / 0.4942944904, 9);
  expect(biased.cStar).toBe(1);
});

test('a gain scales what φ sees: the factor of erf(gain z) in closed form', () => {
  const gain = 2.5;
  const { chi } = layerNormPoint(activation('erf'), { sigmaW2: 3, sigmaB2: 0 }, gain);
  const q = gain ** 2;
  // E erf'(√q z)² = (4/π) / √(1 + 4q), E erf² = (2/π) asin(2q / (1 + 2q)).
  const slope = 4 / Math.PI / Math.sqrt(1 + 4 * q);
  const second = (2 / Math.PI) * Math.asin((2 * q) / (1 + 2 * q));
  expect(chi / ((q * slope) / second)).toBeCloseTo(1, 11);
});

test('two inputs of random normalised GELU layers end at c*', () => {
  const gelu = activation('gelu');
  const [n, depth, draws] = [200, 40, 4];
  const { cStar, chiC, chi } = layerNormPoint(gelu, { sigmaW2: 1, sigmaB2: 0.02 });
  expect(chi).toBeGreaterThan(1);
  const ends = Array.from({ length: draws }, (_, draw) => {
    const run = fold(key(7), `${draw}`);
    let pair = inputPair(run, n, 1, 0.9);
    const late: number[] = [];
    for (let l = 0; l < depth; l++) {
      const w = normals(run, `w${l}`, n * n, 1 / n);
      const b = normals(run, `b${l}`, n, 0.02);
      pair = pair.map((x) => {
        const h = times(w, x.map(gelu.f)).map((value, i) => value + b[i]);
        const mean = h.reduce((sum, value) => sum + value, 0) / n;
        const scale = 1 / Math.sqrt(meanProduct(h, h) - mean * mean);
        return h.map((value) => scale * (value - mean));
      }) as typeof pair;
      if (l >= depth / 2) late.push(meanProduct(pair[0], pair[1]));
    }
    return late.reduce((sum, c) => sum + c, 0) / late.length;
  });
  const { mean, error } = meanAndError(ends);
  // Four standard errors over networks, the start forgotten as χ_c^20, and a bias of 1 / (n (1 - χ_c)).
  const tolerance = 4 * error + chiC ** (depth / 2) * 0.1 + 1 / (n * (1 - chiC));
  expect(Math.abs(mean - cStar), `${mean} ± ${error}, ${cStar}`).toBeLessThan(tolerance);
});

test('what cannot be normalised is refused', () => {
  const relu = activation('relu');
  expect(() => layerNormPoint(relu, { sigmaW2: 0, sigmaB2: 0 })).toThrow(
    new RangeError(
      'layerNormPoint: σw² E φ² + σb² must be above 0 to be divided by, got 0; raise sigmaW2 above 0',
    ),
  );
  expect(() => layerNormPoint(relu, { sigmaW2: 1, sigmaB2: -2 })).toThrow(
    new RangeError('layerNormPoint: sigmaB2 must be a variance, finite and not negative, got -2'),
  );
  expect(() => layerNormPoint(relu, { sigmaW2: 1, sigmaB2: 0 }, 0)).toThrow(
    new RangeError('layerNormPoint: gain must be positive and finite, got 0'),
  );
});
