import { expect, test } from 'vitest';
import {
  meanAndError,
  meanProduct,
  normals,
  times,
  timesTransposed,
} from '../../../test/wide-network.ts';
import { activation, type Nonlinearity } from '../../activation/index.ts';
import { gaussianMean, normalCdf } from '../../numeric/index.ts';
import { fold, key, type Key } from '../../random/index.ts';
import { finiteWidth, standardErrorOfMean, toleranceBand, widthFactor } from './finite-width.ts';

const relu = activation('relu');

test('β is 5 for ReLU, 2 for the identity, and E φ⁴ / (E φ²)² - 1 in general', () => {
  expect(widthFactor(relu)).toBe(5);
  expect(widthFactor(activation('linear'))).toBe(2);
  expect(widthFactor(activation('abs'))).toBe(2);
  const leaky = activation('leaky_relu:0.2');
  const moment = (power: number): number =>
    gaussianMean((z) => leaky.f(z) ** power, { breakpoints: [0] });
  expect(widthFactor(leaky)).toBeCloseTo(moment(4) / moment(2) ** 2 - 1, 11);
});

test('the ratio of fourth to squared second moment is ∏ (1 + 5/n)', () => {
  // (1 + 5/50)^10 and (1 + 5/100)^20; simulated before: 2.49 and 2.78.
  const fifty = finiteWidth(relu, { widths: Array.from({ length: 10 }, () => 50) });
  expect(fifty.ratio).toBeCloseTo(1.1 ** 10, 12);
  const hundred = finiteWidth(relu, { widths: Array.from({ length: 20 }, () => 100), linear: 1 });
  expect(hundred.ratio).toBeCloseTo(3 * 1.05 ** 20, 12);
  const wide = finiteWidth(relu, { widths: Array.from({ length: 20 }, () => 1e6) });
  expect(wide.logVariance).toBeCloseTo(1e-4, 9);
});

/** `‖x_L‖²` of a random network over its wide limit, and the same of the gradient of a random output. */
function simulate(run: Key, phi: Nonlinearity, widths: readonly number[], inputs: number) {
  const sigmaW2 = 2 / (phi.f(1) ** 2 + phi.f(-1) ** 2);
  let x = normals(run, 'x', inputs).map(Math.sign);
  const layers: { w: Float64Array; h: Float64Array }[] = [];
  for (const [l, n] of widths.entries()) {
    const w = normals(run, `w${l}`, n * x.length, sigmaW2 / x.length);
    const h = times(w, x);
    layers.push({ w, h });
    x = h.map(phi.f);
  }
  const signal = meanProduct(x, x);
  const last = widths[widths.length - 1];
  let g = normals(run, 'g', last);
  g = g.map((value) => value / Math.sqrt(meanProduct(g, g)));
  for (const { w, h } of layers.reverse())
    g = timesTransposed(
      w,
      g.map((v, i) => v * phi.df(h[i])),
    );
  // Each way back over a layer of n outputs has the factor n / columns.
  return { signal, gradient: (meanProduct(g, g) * inputs) / last };
}

test.each(['relu', 'leaky_relu:0.3'])(
  'random %s networks spread by as much, forward and backward',
  (name) => {
    const phi = activation(name);
    const widths = [24, 40, 30, 24];
    const [draws, inputs] = [1000, 20];
    const runs = Array.from({ length: draws }, (_, i) =>
      simulate(fold(key(5), `${name}/${i}`), phi, widths, inputs),
    );
    const forward = finiteWidth(phi, { widths });
    // The direction of the output gradient is random but its length is not: the last φ' alone is ∏'s last term
    // with a sphere in place of a Gaussian, E = 1 + β/n → (1 + β/n) / (1 + 2/n).
    const backward = finiteWidth(phi, { widths, linear: inputs });
    const sphere = Math.log1p(2 / widths[3]);
    for (const [way, spread, logVariance] of [
      ['signal', forward, forward.logVariance],
      ['gradient', backward, backward.logVariance - sphere],
    ] as const) {
      const values = runs.map((run) => run[way]);
      const { mean, error } = meanAndError(values);
      expect(Math.abs(mean - 1), `${way}: mean ${mean} ± ${error}`).toBeLessThan(4 * error);
      expect(error / standardErrorOfMean(spread, draws)).toBeGreaterThan(0.7);
      // Var ln‖x‖² against the log-normal law of the same ratio: the sample variance of a near normal has a relative
      // standard error √(2/draws), and the laws differ by terms (β/n)² a layer.
      const logs = values.map(Math.log);
      const measured = meanAndError(logs).error ** 2 * draws;
      const next = widths.reduce((sum, n) => sum + 3 * (5 / n) ** 2, 0);
      const tolerance = 4 * Math.sqrt(2 / draws) * logVariance + next;
      expect(Math.abs(measured - logVariance), `${way}: ${measured}, ${logVariance}`).toBeLessThan(
        tolerance,
      );
    }
    // The band of two deviations holds the share that a normal law says, within four binomial errors and a skew.
    const { low, high } = toleranceBand(forward, 2);
    const share = runs.filter(({ signal }) => signal > low && signal < high).length / draws;
    const expected = 2 * normalCdf(2) - 1;
    expect(Math.abs(share - expected)).toBeLessThan(
      0.01 + 4 * Math.sqrt((expected * (1 - expected)) / draws),
    );
  },
);

test('what has no such law is refused', () => {
  expect(() => finiteWidth(activation('tanh'), { widths: [100] })).toThrow(
    new RangeError(
      'widthFactor: φ must be homogeneous, φ(cx) = c φ(x) for c > 0, got tanh; its spread depends on q',
    ),
  );
  expect(() => finiteWidth(relu, { widths: [] })).toThrow(
    new RangeError('finiteWidth: widths must name at least 1 hidden layer, got none'),
  );
  expect(() => finiteWidth(relu, { widths: [10, 0] })).toThrow(
    new RangeError('finiteWidth: a width must be a whole number from 1 on, got 0'),
  );
  expect(() => standardErrorOfMean(finiteWidth(relu, { widths: [10] }), 0)).toThrow(
    new RangeError('standardErrorOfMean: draws must be a whole number from 1 on, got 0'),
  );
});
