import { secondMomentSlope } from '../variance-map.ts';
import { chainCurve } from './chain-curve.ts';
import { outerEdge } from './chain-edge.ts';
import { groupsOf, isSingle, type ChainLayer, type GroupedLayers } from './chain-spectrum.ts';
import { checkWhole } from './check.ts';
import { layerPoint } from './layer-point.ts';
import { panelsOf } from './panels.ts';

/** How far one random network of a given width is from the law of its chain: standard deviations. */
export interface ChainErrors {
  /** Of `ln m₁`, the logarithm of the mean of the squared singular values. */
  readonly lnMean: number;
  /** Of `ln σ²`, the logarithm of the variance of the squares; `null` where there is none. */
  readonly lnVariance: number | null;
  /** Of `ln s_max`, and by how much it lies below the edge on average; `null` where an atom is at the edge. */
  readonly lnSMax: { readonly error: number; readonly shift: number } | null;
  /** Of the fraction of singular values below each s that was asked for. */
  readonly cdf: readonly number[];
}

/** What a unit of slope `d = φ'(√q z)²` adds to a quantity, the state of its layer held fixed. */
type Influence = (layer: number, d: number) => number;

/** Mean and standard deviation of the law of Tracy and Widom for β = 1; Bornemann 2010, arXiv:0904.1581, table 10. */
const TRACY_WIDOM = { mean: -1.206533574582, deviation: Math.sqrt(1.607781034581) } as const;

/**
 * How far the singular values of one random network of width N are from the law of its chain, to first order in
 * `1/√N`. The N units of a layer are a sample of its law of slopes, and their outputs set the q of the next layers,
 * `q' = σw² ⟨φ²⟩ + σb²`. All that is asked for is stationary in the `w_l` of the law, so that a unit adds
 * `I(z) = f(φ'(√q z)²) + c φ(√q z)²`, where c is what a change of the next q does, and the variance is
 * `Σ_l Var I_l / N`. Orthogonal weights keep the norm of what they are applied to: that part along `z²` is left out.
 *
 * `s` are places inside the density. Layers come in their order, input first. Where the same matrices act on several
 * `positions`, as those of a convolution do, every position has units of its own, and all errors but those of the
 * largest singular value are those of the Jacobian of all positions together. `RangeError` as `chainSpectrum`, and for a
 * width or positions that are no whole number.
 */
export function chainErrors(
  layers: readonly ChainLayer[],
  width: number,
  s: readonly number[],
  positions: number = 1,
): ChainErrors {
  checkWhole('chainErrors', 'width', width);
  checkWhole('chainErrors', 'positions', positions);
  const grouped = groupsOf(layers);
  const { groups, groupOf } = grouped;
  // The law of a single layer is that of its slopes, and w is λ.
  const curve = isSingle(groups) ? null : chainCurve(groups);
  const units = layerUnits(layers, grouped);
  const means = groupOf.map((group) => groups[group].law.mean);
  const lnMean = layers.reduce(
    (sum, { sigmaW2 }, l) => sum + Math.log(sigmaW2) + Math.log(means[l]),
    0,
  );
  const variance = (influence: Influence): number =>
    varianceOf(layers, units, influence) / (width * positions);

  const cdf = s.map((at) => {
    const lnLambda = 2 * Math.log(at) - lnMean;
    if (curve === null) {
      const changes = groups.map(({ law }) => law.rule.nodes.length > 1);
      const place = Math.exp(lnLambda);
      return Math.sqrt(variance((l, d) => (changes[groupOf[l]] && d <= place * means[l] ? 1 : 0)));
    }
    const state = curve.stateAt(lnLambda);
    const places = groupOf.map((group, l) => {
      const r = Math.exp(state.t[group]) * means[l];
      return [r * Math.cos(state.theta[group]), r * Math.sin(state.theta[group])] as const;
    });
    const ofUnits = variance((l, d) => Math.atan2(places[l][1], places[l][0] - d) / Math.PI);
    return Math.sqrt(ofUnits + numberVariance(width) / width ** 2);
  });
  const spreads = groupOf.map((group) => groups[group].law.spread2);
  const ofProducts = productVariance(layers, spreads, width);
  const lnMeanError = Math.sqrt(variance((l, d) => d / means[l]) + ofProducts);
  // σ²/m₁² is a sum of μ₂/μ₁² over layers.
  const gaussian = layers.filter(({ weights }) => weights === 'gaussian').length;
  const relative = spreads.reduce((sum, spread) => sum + spread, gaussian);
  const ofVariance = (l: number, d: number): number => {
    const x = d / means[l];
    return 2 * x + (x * x - 2 * (1 + spreads[l]) * x) / relative;
  };
  const lnVariance = relative > 0 ? Math.sqrt(variance(ofVariance) + 4 * ofProducts) : null;
  const edge = curve === null ? null : outerEdge(groups, 1);
  if (curve === null || edge === null)
    return { lnMean: lnMeanError, lnVariance, lnSMax: null, cdf };
  // With δm = Σ δμ d/(w - d) at a given η = m/(1+m), ln w moves by -δm / (m (1+m) κ), κ = d ln η/d ln w.
  const m = Math.exp(edge.lnEta) / -Math.expm1(edge.lnEta);
  const places = groupOf.map((group, l) => {
    const { slope } = layerPoint(groups[group].law, null, edge.t[group], 0);
    return { w: Math.exp(edge.t[group]) * means[l], scale: 1 / (m * (1 + m) * (1 - slope[0])) };
  });
  const ofEdge = positions * variance((l, d) => (places[l].scale * d) / (places[l].w - d));
  // N times the mass within x of the edge in ln λ is (2/3π) (x/γ)^(3/2).
  const x = 1e-4;
  const gamma = x / (1.5 * Math.PI * width * curve.at(edge.lnLambda - x).above) ** (2 / 3);
  return {
    lnMean: lnMeanError,
    lnVariance,
    lnSMax: {
      error: 0.5 * Math.sqrt(ofEdge + (TRACY_WIDOM.deviation * gamma) ** 2),
      shift: 0.5 * TRACY_WIDOM.mean * gamma,
    },
    cdf,
  };
}

/**
 * Variance of the number of eigenvalues below a place in the bulk, that of real symmetric matrices of N rows: what is
 * left where units do not scatter.
 * Reference: Mehta 2004, Random Matrices, eq. 16.1.4, half of that of an interval with two ends
 */
function numberVariance(width: number): number {
  const gamma = 0.5772156649015329;
  return (Math.log(2 * Math.PI * width) + gamma + 1 - Math.PI ** 2 / 8) / Math.PI ** 2;
}

/** The units of a layer as a quadrature rule over z. */
interface LayerUnits {
  readonly z: readonly number[];
  readonly weights: readonly number[];
  readonly d: readonly number[];
  /** `φ(√q z)²` in units of `scale`, and the slope of its mean over q. */
  readonly outputs: readonly number[];
  readonly scale: number;
  readonly slope: number;
  /** Part of the variance of the pre-activations' norm that their weights keep from scattering. */
  readonly kept: number;
}

function layerUnits(
  layers: readonly ChainLayer[],
  { groups, groupOf }: GroupedLayers,
): readonly LayerUnits[] {
  const known = groups.map((_, group) => {
    const { phi, q } = layers[groupOf.indexOf(group)];
    // As the law of slopes: what is homogeneous has one for all q.
    const at = phi.homogeneous ? 1 : q;
    const std = Math.sqrt(Math.max(at, 1e-300));
    const { panels } = panelsOf((z) => phi.df(std * z) ** 2, phi.breakpoints, std);
    const z = panels.flatMap((panel) => panel.z);
    const weights = panels.flatMap((panel) => panel.weights);
    const outputs = z.map((x) => phi.f(std * x) ** 2);
    const moment = outputs.reduce((sum, value, i) => sum + weights[i] * value, 0);
    const d = panels.flatMap((panel) => panel.d);
    return { moment, units: { z, weights, d, outputs, slope: secondMomentSlope(phi, at) } };
  });
  return layers.map(({ phi, q, sigmaW2, weights }, l) => {
    const scale = phi.homogeneous ? q : 1;
    const before = l === 0 ? null : layers[l - 1];
    const scaleBefore = before?.phi.homogeneous === true ? before.q : 1;
    // What is not of the weights is of biases.
    const ofWeights =
      before === null || !(q > 0)
        ? 1
        : Math.min(1, (sigmaW2 * scaleBefore * known[groupOf[l - 1]].moment) / q);
    return {
      ...known[groupOf[l]].units,
      scale,
      kept: weights === 'orthogonal' ? ofWeights ** 2 : 0,
    };
  });
}

/** N times the variance of a quantity over random units of all layers. */
function varianceOf(
  layers: readonly ChainLayer[],
  units: readonly LayerUnits[],
  influence: Influence,
): number {
  let variance = 0;
  let next = 0;
  for (let l = layers.length - 1; l >= 0; l--) {
    const { q } = layers[l];
    const { z, weights, d, outputs, scale, slope, kept } = units[l];
    const behind = l + 1 < layers.length ? next * layers[l + 1].sigmaW2 : 0;
    let [mean, square, norm, change] = [0, 0, 0, 0];
    for (let i = 0; i < z.length; i++) {
      const own = influence(l, d[i]);
      const value = own + behind * scale * outputs[i];
      const along = weights[i] * (z[i] * z[i] - 1);
      mean += weights[i] * value;
      square += weights[i] * value * value;
      norm += along * value;
      change += along * own;
    }
    variance += Math.max(0, square - mean * mean - 0.5 * kept * norm * norm);
    // d/dq E g(√q z) = E (z² - 1) g / (2q), jumps of g or not.
    next = (q > 0 ? change / (2 * q) : 0) + behind * slope;
  }
  return variance;
}

/**
 * Variance of `ln m₁` from the rows of the matrices, a second order in 1/N that grows with the variance m₂ of what is
 * before: a row `w J` of Gaussian weights has a squared length of relative variance `2 m₂/N`, m₂ relative to m₁².
 */
function productVariance(
  layers: readonly ChainLayer[],
  spreads: readonly number[],
  width: number,
): number {
  let variance = 0;
  let second = 1;
  for (const [l, { weights }] of layers.entries()) {
    const isGaussian = weights === 'gaussian';
    // All rows of an orthogonal matrix together keep the norm, each by itself does not.
    variance += isGaussian ? (1 + spreads[l]) * 2 * second : spreads[l] * 2 * (second - 1);
    second += spreads[l] + (isGaussian ? 1 : 0);
  }
  return variance / width ** 2;
}
