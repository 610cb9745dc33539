import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { activation } from '../../activation/index.ts';
import { brent } from '../../numeric/index.ts';
import { jacobianCurve, type WeightLaw } from './jacobian-curve.ts';
import { slopeLaw } from './slope-law.ts';

interface Golden {
  readonly activation: string;
  readonly q: number;
  readonly weights: WeightLaw;
  readonly depth: number;
  readonly s: number;
  readonly sRho: number;
}

/** Newton steps for the equation in the complex plane; test/golden/spectra.py. */
const golden: readonly Golden[] = JSON.parse(
  readFileSync(new URL('../../../test/golden/spectra.json', import.meta.url), 'utf8'),
);

test.each(golden)(
  'the density of $activation, $weights, depth $depth at s = $s is that of another method',
  ({ activation: name, q, weights, depth, s, sRho }) => {
    const curve = jacobianCurve(slopeLaw('test', activation(name), q), weights, depth);
    const excess = (t: number): number => curve.at(t).lnLambda - 2 * Math.log(s);
    const band = curve.bands.find(({ high }) => excess(high) > 0)!;
    const t = brent(excess, Math.max(band.low, band.high - 60), band.high);
    // The other method's rule has an error of 1e-6 at the kink of ELU, none to speak of otherwise.
    const tolerance = name === 'elu' ? 1e-5 : 1e-8;
    expect(Math.abs(curve.at(t).density / sRho - 1)).toBeLessThan(tolerance);
  },
);
