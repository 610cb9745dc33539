// Theory against simulation: the wide limit predicts what random networks do, within the error that their
// width leaves. Every tolerance is some standard deviations of a sampling error that is derived below.
//
// Notation: N width, L depth, μ_k = E φ'(√q z)^{2k}, χ_q = V'(q). At most DEVIATIONS standard deviations are
// accepted, which by chance alone one comparison in 150 000 exceeds.

import { afterAll, expect, test } from 'vitest';
import { activation, type Activation } from '../src/activation/index.ts';
import { builder, encodeModel, modelOf } from '../src/graph/index.ts';
import { chi1At, jacobianSpectrum, varianceMap, type WeightLaw } from '../src/meanfield/index.ts';
import { jacobianCurve } from '../src/meanfield/spectrum/jacobian-curve.ts';
import { slopeLaw } from '../src/meanfield/spectrum/slope-law.ts';
import { brent, gaussianMean, singularValues } from '../src/numeric/index.ts';
import { fold, key, plainKernels, wasmKernels } from '../src/random/index.ts';
import { openSession, type Session } from '../src/runtime/index.ts';
import { toFloat64 } from '../src/tensor/index.ts';

const WIDTH = 400;
const DEPTHS = [8, 32] as const;
const DEVIATIONS = 4.5;

const kernels = wasmKernels() ?? plainKernels;

/** A B for square matrices of WIDTH, in float64 on one thread. */
async function openProduct(): Promise<Session> {
  const b = builder('product');
  const shape = [WIDTH, WIDTH];
  const product = b.node('product', 'MatMul', [
    b.input('a', 'float64', shape),
    b.input('b', 'float64', shape),
  ]);
  b.output('c', product, 'float64', shape);
  return openSession(encodeModel(modelOf(b.build()), new Map()), { threads: 1 });
}

const product = await openProduct();
afterAll(() => product.close());

async function multiply(a: Float64Array, b: Float64Array): Promise<Float64Array> {
  const shape = [WIDTH, WIDTH];
  const { c } = await product.run({
    a: { dtype: 'float64', shape, data: a },
    b: { dtype: 'float64', shape, data: b },
  });
  return toFloat64(c);
}

interface Network {
  readonly phi: Activation;
  readonly weights: WeightLaw;
  readonly q: number;
  readonly sigmaW2: number;
  readonly sigmaB2: number;
}

/** What one random network does, at each depth of DEPTHS. */
interface Measured {
  readonly q: number;
  /** Ascending. */
  readonly s: Float64Array;
}

/**
 * Layers h = W x + b, x = φ(h), from an input whose norm gives h the second moment q, and J = D_L W_L … D_1 W_1,
 * which begins at the input and includes the last D.
 */
async function simulate(network: Network): Promise<Map<number, Measured>> {
  const { phi, weights, q, sigmaW2, sigmaB2 } = network;
  const root = fold(key(7), `${phi.name}/${weights}`);
  const draw = (name: string, size: number, std: number): Float64Array => {
    const values = new Float64Array(size);
    kernels.normal(fold(root, name), values, 0, std);
    return values;
  };
  let x = draw('input', WIDTH, 1);
  const size2 = x.reduce((sum, value) => sum + value * value, 0) / WIDTH;
  const scale = Math.sqrt((q - sigmaB2) / sigmaW2 / size2);
  x = x.map((value) => scale * value);
  let J: Float64Array | null = null;
  const measured = new Map<number, Measured>();
  for (let layer = 1; layer <= Math.max(...DEPTHS); layer++) {
    const W =
      weights === 'gaussian'
        ? draw(`weight/${layer}`, WIDTH * WIDTH, Math.sqrt(sigmaW2 / WIDTH))
        : Float64Array.from(
            kernels.haar(fold(root, `weight/${layer}`), WIDTH, WIDTH, 'float64'),
            (value) => Math.sqrt(sigmaW2) * value,
          );
    const h = draw(`bias/${layer}`, WIDTH, Math.sqrt(sigmaB2));
    for (let i = 0; i < WIDTH; i++) {
      for (let j = 0; j < WIDTH; j++) h[i] += W[i * WIDTH + j] * x[j];
      const slope = phi.df(h[i]);
      for (let j = 0; j < WIDTH; j++) W[i * WIDTH + j] *= slope;
    }
    J = J === null ? W : await multiply(W, J);
    x = h.map(phi.f);
    if (DEPTHS.some((depth) => depth === layer)) {
      const moment = h.reduce((sum, value) => sum + value * value, 0) / WIDTH;
      measured.set(layer, { q: moment, s: singularValues(J, WIDTH, WIDTH) });
    }
  }
  return measured;
}

/**
 * Variances of `ln q` of the last layer and of `Σ_l ln q_l`.
 *
 * Given layer l - 1, a pre-activation has the variance `p_l = σw² ⟨φ(h)²⟩ + σb²`, the mean over N units: with
 * `h ~ N(0, p_{l-1})` its error is `δp_l = χ_q δp_{l-1} + σw² √(Var φ²/N) ξ`, where ReLU has the `5/N` per layer of Hanin's
 * log-normal law. The measured `q_l = p_l (1 + √(2/N) ξ')`. Orthogonal weights keep the norm, so that part of both
 * is missing: there these are bounds.
 */
function errorsOfQ(
  { phi, q, sigmaW2, sigmaB2 }: Network,
  depth: number,
): [last: number, sum: number] {
  const V = (at: number): number => varianceMap(phi, { sigmaW2, sigmaB2 }, at);
  const step = 1e-4 * q;
  const chiQ = (V(q + step) - V(q - step)) / (2 * step);
  const breakpoints = phi.breakpoints.map((at) => at / Math.sqrt(q));
  const moment = (k: number): number =>
    gaussianMean((z) => phi.f(Math.sqrt(q) * z) ** k, { breakpoints });
  const noise = (sigmaW2 ** 2 * (moment(4) - moment(2) ** 2)) / WIDTH / q ** 2;
  // The noise of layer l reaches the layers k ≥ l with χ_q^{k-l}.
  let last = 0;
  let sum = 0;
  let reached = 0;
  for (let back = 0; back < depth - 1; back++) {
    reached += chiQ ** back;
    last += noise * chiQ ** (2 * back);
    sum += noise * reached ** 2;
  }
  return [last + 2 / WIDTH, sum];
}

/** What theory says of one network, and how far a network of WIDTH can be from it. */
function predict(network: Network, depth: number) {
  const { phi, weights, q, sigmaW2 } = network;
  const at = (q: number) => jacobianSpectrum(phi, { weights, depth, sigmaW2, q });
  const spectrum = at(q);
  const law = slopeLaw('test', phi, q);
  const curve = jacobianCurve(law, weights, depth);
  const [qVariance, driftVariance] = errorsOfQ(network, depth);
  // Derivatives with respect to ln q of all layers together, so 1/L of it for each.
  const step = 0.01;
  const [less, more] = [at(q * Math.exp(-step)), at(q * Math.exp(step))];
  const perLayer = (high: number, low: number): number => (high - low) / (2 * step) / depth;

  // ln m₁: a layer multiplies tr JJᵀ/N by the mean over N rows of `d |w J|²`, relative variance
  // `((μ₂/μ₁²)(1 + 2 m₂/(N m₁²)) - 1)/N` with the second factor from the length of w J for Gaussian w.
  let lnMean = 0;
  for (let l = 0; l < depth; l++) {
    const m2 = 1 + l * (law.spread2 + (weights === 'gaussian' ? 1 : 0));
    lnMean += ((1 + law.spread2) * (1 + (2 * m2) / WIDTH) - 1) / WIDTH;
  }
  const meanDrift = perLayer(Math.log(more.mean), Math.log(less.mean));
  lnMean += meanDrift ** 2 * driftVariance;

  // The largest singular value. `ln λ = Σ_l ln w_l(m) + …` is stationary in m at the edge, so the laws of d of N
  // units, `δM = Σ δμ d/(w - d)`, move it by `-δM/(w M')` for each layer.
  const d = Array.from(law.rule.nodes, (node) => (law.isNarrow ? 1 + node : node));
  const mean = (f: (d: number) => number): number =>
    d.reduce((sum, value, i) => sum + law.rule.weights[i] * f(value), 0);
  const top = curve.bands.at(-1);
  const hasAtom = curve.atoms.some(({ lnLambda }) => lnLambda > -Infinity);
  let edge = { shift: 0, variance: 0 };
  if (top !== undefined && !hasAtom) {
    const w = Math.exp(top.high);
    const slope = mean((d) => (w * d) / (w - d) ** 2);
    const spread = mean((d) => (d / (w - d)) ** 2) - mean((d) => d / (w - d)) ** 2;
    const drift = perLayer(2 * Math.log(more.sMax), 2 * Math.log(less.sMax));
    // The number of eigenvalues within x of the edge in ln λ is `(2/3π) (x/γ)^{3/2}`, which γ ~ N^{-2/3}
    // makes that of Tracy and Widom's law for β = 1: mean -1.2065 γ, standard deviation 1.268 γ
    // (Bornemann 2010, arXiv:0904.1581, table 2).
    const near = curve.at(top.high - 1e-3 * (1 + 1 / depth));
    const x = curve.at(top.high).lnLambda - near.lnLambda;
    const gamma = x / (1.5 * Math.PI * WIDTH * near.above) ** (2 / 3);
    edge = {
      shift: -1.2065 * gamma,
      variance:
        (depth * spread) / slope ** 2 / WIDTH + drift ** 2 * driftVariance + (1.268 * gamma) ** 2,
    };
  }

  // Mass below a decile: the logarithmic potential of the spectrum is stationary in the w_l, so `π δ(mass)` is the sum over
  // layers of the error of `E arg(w - d)`, whose variance over N units is `Var arg(w - d)/N`.
  const deciles = spectrum.deciles.map((s, i) => {
    const cdf = (of: typeof spectrum): number => massBelow(of, s);
    const drift = perLayer(cdf(more), cdf(less));
    const p = (i + 1) / 10;
    const band = curve.bands.find(({ high }) => 1 - curve.at(high).above >= p - 1e-9);
    if (band === undefined || s === 0) return { s, p, variance: 0 };
    const excess = (t: number): number => 1 - curve.at(t).above - p;
    const low = Math.max(band.low, band.high - 100);
    const t = excess(low) < 0 && excess(band.high) > 0 ? brent(excess, low, band.high) : low;
    return { s, p, variance: curve.massVariance(t) / WIDTH + drift ** 2 * driftVariance };
  });
  return { spectrum, qVariance, lnMean, edge, hasAtom, deciles };
}

/** The fraction of a law at or below s, from its sampled density. */
function massBelow(
  { density, atoms, sMax }: ReturnType<typeof jacobianSpectrum>,
  s: number,
): number {
  if (s >= sMax) return 1;
  const i = density.s.findIndex((at) => at > s);
  if (i === -1) return 1 - atoms.reduce((sum, { s: at, mass }) => sum + (at > s ? mass : 0), 0);
  if (i === 0) return density.cdf[0];
  const share = (s - density.s[i - 1]) / (density.s[i] - density.s[i - 1]);
  return density.cdf[i - 1] + share * (density.cdf[i] - density.cdf[i - 1]);
}

/** All critical, χ₁ = 1, so that `m₁ = 1`; ReLU holds every q, GELU is stable for q > 3.56 only. */
const CASES = [
  { name: 'tanh', q: 0.5 },
  { name: 'relu', q: 1 },
  { name: 'gelu', q: 10 },
  { name: 'hard_tanh', q: 0.25 },
].flatMap(({ name, q }) =>
  (['gaussian', 'orthogonal'] as const).map((weights) => ({ name, q, weights })),
);

test.for(CASES)(
  'a random network of $name with $weights weights has the moments and the spectrum of the theory',
  { timeout: 120_000 },
  async ({ name, q, weights }) => {
    const phi = activation(name);
    const sigmaW2 = 1 / chi1At(phi, 1, q);
    const sigmaB2 = q - varianceMap(phi, { sigmaW2, sigmaB2: 0 }, q);
    const network = { phi, weights, q, sigmaW2, sigmaB2: Math.max(sigmaB2, 0) };
    const measured = await simulate(network);
    const lines: string[] = [];
    const close = (what: string, got: number, want: number, sigma: number, slack = 0): void => {
      const distance = Math.max(Math.abs(got - want) - slack, 0) / sigma;
      lines.push(
        `${what.padEnd(26)} theory ${want.toFixed(4).padStart(9)}  simulation ` +
          `${got.toFixed(4).padStart(9)}  ${distance.toFixed(1)} standard deviations`,
      );
      expect.soft(distance, `${name}, ${weights}, ${what}`).toBeLessThan(DEVIATIONS);
    };
    for (const depth of DEPTHS) {
      const found = measured.get(depth)!;
      const { spectrum, qVariance, lnMean, edge, hasAtom, deciles } = predict(network, depth);
      const at = `L = ${depth}:`;
      close(`${at} ln q/q*`, Math.log(found.q / q), 0, Math.sqrt(qVariance));
      const mean = found.s.reduce((sum, s) => sum + s * s, 0) / WIDTH;
      close(`${at} ln χ^L`, Math.log(mean), Math.log(spectrum.mean), Math.sqrt(lnMean));
      const sMax = found.s[WIDTH - 1];
      if (hasAtom) {
        // All layers keep what the atom is made of exactly.
        expect.soft(Math.abs(sMax / spectrum.sMax - 1)).toBeLessThan(WIDTH * depth * 2 ** -52);
        lines.push(`${at} s_max, an atom: theory ${spectrum.sMax}, simulation ${sMax}`);
      } else {
        const want = 2 * Math.log(spectrum.sMax) + edge.shift;
        close(`${at} ln s_max²`, 2 * Math.log(sMax), want, Math.sqrt(edge.variance));
      }
      for (const { s, p, variance } of deciles) {
        // What is lost in float64 below the largest singular value cannot be told from 0.
        if (s < 1e-12 * sMax) continue;
        const atom = spectrum.atoms.find((other) => Math.abs(other.s / s - 1) < 1e-9);
        if (atom !== undefined) {
          const share = found.s.filter((other) => Math.abs(other / s - 1) < 1e-9).length / WIDTH;
          // Each layer takes 1 - p of the units away, a binomial number of them.
          const gone = 1 - atom.mass;
          close(
            `${at} mass at ${s.toFixed(4)}`,
            share,
            atom.mass,
            Math.sqrt(gone / WIDTH),
            1 / WIDTH,
          );
          break;
        }
        // The k-th of N values stands for masses from (k-1)/N to k/N.
        const below = found.s.filter((other) => other <= s).length / WIDTH;
        close(`${at} mass below ${s.toPrecision(4)}`, below, p, Math.sqrt(variance), 1 / WIDTH);
      }
    }
    console.log(`${name}, ${weights}, width ${WIDTH}\n${lines.join('\n')}`);
  },
);
