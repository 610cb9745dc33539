import type { Nonlinearity } from '../../activation/index.ts';
import { chainCurve } from './chain-curve.ts';
import type { LayerGroup } from './layer-group.ts';
import { checkPoints, positive } from './check.ts';
import type { LawCurve } from './curve.ts';
import { depthOneCurve } from './depth-one.ts';
import type { WeightLaw } from './jacobian-curve.ts';
import { sampleLaw } from './sample.ts';
import { slopeLaw, type SlopeLaw } from './slope-law.ts';
import type { Spectrum } from './spectrum.ts';

/** One layer of a chain: square weights and the activation behind them. */
export interface ChainLayer {
  readonly phi: Nonlinearity;
  readonly weights: WeightLaw;
  /** Gaussian: `Var W = σw² / N`; orthogonal: `Wᵀ W = σw² I`. */
  readonly sigmaW2: number;
  /** Second moment of the pre-activations of this layer; 0 stands for its limit from above. */
  readonly q: number;
}

/**
 * The law of the singular values of `J = D_L W_L … D_1 W_1` where every layer has its own activation, weights and
 * second moment of the pre-activations, so also away from a fixed point of the variance map. Its moments are
 * `m₁ = ∏ σw² μ₁` and `σ² = m₁² Σ (μ₂/μ₁² - 1 - s₁)`, sums over layers; with equal layers it is
 * `jacobianSpectrum`, in its edges too: pre-activations beyond nine standard deviations count as not there.
 *
 * `RangeError` for a chain without layers, variances that are not positive, a slope without second moment, and where
 * the eigenvalues leave the range of float64.
 * Reference: Pennington et al. 2017, eqs. 7-12, arXiv:1711.04735
 */
export function chainSpectrum(layers: readonly ChainLayer[], points: number = 600): Spectrum {
  checkPoints('chainSpectrum', points);
  const { groups } = groupsOf(layers);
  let [lnMean, relative] = [0, 0];
  for (const [i, { sigmaW2 }] of layers.entries()) {
    positive('chainSpectrum', `sigmaW2 of layer ${i + 1}`, sigmaW2);
    lnMean += Math.log(sigmaW2);
  }
  for (const { law, count, gaussian } of groups) {
    lnMean += count * Math.log(law.mean);
    relative += count * law.spread2 + gaussian;
  }
  const isNothing = lnMean === -Infinity;
  const mean = Math.exp(lnMean);
  const variance = mean * mean * relative;
  if (!(isNothing || (mean > 1e-300 && Number.isFinite(variance * variance)))) {
    throw new RangeError(
      `chainSpectrum: the mean of the squared singular values and its fourth power must be float64, got ` +
        `ln m₁ = ${lnMean} for ${layers.length} layers; take variances nearer to criticality`,
    );
  }
  const curve: LawCurve = isNothing
    ? { bands: [], at: zero, atoms: [{ lnLambda: -Infinity, mass: 1 }] }
    : shifted(curveOf(groups), lnMean);
  return sampleLaw(curve, { mean, variance }, points);
}

const zero: LawCurve['at'] = () => ({ lnLambda: -Infinity, density: 0, above: 0 });

/** A chain as groups of equal layers. */
export interface GroupedLayers {
  readonly groups: readonly LayerGroup[];
  /** The group of each layer. */
  readonly groupOf: readonly number[];
}

/** Equal layers together. `RangeError` unless there are layers, and every q is a second moment. */
export function groupsOf(layers: readonly ChainLayer[]): GroupedLayers {
  if (layers.length === 0) {
    throw new RangeError('chainSpectrum: a chain must have at least 1 layer, got none');
  }
  const indices = new Map<Nonlinearity, Map<number, number>>();
  const groups: LayerGroup[] = [];
  const groupOf = layers.map(({ phi, weights, q }, i) => {
    if (!(q >= 0 && Number.isFinite(q))) {
      throw new RangeError(
        `chainSpectrum: q of layer ${i + 1} must be a second moment, finite and not negative, got ${q}`,
      );
    }
    const own = indices.get(phi) ?? new Map<number, number>();
    indices.set(phi, own);
    // Slopes that are constant on both sides of 0 have the same law at every q.
    const at = phi.homogeneous ? 1 : q;
    const index = own.get(at) ?? groups.length;
    own.set(at, index);
    const known = groups[index] ?? {
      law: slopeLaw('chainSpectrum', phi, at),
      count: 0,
      gaussian: 0,
    };
    groups[index] = {
      law: known.law,
      count: known.count + 1,
      gaussian: known.gaussian + (weights === 'gaussian' ? 1 : 0),
    };
    return index;
  });
  return { groups, groupOf };
}

/** The law in units of its mean. */
function curveOf(groups: readonly LayerGroup[]): LawCurve {
  const spread = groups.filter(({ law }) => !isConstant(law));
  return isSingle(groups) && spread.length === 1
    ? depthOneCurve(spread[0].law)
    : chainCurve(groups);
}

/** Whether all weights are orthogonal and no more than one layer changes anything: its law is that of the chain. */
export function isSingle(groups: readonly LayerGroup[]): boolean {
  if (groups.some(({ gaussian }) => gaussian > 0)) return false;
  const spread = groups.filter(({ law }) => !isConstant(law));
  return spread.reduce((sum, { count }) => sum + count, 0) <= 1;
}

const isConstant = ({ rule }: SlopeLaw): boolean => rule.nodes.length === 1;

function shifted(curve: LawCurve, lnMean: number): LawCurve {
  return {
    bands: curve.bands.map(({ lnLeast = -Infinity, ...band }) => ({
      ...band,
      lnLeast: lnLeast + lnMean,
    })),
    at: (t) => {
      const point = curve.at(t);
      return { ...point, lnLambda: point.lnLambda + lnMean };
    },
    atoms: curve.atoms.map(({ lnLambda, mass }) => ({ lnLambda: lnLambda + lnMean, mass })),
  };
}
