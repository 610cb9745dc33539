import {
  brent,
  gaussLegendre,
  gaussianRule,
  sigmoid,
  solveLinear,
  type Quadrature,
} from '../../numeric/index.ts';

/**
 * What decides the law of the cell state `c' = f c + i g`: independent `f = σ(m_f + √q_f z)`, `i = σ(m_i + √q_i z)` and
 * `g = tanh(√q_g z)`.
 */
export interface CellInputs {
  readonly meanF: number;
  readonly qF: number;
  readonly meanI: number;
  readonly qI: number;
  readonly qG: number;
}

/** Averages over the stationary law of the cell state. */
export interface CellLaw {
  /** `E c²`. */
  readonly second: number;
  /** `E tanh² c`. */
  readonly squash: number;
  /**
   * Growth per step of the squared distance of two nearly equal states, given the variances per unit of squared
   * distance of `h` that the pre-activations get, and the part of `h` that needs no cell.
   */
  readonly growth: (weights: CellWeights) => number;
}

/** Recurrent weight variances of the gates, moments of the output gate. */
export interface CellWeights {
  readonly f: number;
  readonly i: number;
  readonly g: number;
  /** `E o²`. */
  readonly output2: number;
  /** `σ_o² E o'²`. */
  readonly output: number;
}

/** `π s / sinh(π s / 2)`, the transform of `sech²`, is below 1e-17 from here on. */
const REACH = 28;

const GRID = gaussLegendre(64);

/** Weights of barycentric interpolation at Gauss–Legendre nodes. */
const BARYCENTRIC = GRID.nodes.map(
  (x, j) => (j % 2 === 0 ? 1 : -1) * Math.sqrt((1 - x) * (1 + x) * GRID.weights[j]),
);

/**
 * The stationary law of an LSTM's cell state, which is not Gaussian, by its characteristic function
 * `Φ(s) = E cos(s c) = 1 - s² d(s)`: from `c' = f c + i g`,
 * `d(s) = (1 - ψ(s)) / s² + ψ(s) E f² d(f s)`, `ψ(s) = E cos(s i g)`, a linear system on a grid of s. Averages of smooth
 * functions follow by Parseval, `E sech² c = (1/π) ∫ Φ(s) π s / sinh(π s / 2) ds` over s > 0; `sech⁴` has the further factor
 * `(4 + s²) / 6`. The law is symmetric, as `g` is.
 */
export function cellLaw(inputs: CellInputs): CellLaw {
  const { meanF, qF } = inputs;
  const gate = bendRule(qF, meanF);
  const values = gate.nodes.map((z) => sigmoid(meanF + Math.sqrt(qF) * z));
  const f2 = mean(gate, values, (x) => x * x);
  const driven = drive(inputs);
  const second = driven.second / (1 - f2);

  // s = a sinh y resolves the width 1/√(E c²) of Φ as well as its tail.
  const a = Math.min(1, 1 / Math.sqrt(Math.max(second, Number.MIN_VALUE)));
  const top = Math.asinh(REACH / a);
  const y = GRID.nodes.map((x) => 0.5 * top * (x + 1));
  const s = y.map((value) => a * Math.sinh(value));
  const measure = y.map(
    (value, j) => (0.5 * top * GRID.weights[j] * a * Math.cosh(value)) / Math.PI,
  );
  const squash = s.map(
    (value, j) => (measure[j] * Math.PI * value) / Math.sinh(0.5 * Math.PI * value),
  );

  /** `E weight(f) u(f s)` as a matrix on the values of u on the grid. */
  const average = (weight: (f: number) => number): Float64Array => {
    const n = s.length;
    const matrix = new Float64Array(n * n);
    const row = new Float64Array(n);
    for (let at = 0; at < n; at++) {
      for (let k = 0; k < values.length; k++) {
        interpolationRow(Math.asinh((values[k] * s[at]) / a) * (2 / top) - 1, row);
        const share = gate.weights[k] * weight(values[k]);
        for (let j = 0; j < n; j++) matrix[at * n + j] += share * row[j];
      }
    }
    return matrix;
  };

  const step = average((x) => x * x);
  const psi = s.map((value) => 1 - value * value * driven.lack(value));
  const d = solveLinear(oneMinus(psi, step), s.map(driven.lack));
  const lackOf = (weights: Float64Array): number =>
    weights.reduce((sum, weight, j) => sum + weight * s[j] * s[j] * d[j], 0);

  const growth = (weights: CellWeights): number => {
    const phi = s.map((value, j) => 1 - value * value * d[j]);
    const [plain, once] = [average(() => 1), average((x) => x)];
    const phiStep = times(plain, phi);
    const moments = Array.from(s, (value) => driven.moments(value, weights));
    // S = E c sin(s c), M = E c² cos(s c).
    const first = solveLinear(
      oneMinus(psi, once),
      phiStep.map((value, j) => value * moments[j].sine),
    );
    const onceFirst = times(once, first);
    const bend = solveLinear(
      oneMinus(psi, step),
      phiStep.map((value, j) => value * moments[j].second - 2 * moments[j].sine * onceFirst[j]),
    );
    // f'² = f² (1 - f)², of the same f.
    const moved = times(
      average((x) => x * x * (1 - x) * (1 - x)),
      bend,
    );
    const source = s.map(
      (_, j) => weights.f * moved[j] * psi[j] + phiStep[j] * moments[j].weighted,
    );
    const fourth = squash.map((value, j) => (value * (4 + s[j] * s[j])) / 6);
    const direct = weights.output * lackOf(squash);
    // G = E δc² cos(s c) obeys λ G = ψ E f² G(f s) + source E δh², and E δh² follows from G.
    const excess = (lambda: number): number => {
      const g = solveLinear(oneMinus(psi, step, lambda), source);
      const through = g.reduce((sum, value, j) => sum + fourth[j] * value, 0);
      return weights.output2 * lambda * through + direct - lambda;
    };
    return leadingRoot(excess, f2);
  };
  return { second, squash: lackOf(squash), growth };
}

/** The root above `low`, where `excess` falls from `∞`, or `low` itself where it is not above 0 beside it. */
function leadingRoot(excess: (x: number) => number, low: number): number {
  let below = low * (1 + 1e-9);
  if (!(excess(below) > 0)) return low;
  for (let width = 0.05; ; width *= 2) {
    const above = low + width;
    if (excess(above) <= 0) return brent(excess, below, above);
    below = above;
  }
}

/** Averages over `i g`. */
interface Drive {
  /** `E i² g²`. */
  readonly second: number;
  /** `(1 - ψ(s)) / s²`, also at s = 0. */
  readonly lack: (s: number) => number;
  /** `E i g sin(s i g)`, `E (i g)² cos(s i g)` and `E (σ_i² i'² g² + σ_g² i² g'²) cos(s i g)`. */
  readonly moments: (
    s: number,
    weights: CellWeights,
  ) => { readonly sine: number; readonly second: number; readonly weighted: number };
}

function drive({ meanI, qI, qG }: CellInputs): Drive {
  const inRule = bendRule(qI, meanI);
  const newRule = bendRule(qG, 0);
  const gates = inRule.nodes.map((z) => sigmoid(meanI + Math.sqrt(qI) * z));
  const news = newRule.nodes.map((z) => Math.tanh(Math.sqrt(qG) * z));
  // g is symmetric: half the nodes do.
  const half = news.length / 2;
  const each = (visit: (weight: number, gate: number, value: number) => void): void => {
    for (const [k, gate] of gates.entries()) {
      for (let j = half; j < news.length; j++) {
        visit(2 * inRule.weights[k] * newRule.weights[j], gate, news[j]);
      }
    }
  };
  const i2 = mean(inRule, gates, (x) => x * x);
  const g2 = mean(newRule, news, (x) => x * x);
  const lack = (s: number): number => {
    let sum = 0;
    each((weight, gate, value) => {
      const x = 0.5 * gate * value;
      const sinc = Math.abs(s * x) < 1e-8 ? x : Math.sin(s * x) / s;
      sum += weight * 2 * sinc * sinc;
    });
    return sum;
  };
  const moments: Drive['moments'] = (s, weights) => {
    let [sine, second, weighted] = [0, 0, 0];
    each((weight, gate, value) => {
      const x = gate * value;
      const cos = Math.cos(s * x);
      sine += weight * x * Math.sin(s * x);
      second += weight * x * x * cos;
      const [di, dg] = [gate * (1 - gate), 1 - value * value];
      weighted +=
        weight * cos * (weights.i * di * di * value * value + weights.g * gate * gate * dg * dg);
    });
    return { sine, second, weighted };
  };
  return { second: i2 * g2, lack, moments };
}

/** A rule for functions of `√q z` that bend around `√q z = -mean`: panels lead up to there, however narrow that is. */
function bendRule(q: number, mean: number): Quadrature {
  const std = Math.sqrt(q);
  const breakpoints: number[] = [];
  // Poles of tanh and of the sigmoid lie π/2 and more beside the bend.
  for (let x = 1.5; x < 10 * std; x *= 1.7) breakpoints.push((x - mean) / std, (-x - mean) / std);
  return gaussianRule(breakpoints, 2.25);
}

function mean(rule: Quadrature, values: Float64Array, g: (x: number) => number): number {
  return values.reduce((sum, value, k) => sum + rule.weights[k] * g(value), 0);
}

/** Weights of the grid's values in the interpolant at `x` in [-1, 1]. */
function interpolationRow(x: number, row: Float64Array): void {
  let total = 0;
  for (let j = 0; j < row.length; j++) {
    const distance = x - GRID.nodes[j];
    if (distance === 0) {
      row.fill(0);
      row[j] = 1;
      return;
    }
    row[j] = BARYCENTRIC[j] / distance;
    total += row[j];
  }
  for (let j = 0; j < row.length; j++) row[j] /= total;
}

/** `scale I - diag(psi) A`. */
function oneMinus(psi: Float64Array, a: Float64Array, scale: number = 1): Float64Array {
  const n = psi.length;
  return a.map((value, at) => {
    const row = Math.floor(at / n);
    return (at % n === row ? scale : 0) - psi[row] * value;
  });
}

function times(a: Float64Array, x: Float64Array): Float64Array {
  const n = x.length;
  return x.map((_, row) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += a[row * n + j] * x[j];
    return sum;
  });
}
