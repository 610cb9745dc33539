import { describe, expect, test } from 'vitest';
import { activation, derivativeSecondMoment, secondMoment } from '../../activation/index.ts';
import { edgeOfChaosChange } from './edge-change.ts';
import { edgeOfChaos } from './edge.ts';

describe('the point that holds the present biases is on the known critical line', () => {
  test.each([
    // Computed twice by independent quadrature: σb², σw² and q* at χ₁ = 1, to 1e-9.
    ['tanh', 1e-5, 1.0395211285, 0.0203379531],
    ['tanh', 0.01, 1.4242052905, 0.2733009135],
    ['tanh', 0.1, 1.9860726411, 0.8057991819],
    ['tanh', 1, 3.4432109123, 3.0363963946],
    ['erf', 0.01, 1.1142800634, 0.2532096563],
    ['erf', 0.25, 1.8805472588, 1.1832724389],
    ['arctan', 0.05, 1.7722268269, 0.69167526],
    // The smallest σw² of the sigmoid's edge.
    ['sigmoid', 0, 103.0075537557, 45.6242778],
  ] as const)('%s at σb² = %f', (name, sigmaB2, sigmaW2, qStar) => {
    const found = edgeOfChaosChange(
      activation(name),
      { sigmaW2: 1.3, sigmaB2 },
      { keepBiases: true },
    );
    expect(Math.abs(found.sigmaW2 / sigmaW2 - 1)).toBeLessThan(1e-9);
    expect(Math.abs(found.qStar! / qStar - 1)).toBeLessThan(1e-8);
    expect([found.biasFactor, found.sigmaB2]).toEqual([1, sigmaB2]);
    expect(found.weightFactor).toBeCloseTo(Math.sqrt(found.sigmaW2 / 1.3), 12);
  });
});

test.each([
  ['tanh', 1.69, 0.09],
  ['tanh', 0.5, 2],
  ['erf', 3, 0.001],
  ['elu', 1, 0.01],
  ['selu', 1, 0.1],
  ['mish', 2, 0.1],
  ['sigmoid', 1, 0.1],
] as const)('%s at (%f, %f): χ₁ is 1, q* is held, and nothing nearer is', (name, w, b) => {
  const phi = activation(name);
  const found = edgeOfChaosChange(phi, { sigmaW2: w, sigmaB2: b });
  const q = found.qStar!;
  expect(found.sigmaW2 * derivativeSecondMoment(phi, q)).toBeCloseTo(1, 12);
  expect((found.sigmaW2 * secondMoment(phi, q) + found.sigmaB2) / q).toBeCloseTo(1, 12);
  expect(w * found.weightFactor ** 2).toBeCloseTo(found.sigmaW2, 10);
  expect(b * found.biasFactor ** 2).toBeCloseTo(found.sigmaB2, 10);
  expect(found.stable).toBe(true);
  let nearest = Infinity;
  for (let x = -7; x <= 5; x += 0.02) {
    const other = 10 ** x;
    const w2 = 1 / derivativeSecondMoment(phi, other);
    const b2 = other - w2 * secondMoment(phi, other);
    if (b2 <= 0) continue;
    const h = 1e-4;
    const rise = secondMoment(phi, other * (1 + h)) - secondMoment(phi, other * (1 - h));
    if ((w2 * rise) / (2 * h * other) > 1 + 1e-6) continue;
    nearest = Math.min(nearest, (Math.log(w2 / w) ** 2 + Math.log(b2 / b) ** 2) / 4);
  }
  expect(found.distance).toBeLessThanOrEqual(nearest * (1 + 1e-9));
});

test('GELU goes to its half-stable point, where stable ones end', () => {
  const found = edgeOfChaosChange(activation('gelu'), { sigmaW2: 2, sigmaB2: 0.1 });
  // Computed twice by independent quadrature. Found is where χ_q is 1 + 1e-9 at most, which falls by about
  // 0.01 where q grows by 1; σw² and σb² change by less than 0.1 then.
  expect(Math.abs(found.sigmaW2 - 1.9830582574)).toBeLessThan(1e-8);
  expect(Math.abs(found.sigmaB2 - 0.1729223908)).toBeLessThan(1e-8);
  expect(Math.abs(found.qStar! - 3.5615528128)).toBeLessThan(1e-6);
});

test('a ReLU needs σw² = 2 and no biases, and holds every q', () => {
  const found = edgeOfChaosChange(activation('relu'), { sigmaW2: 1.9, sigmaB2: 0.1 });
  expect(found).toMatchObject({ sigmaW2: 2, sigmaB2: 0, biasFactor: 0, qStar: null, stable: true });
  expect(found.reason).toBe(
    'weights times 1.026 (σw² 1.9 → 2), biases to zero: the nearest point where χ₁ = 1 for relu; every q is then held.',
  );
});

test('without biases an odd function is critical at q* = 0, from the mean of both slopes there', () => {
  expect(edgeOfChaosChange(activation('tanh'), { sigmaW2: 1.5, sigmaB2: 0 })).toMatchObject({
    sigmaW2: 1,
    sigmaB2: 0,
    qStar: 0,
    stable: true,
  });
  const selu = activation('selu');
  const sides = (selu.df(-1e-12) ** 2 + selu.df(1e-12) ** 2) / 2;
  expect(edgeOfChaosChange(selu, { sigmaW2: 1, sigmaB2: 0 }).sigmaW2).toBeCloseTo(1 / sides, 11);
  // Where V bends upward at 0, second moments grow away from it.
  expect(edgeOfChaosChange(activation('gelu'), { sigmaW2: 2, sigmaB2: 0 }).stable).toBe(false);
});

test('what is on the edge stays as it is', () => {
  expect(edgeOfChaosChange(activation('elu'), { sigmaW2: 1, sigmaB2: 0 }).reason).toBe(
    'σw² = 1, σb² = 0 is on the edge of chaos of elu already.',
  );
  // Computed twice by independent quadrature.
  const tanh = edgeOfChaosChange(activation('tanh'), { sigmaW2: 1.7609546396, sigmaB2: 0.05 });
  expect(tanh.distance).toBeLessThan(1e-18);
});

test('layers share one q*, and each gets factors of its own', () => {
  const [tanh, erf] = [activation('tanh'), activation('erf')];
  const { layers, qStar } = edgeOfChaos([
    { phi: tanh, sigmaW2: 1, sigmaB2: 0.1 },
    { phi: erf, sigmaW2: 1, sigmaB2: 0.2 },
    { phi: tanh, sigmaW2: 2, sigmaB2: 0.05 },
  ]);
  const q = qStar!;
  for (const [i, phi] of [tanh, erf, tanh].entries()) {
    expect(layers[i].sigmaW2 * derivativeSecondMoment(phi, q)).toBeCloseTo(1, 12);
    expect(layers[i].sigmaW2 * secondMoment(phi, q) + layers[i].sigmaB2).toBeCloseTo(q, 12);
  }
  expect(layers[0].sigmaW2).toBe(layers[2].sigmaW2);
});

describe('errors', () => {
  test('softplus has no edge of chaos', () => {
    expect(() => edgeOfChaosChange(activation('softplus'), { sigmaW2: 1, sigmaB2: 0.1 })).toThrow(
      'edgeOfChaos: χ₁ = 1 and q* = σw² E φ² + σb² must have a common solution, got none for softplus with q* from 1e-6 to 1e6 and the biases allowed; nearest is q* = 0.000001, where σb² is off by 1.92; take the mean of softplus out of it, or shape it',
    );
  });

  test('bad variances', () => {
    const tanh = activation('tanh');
    expect(() => edgeOfChaosChange(tanh, { sigmaW2: 0, sigmaB2: 0 })).toThrow(
      'edgeOfChaos: sigmaW2 must be positive, got 0; weights that are all zero cannot be scaled',
    );
    expect(() => edgeOfChaosChange(tanh, { sigmaW2: 1, sigmaB2: -1 })).toThrow(
      'edgeOfChaos: sigmaB2 must be a variance, finite and not negative, got -1',
    );
    expect(() =>
      edgeOfChaosChange(activation('relu'), { sigmaW2: 2, sigmaB2: 0.1 }, { keepBiases: true }),
    ).toThrow(
      'edgeOfChaos: sigmaB2 must be 0 for relu, whose second moments grow without end at χ₁ = 1 and any other σb², got 0.1; let biases be zero',
    );
    expect(() => edgeOfChaosChange(activation('sign'), { sigmaW2: 1, sigmaB2: 1 })).toThrow(
      'edgeOfChaos: activations must be continuous, got sign, which jumps at 0, so that χ₁ is infinite with any weights',
    );
    expect(() => edgeOfChaos([])).toThrow(
      'edgeOfChaos: layers must have one fed by an activation, got none',
    );
  });
});
