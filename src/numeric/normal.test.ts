import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { gaussLegendre } from './gauss-legendre.ts';
import { normalCdf, normalPdf } from './normal.ts';

/** mpmath with 40 digits; test/golden/special.py. */
const golden: { normal_cdf: [x: number, value: number][] } = JSON.parse(
  readFileSync(new URL('../../test/golden/special.json', import.meta.url), 'utf8'),
);

test('the normal distribution function has a relative error of 1e-15 at most down to -37', () => {
  for (const [z, expected] of golden.normal_cdf) {
    expect(Math.abs(normalCdf(z) - expected), `z = ${z}`).toBeLessThanOrEqual(1e-15 * expected);
  }
});

// mpmath, 40 digits, at arguments whose squares are no float64.
test.each([
  [-12.3, 4.528706956158785e-35],
  [-20.3, 6.429244467698346e-92],
  [-36.7, 3.651529302803418e-295],
])(
  'the distribution function at %f does not suffer from the rounding of its square',
  (z, expected) => {
    expect(Math.abs(normalCdf(z) - expected)).toBeLessThanOrEqual(1e-15 * expected);
  },
);

test('the normal density integrates to the differences of the distribution function', () => {
  const { nodes, weights } = gaussLegendre(20);
  for (let low = -8; low < 8; low += 0.5) {
    let integral = 0;
    for (const [i, node] of nodes.entries()) {
      integral += 0.25 * weights[i] * normalPdf(low + 0.25 + 0.25 * node);
    }
    // Each value of the distribution function is rounded to 1.1e-16, and so is their difference.
    expect(Math.abs(integral - (normalCdf(low + 0.5) - normalCdf(low)))).toBeLessThan(4e-16);
  }
});
