import { expect, test } from 'vitest';
import {
  inputPair,
  meanAndError,
  meanProduct,
  normals,
  times,
  timesTransposed,
} from '../../../test/wide-network.ts';
import { activation, type Nonlinearity } from '../../activation/index.ts';
import { fold, key, type Key } from '../../random/index.ts';
import { residualLayers } from './residual-layers.ts';
import { residualLimit } from './residual-limit.ts';
import { residualStep, weightedSum, type ResidualBlock } from './residual.ts';

const relu = activation('relu');
const tanh = activation('tanh');

test('a ReLU block multiplies signal and gradient by 1 + σv² σw² / 2', () => {
  const block = { sigmaW2: 1.5, sigmaB2: 0, output: { sigmaW2: 0.8, sigmaB2: 0 } };
  const { p, gradient } = residualLayers(relu, block, { depth: 20, p: 3 });
  expect(p[20] / 3 / 1.6 ** 20).toBeCloseTo(1, 12);
  expect(gradient[0] / 1.6 ** 20).toBeCloseTo(1, 12);
});

test('a branch scale of 1/√depth keeps 10000 ReLU blocks at (1 + x/L)^L, near its limit e^x', () => {
  const depth = 10000;
  const block = { sigmaW2: 1, sigmaB2: 0, output: { sigmaW2: 1, sigmaB2: 0 } };
  const scaled = { ...block, branchScale: 1 / Math.sqrt(depth) };
  const { p, gradient } = residualLayers(relu, scaled, { depth });
  const exact = Math.exp(depth * Math.log1p(0.5 / depth));
  // 10000 roundings of 1e-16 each.
  expect(Math.abs(p[depth] / exact - 1)).toBeLessThan(1e-11);
  expect(Math.abs(gradient[0] / exact - 1)).toBeLessThan(1e-11);
  const limit = residualLimit(relu, block);
  expect(limit.signal).toBeCloseTo(Math.exp(0.5), 10);
  expect(limit.gradient).toBeCloseTo(Math.exp(0.5), 10);
  // (1 + x/L)^L = e^{x - x²/2L + …}, x = ½.
  expect(Math.abs(exact / limit.signal - 1)).toBeLessThan(0.125 / depth + 1e-8);
});

test.each(['none', 'pre', 'post'] as const)(
  'the limit of infinitely many tanh blocks is what their number tends to, norm %s',
  (norm) => {
    const block: ResidualBlock = { sigmaW2: 1.4, sigmaB2: 0.1, branchScale: 1.2, norm };
    const limit = residualLimit(tanh, block, 0.7);
    const at = (depth: number): { signal: number; gradient: number } => {
      const scaled = { ...block, branchScale: 1.2 / Math.sqrt(depth) };
      const { p, gradient } = residualLayers(tanh, scaled, { depth, p: 0.7 });
      return { signal: p[depth] / 0.7, gradient: gradient[0] };
    };
    // The error is a/L + b/L² + …; two depths cancel its first term, which leaves some 1/L².
    const [half, full] = [at(500), at(1000)];
    expect(Math.abs(2 * full.signal - half.signal - limit.signal)).toBeLessThan(1e-5);
    expect(Math.abs(2 * full.gradient - half.gradient - limit.gradient)).toBeLessThan(1e-5);
  },
);

test('unscaled tanh blocks grow by σv² + σa² a block, their gradients like exp(const √l)', () => {
  const [sigmaW2, sigmaV2, sigmaA2] = [1.3, 0.9, 0.2];
  const block = { sigmaW2, sigmaB2: 0.1, output: { sigmaW2: sigmaV2, sigmaB2: sigmaA2 } };
  const depth = 4000;
  const { p, gradient } = residualLayers(tanh, block, { depth });
  // tanh² is 1 - O(q^-½), so the slope lacks O(L^-½).
  expect(Math.abs((p[depth] - p[depth - 1]) / (sigmaV2 + sigmaA2) - 1)).toBeLessThan(0.02);
  // E tanh'² → (4/3) / √(2πq), q = σw² (σv² + σa²) l; the sum of 1/√l is 2 √l.
  const rate = (sigmaV2 * sigmaW2 * (4 / 3) * 2) / Math.sqrt(2 * Math.PI * sigmaW2 * 1.1);
  const slope = (l: number): number =>
    (Math.log(gradient[l]) - Math.log(gradient[depth])) / (Math.sqrt(depth) - Math.sqrt(l));
  // Next terms of E tanh'² and of ln(1 + χ) are O(q^-½) and give ln l / √l: 5 % at these depths.
  expect(Math.abs(slope(2000) / rate - 1)).toBeLessThan(0.05);
});

test('the gradient of pre-norm ReLU blocks grows by 1 a block: ∏ (1 + 1/(l + 1)) = L + 1', () => {
  const block = {
    sigmaW2: 2,
    sigmaB2: 0,
    output: { sigmaW2: 0.7, sigmaB2: 0 },
    norm: 'pre' as const,
  };
  const { p, gradient } = residualLayers(relu, block, { depth: 1000, p: 0.7 });
  expect(p[1000]).toBeCloseTo(0.7 * 1001, 9);
  expect(gradient[0]).toBeCloseTo(1001, 8);
});

test('pre-norm tanh gradients follow a power law of the exponent σv² σw² E φ’² / (σv² E φ² + σa²)', () => {
  const block: ResidualBlock = {
    sigmaW2: 1,
    sigmaB2: 0,
    output: { sigmaW2: 1, sigmaB2: 0 },
    norm: 'pre',
  };
  const { gradient } = residualLayers(tanh, block, { depth: 2000 });
  // E tanh'² / E tanh² at q = 1, c: computed twice by independent quadrature.
  const exponent = 0.4644029024 / 0.3942944904;
  const measured = Math.log(gradient[0] / gradient[1000]) - Math.log(gradient[0] / gradient[500]);
  // p₀ moves the sum of A / (p₀ + l B) from L = 500 to 2L by (A/B)(p₀/B) / 2L, and ln(1 + x) by less.
  const shift = (exponent / 0.3942944904 / 1000 + exponent / 1000) / Math.log(2);
  expect(Math.abs(measured / Math.log(2) - exponent)).toBeLessThan(shift);
});

test('post-norm ReLU blocks without biases keep gradients, tanh blocks explode at a fixed rate', () => {
  const block = {
    sigmaW2: 1,
    sigmaB2: 0,
    output: { sigmaW2: 2, sigmaB2: 0 },
    norm: 'post' as const,
  };
  const step = residualStep(relu, block, { p: 1, mean: 0, c: 0.4 });
  expect(step.p).toBe(1);
  expect(step.chi).toBeCloseTo(1, 14);
  // c: computed twice by independent quadrature, as above.
  const chi = (1 + 2 * 0.4644029024) / (1 + 2 * 0.3942944904);
  const { gradient } = residualLayers(tanh, block, { depth: 50 });
  expect(gradient[0] / chi ** 50).toBeCloseTo(1, 7);
});

test('a weighted sum has the correlation map w² c + (1 - w²) C(c)', () => {
  const block = { ...weightedSum(0.6), sigmaW2: 1, sigmaB2: 0, output: { sigmaW2: 2, sigmaB2: 0 } };
  const step = residualStep(relu, block, { p: 1, mean: 0, c: 0.5 });
  expect(step.p).toBeCloseTo(1, 14);
  // ReLU map at ½, c: closed form (√3/2 + ½ · 2π/3) / π.
  expect(step.c).toBeCloseTo(0.36 * 0.5 + 0.64 * 0.608997781044, 11);
});

/** One random network of these blocks: second moments, correlations and gradients of two inputs. */
function simulate(
  run: Key,
  phi: Nonlinearity,
  block: ResidualBlock,
  { n, depth, c }: { n: number; depth: number; c: number },
): { p: number; c: number; mean: number; gradient: number; gradientCorrelation: number } {
  const { output, branchScale = 1, skip = 1 } = block;
  let streams = inputPair(run, n, 1, c);
  const backward: ((g: [Float64Array, Float64Array]) => [Float64Array, Float64Array])[] = [];
  for (let l = 0; l < depth; l++) {
    const w = normals(run, `w${l}`, n * n, block.sigmaW2 / n);
    const b = normals(run, `b${l}`, n, block.sigmaB2);
    const v = output && normals(run, `v${l}`, n * n, output.sigmaW2 / n);
    const a = output && normals(run, `a${l}`, n, output.sigmaB2);
    const h = streams.map((x) => times(w, x).map((value, i) => value + b[i]));
    streams = streams.map((x, s) => {
      const active = h[s].map(phi.f);
      const branch = v && a ? times(v, active).map((value, i) => value + a[i]) : active;
      return x.map((value, i) => skip * value + branchScale * branch[i]);
    }) as typeof streams;
    backward.push(
      (g) =>
        g.map((gradient, s) => {
          const into = v ? timesTransposed(v, gradient) : gradient;
          const delta = into.map((value, i) => value * phi.df(h[s][i]));
          const through = timesTransposed(w, delta);
          return gradient.map((value, i) => skip * value + branchScale * through[i]);
        }) as typeof g,
    );
  }
  const start = normals(run, 'g', n);
  let gradients: [Float64Array, Float64Array] = [start, start];
  for (const step of backward.reverse()) gradients = step(gradients);
  const [x, y] = streams;
  const p = meanProduct(x, x);
  const power = meanProduct(gradients[0], gradients[0]);
  return {
    p,
    c: meanProduct(x, y) / Math.sqrt(p * meanProduct(y, y)),
    mean: x.reduce((sum, value) => sum + value, 0) / n,
    gradient: power / meanProduct(start, start),
    gradientCorrelation:
      meanProduct(gradients[0], gradients[1]) /
      Math.sqrt(power * meanProduct(gradients[1], gradients[1])),
  };
}

const simulated: [string, Nonlinearity, ResidualBlock][] = [
  ['tanh, full form', tanh, { sigmaW2: 1.6, sigmaB2: 0.1, output: { sigmaW2: 1.2, sigmaB2: 0.1 } }],
  ['ReLU, full form', relu, { sigmaW2: 1, sigmaB2: 0, output: { sigmaW2: 1, sigmaB2: 0 } }],
  ['ReLU, reduced form', relu, { sigmaW2: 1, sigmaB2: 0.1, branchScale: 0.7 }],
  ['tanh, weighted', tanh, { sigmaW2: 2, sigmaB2: 0, ...weightedSum(0.8) }],
];

test.each(simulated)('%s: random networks of width 160 have these moments', (name, phi, block) => {
  const [n, depth, draws] = [160, 5, 10];
  const runs = Array.from({ length: draws }, (_, i) =>
    simulate(fold(key(4), `${name}/${i}`), phi, block, { n, depth, c: 0.3 }),
  );
  const predicted = residualLayers(phi, block, { depth, c: 0.3 });
  for (const [quantity, value] of [
    ['p', predicted.p[depth]],
    ['c', predicted.c[depth]],
    ['mean', predicted.mean[depth]],
    ['gradient', predicted.gradient[0]],
    ['gradientCorrelation', predicted.gradientCorrelation[0]],
  ] as const) {
    const { mean, error } = meanAndError(runs.map((run) => run[quantity]));
    // Four standard errors of the mean over networks, and a bias of some depth / n of the value.
    const tolerance = 4 * error + (depth / n) * Math.abs(value);
    expect(Math.abs(mean - value), `${quantity}: ${mean} ± ${error}, ${value}`).toBeLessThan(
      tolerance,
    );
  }
});

test('a signal that dies stays a number: branches and shortcut of weight 0', () => {
  const { p, c } = residualLayers(tanh, { sigmaW2: 0, sigmaB2: 0, skip: 0 }, { depth: 2, c: 0.5 });
  expect([...p, ...c]).toEqual([1, 0, 0, 0.5, 1, 1]);
});

test('what cannot be is refused with the reason', () => {
  const block = { sigmaW2: 2, sigmaB2: 0 };
  expect(() => residualLayers(relu, { sigmaW2: -1, sigmaB2: 0 }, { depth: 3 })).toThrow(
    new RangeError('residualLayers: sigmaW2 must be a variance, finite and not negative, got -1'),
  );
  expect(() => residualLayers(relu, block, { depth: 0 })).toThrow(
    new RangeError('residualLayers: depth must be a whole number from 1 on, got 0'),
  );
  expect(() => residualLayers(relu, block, { depth: 3, c: 1.5 })).toThrow(
    new RangeError('residualLayers: c must be a correlation in [-1, 1], got 1.5'),
  );
  expect(() => residualLayers(relu, { ...block, output: block }, { depth: 10000 })).toThrow(
    new RangeError(
      'residualLayers: second moments must stay finite, but leave float64 within 629 blocks at a factor ' +
        'of 3 a block; scale the branch by 1 / √depth',
    ),
  );
  expect(() => residualLimit(relu, block)).toThrow(
    new RangeError(
      'residualLimit: without an output map φ must be odd, got relu, whose mean adds up to √depth; give ' +
        'the branch an output map',
    ),
  );
  expect(() =>
    residualStep(tanh, { sigmaW2: 0, sigmaB2: 0, skip: 0, norm: 'post' }, { p: 1, mean: 0, c: 1 }),
  ).toThrow(
    new RangeError(
      'residualStep: layer normalisation must see a variance above 0, got 0; give p, the branch or a bias some',
    ),
  );
  expect(() => weightedSum(1.2)).toThrow(
    new RangeError('weightedSum: w must be in [0, 1], got 1.2'),
  );
});
