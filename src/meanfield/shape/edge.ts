import { derivativeSecondMoment, secondMoment, type Nonlinearity } from '../../activation/index.ts';
import { brent } from '../../numeric/index.ts';
import { chi1At, varianceSlope } from '../variance-map.ts';
import { checkVariances, type Variances } from '../variances.ts';
import { jumpsOf } from './kinks.ts';

/** A layer fed by an activation, as it is. */
export interface EdgeLayer extends Variances {
  /** What stands in front of its weights. */
  readonly phi: Nonlinearity;
}

/** What to multiply a layer's weights and biases by, and the variances after that. */
export interface EdgeFactors extends Variances {
  readonly weightFactor: number;
  /** 1 where biases are zero; 0 where no bias but zero is critical. */
  readonly biasFactor: number;
}

/** The nearest point of the edge of chaos. */
export interface EdgeOfChaos {
  readonly layers: readonly EdgeFactors[];
  /** Fixed point of every layer's variance map; `null` where every q is one. */
  readonly qStar: number | null;
  /** `Σ ln²` of all factors that are not 0: what was made least. */
  readonly distance: number;
  /** `V'(q*)`, the largest over the layers. */
  readonly chiQ: number;
  /** Whether second moments near q* stay near it. */
  readonly stable: boolean;
}

/** Whether biases may be scaled too. */
export interface EdgeOptions {
  /** Keeps every `σb²` as it is; false if not given. */
  readonly keepBiases?: boolean;
}

/** Fixed points that are looked at: 20 a decade. */
const GRID: readonly number[] = Array.from({ length: 241 }, (_, i) => 10 ** (i / 20 - 6));

/** A fixed point with a slope of the variance map above 1 by no more than this counts as half-stable. */
const HALF_STABLE = 1e-9;

/**
 * The least change, in `Σ ln²` of the factors on weights and biases, after which every layer has
 * `χ₁ = σw² E φ'(√q* z)² = 1` and the same fixed point `q* = σw² E φ(√q* z)² + σb²`. For each q* there is one
 * such σw² and σb²; a zero bias stays zero. Stable fixed points are preferred.
 *
 * `RangeError` for weights of variance 0, and where no point of the edge has a σb² that is not negative,
 * with the q* where it is nearest to that.
 * Reference: Poole et al. 2016, eq. 3, arXiv:1606.05340; Schoenholz et al. 2017, eq. 5, arXiv:1611.01232
 */
export function edgeOfChaos(
  layers: readonly EdgeLayer[],
  { keepBiases = false }: EdgeOptions = {},
): EdgeOfChaos {
  if (layers.length === 0) {
    throw new RangeError('edgeOfChaos: layers must have one fed by an activation, got none');
  }
  for (const layer of layers) {
    checkVariances('edgeOfChaos', layer);
    const jump = jumpsOf(layer.phi).value;
    if (jump !== null) {
      throw new RangeError(
        `edgeOfChaos: activations must be continuous, got ${layer.phi.name}, which jumps at ${jump}, so ` +
          `that χ₁ is infinite with any weights`,
      );
    }
    if (layer.sigmaW2 === 0) {
      throw new RangeError(
        'edgeOfChaos: sigmaW2 must be positive, got 0; weights that are all zero cannot be scaled',
      );
    }
  }
  const isFixed = ({ sigmaB2 }: EdgeLayer): boolean => keepBiases || sigmaB2 === 0;
  const bent = layers.filter(({ phi }) => !phi.homogeneous);
  if (bent.length === 0) return homogeneousEdge(layers, keepBiases);
  const curves = curvesOf(layers);
  const fixed = bent.find(isFixed);
  const at = (q: number): EdgeOfChaos | null => change(layers, curves(q), q, isFixed);
  const points = fixed === undefined ? [nearestAlong(at)] : heldBy(fixed).map((q) => at(q));
  const found = points.filter((point) => point !== null);
  if (found.length === 0) throw noEdge(layers, curves, isFixed);
  return found.reduce((a, b) => (rank(b) < rank(a) ? b : a));
}

/** The critical point of one layer that holds q, with the slope of its variance map. */
interface Critical extends Variances {
  readonly chiQ: number;
  readonly stable: boolean;
}

/** The critical points of all layers at q, each kind of activation once. */
function curvesOf(layers: readonly EdgeLayer[]): (q: number) => readonly Critical[] {
  const kinds = [...new Set(layers.map(({ phi }) => phi))];
  return (q) => {
    const known = new Map(kinds.map((phi) => [phi, criticalAt(phi, q)]));
    return layers.map(({ phi }) => known.get(phi)!);
  };
}

/** `σw² = 1 / E φ'²`, `σb² = q - σw² E φ²` and `χ_q`. */
function criticalAt(phi: Nonlinearity, q: number): Critical {
  try {
    return q === 0 ? criticalAtZero(phi) : criticalNear(phi, q);
  } catch (error) {
    // Averages of a function that oscillates over many periods cannot be had.
    if (error instanceof RangeError) return NOWHERE;
    throw error;
  }
}

const NOWHERE: Critical = {
  sigmaW2: Number.NaN,
  sigmaB2: Number.NaN,
  chiQ: Number.NaN,
  stable: false,
};

function criticalNear(phi: Nonlinearity, q: number): Critical {
  const sigmaW2 = 1 / derivativeSecondMoment(phi, q);
  const sigmaB2 = phi.homogeneous ? 0 : q - sigmaW2 * secondMoment(phi, q);
  const chiQ = varianceSlope(phi, sigmaW2, q);
  return { sigmaW2, sigmaB2, chiQ, stable: chiQ <= 1 + HALF_STABLE };
}

/** The limit q → 0 where φ(0) = 0: `E φ'²` is the mean of both sides of 0, and `V'` is 1 like χ₁. */
function criticalAtZero(phi: Nonlinearity): Critical {
  const sigmaW2 = 1 / chi1At(phi, 1, 0);
  const near = 1e-3;
  const grown = sigmaW2 * secondMoment(phi, near);
  return { sigmaW2, sigmaB2: 0, chiQ: 1, stable: grown <= near * (1 + 1e-9) };
}

/** The factors that bring all layers to their critical points, `null` where that cannot be. */
function change(
  layers: readonly EdgeLayer[],
  targets: readonly Critical[],
  q: number | null,
  isFixed: (layer: EdgeLayer) => boolean,
): EdgeOfChaos | null {
  const changed: EdgeFactors[] = [];
  let distance = 0;
  let chiQ = 0;
  let stable = true;
  for (const [i, layer] of layers.entries()) {
    const target = targets[i];
    if (!Number.isFinite(target.sigmaW2)) return null;
    const weightFactor = Math.sqrt(target.sigmaW2 / layer.sigmaW2);
    distance += Math.log(weightFactor) ** 2;
    chiQ = Math.max(chiQ, target.chiQ);
    stable &&= target.stable;
    let sigmaB2 = layer.sigmaB2;
    let biasFactor = 1;
    if (!isFixed(layer)) {
      sigmaB2 = target.sigmaB2;
      if (sigmaB2 < 0 || (sigmaB2 === 0 && !layer.phi.homogeneous)) return null;
      biasFactor = Math.sqrt(sigmaB2 / layer.sigmaB2);
      if (biasFactor > 0) distance += Math.log(biasFactor) ** 2;
    } else if (Math.abs(target.sigmaB2 - sigmaB2) > 1e-9 * Math.max(sigmaB2, q ?? 0)) {
      return null;
    }
    changed.push({ weightFactor, biasFactor, sigmaW2: target.sigmaW2, sigmaB2 });
  }
  return { layers: changed, qStar: q, distance, chiQ, stable };
}

/** Homogeneous activations have one critical σw², zero biases, and hold every q. */
function homogeneousEdge(layers: readonly EdgeLayer[], keepBiases: boolean): EdgeOfChaos {
  const biased = layers.find(({ sigmaB2 }) => sigmaB2 > 0);
  if (keepBiases && biased !== undefined) {
    throw new RangeError(
      `edgeOfChaos: sigmaB2 must be 0 for ${biased.phi.name}, whose second moments grow without end at ` +
        `χ₁ = 1 and any other σb², got ${biased.sigmaB2}; let biases be zero`,
    );
  }
  const targets = layers.map(({ phi }) => criticalAt(phi, 1));
  return change(layers, targets, null, ({ sigmaB2 }) => sigmaB2 === 0)!;
}

/** The q* at which a layer is critical with the σb² that it has. */
function heldBy(layer: EdgeLayer): number[] {
  const { phi, sigmaB2 } = layer;
  const rest = (q: number): number => criticalAt(phi, q).sigmaB2 - sigmaB2;
  const found: number[] = [];
  if (sigmaB2 === 0 && phi.f(0) === 0 && Number.isFinite(criticalAt(phi, 0).sigmaW2)) found.push(0);
  let before = { q: GRID[0], left: rest(GRID[0]) };
  for (const q of GRID.slice(1)) {
    const left = rest(q);
    // Below the rounding of q - σw² E φ² a sign says nothing.
    const isReal = Math.abs(left) > 1e-13 * q && Math.abs(before.left) > 1e-13 * before.q;
    if (isReal && before.left * left < 0) found.push(brent(rest, before.q, q));
    before = { q, left };
  }
  return found;
}

/** The nearest point along the edge: the best of the grid, then golden sections between its neighbours. */
function nearestAlong(at: (q: number) => EdgeOfChaos | null): EdgeOfChaos | null {
  const isBetter = (a: EdgeOfChaos | null, b: EdgeOfChaos | null): boolean =>
    a !== null && (b === null || rank(a) < rank(b));
  let best = -1;
  let found: EdgeOfChaos | null = null;
  for (const [i, q] of GRID.entries()) {
    const point = at(q);
    if (isBetter(point, found)) [best, found] = [i, point];
  }
  if (found === null) return null;
  const golden = (Math.sqrt(5) - 1) / 2;
  let low = Math.log(GRID[Math.max(0, best - 1)]);
  let high = Math.log(GRID[Math.min(GRID.length - 1, best + 1)]);
  for (let i = 0; i < 50; i++) {
    const width = golden * (high - low);
    const [a, b] = [at(Math.exp(high - width)), at(Math.exp(low + width))];
    if (isBetter(a, found)) found = a;
    if (isBetter(b, found)) found = b;
    if (isBetter(a, b)) high = low + width;
    else low = high - width;
  }
  return found;
}

/** Unstable fixed points come after all stable ones. */
const rank = ({ distance, stable }: EdgeOfChaos): number => (stable ? distance : distance + 1e6);

function noEdge(
  layers: readonly EdgeLayer[],
  curves: (q: number) => readonly Critical[],
  isFixed: (layer: EdgeLayer) => boolean,
): RangeError {
  let nearest = { q: Number.NaN, short: Infinity, name: '' };
  for (const q of GRID) {
    const worst = curves(q)
      .map(({ sigmaB2 }, i) => {
        const { phi, sigmaB2: now } = layers[i];
        const short = isFixed(layers[i]) ? Math.abs(sigmaB2 - now) : -sigmaB2;
        return { q, short, name: phi.name };
      })
      .reduce((a, b) => (b.short > a.short ? b : a));
    if (worst.short < nearest.short) nearest = worst;
  }
  const { q, short, name } = nearest;
  if (name === '') {
    return new RangeError(
      `edgeOfChaos: E φ'² must be positive and finite for some q from 1e-6 to 1e6, got none such for ` +
        layers.map(({ phi }) => phi.name).join(', '),
    );
  }
  return new RangeError(
    `edgeOfChaos: χ₁ = 1 and q* = σw² E φ² + σb² must have a common solution, got none for ${name} ` +
      `with q* from 1e-6 to 1e6 and the biases allowed; nearest is q* = ${rough(q)}, where σb² is off by ` +
      `${rough(short)}; take the mean of ${name} out of it, or shape it`,
  );
}

const rough = (x: number): string => String(Number(x.toPrecision(3)));
