import { describe, expect, test } from 'vitest';
import { activation } from '../../activation/index.ts';
import { residualNetwork, subnetFunction } from './map-network.ts';
import { shapeActivation } from './shape.ts';

/** ResNet-101: branches of 3 calls, shortcuts of weight 0.6, a call on the first shortcut of a group. */
const RESNET_101 = subnetFunction(
  residualNetwork({ blocks: [3, 4, 23, 3], calls: 3, shortcutWeight: 0.6, shortcutCalls: 1 }),
);

describe('the parameters of a ResNet-101', () => {
  // Public tests of google-deepmind/dks, zeta 1.2, eta 0.75, tau 0.2; found there to a slope or value
  // over the network of 1e-8, so to about 1e-8 / 0.2 of the local excess: parameters to 3e-8.
  test.each([
    [
      'tanh',
      'dks',
      0.07461073057540868,
      0.5566915199964182,
      -0.5034378768692127,
      18.002635964442558,
    ],
    [
      'softplus',
      'dks',
      0.18761008168267976,
      0.40688063442262007,
      -0.9213466151411376,
      8.878672543665223,
    ],
    [
      'gelu_tanh',
      'dks',
      0.07036271496383567,
      0.2586837248593587,
      -0.15758328114374964,
      20.249573305194307,
    ],
    [
      'gelu',
      'dks',
      0.07043253126531114,
      0.259489297927707,
      -0.15815378961903598,
      20.21158902315857,
    ],
    [
      'softplus',
      'tat',
      0.15011489794748328,
      0.5374599901127068,
      -0.996481014465811,
      10.54880187880574,
    ],
    ['tanh', 'tat', 0.0580205218578313, 0.5218639804099805, -0.4796430704354356, 22.36066261763117],
  ] as const)('%s by %s are those of the authors', (name, method, alpha, beta, delta, gamma) => {
    const found = shapeActivation(activation(name), {
      method,
      network: RESNET_101,
      zeta: 1.2,
      tau: 0.2,
    });
    expect(Math.abs(found.inputScale / alpha - 1)).toBeLessThan(3e-8);
    expect(Math.abs(found.inputShift / beta - 1)).toBeLessThan(3e-8);
    expect(Math.abs(found.outputShift / delta - 1)).toBeLessThan(3e-8);
    expect(Math.abs(found.outputScale / gamma - 1)).toBeLessThan(3e-8);
    expect(found.negativeSlope).toBe(null);
  });
});
