import { activation } from '../src/activation/index.ts';
import { drawsOfPlan } from '../src/advise/index.ts';
import { modelOf } from '../src/graph/index.ts';
import {
  chainErrors,
  chainSpectrum,
  varianceMap,
  type ChainLayer,
  type JacobianSpectrum,
  type WeightLaw,
} from '../src/meanfield/index.ts';
import { measureJacobian, type JacobianMeasurement } from '../src/measure/index.ts';
import { buildArchitecture, describeNetwork } from '../src/network/index.ts';
import { fillNormal, fold, key, type Kernels } from '../src/random/index.ts';
import type { Line } from './verdict.ts';

/** A network of square layers, `J = D_L W_L … D_1 W_1` from its input to its last activations. */
export interface Chain {
  readonly activation: string;
  readonly weights: WeightLaw;
  readonly width: number;
  readonly depth: number;
  readonly sigmaW2: number;
  readonly sigmaB2: number;
  /** Second moment of the first pre-activations, which the norm of the input gives. */
  readonly q: number;
}

/** As `stepzero measure` takes it. */
export const specOf = ({ activation: name, width, depth }: Chain): string =>
  name === 'linear'
    ? `linear:${width}-${width}x${depth}-1`
    : `mlp:${width}-${width}x${depth}-1:${name}`;

/** The scheme of the weights. */
export const schemeOf = ({ weights, sigmaW2 }: Chain): string =>
  weights === 'orthogonal'
    ? `orthogonal(gain=${Math.sqrt(sigmaW2)})`
    : `variance_scaling(scale=${sigmaW2}, mode=fan_in, distribution=normal)`;

/** The layers with the q that the wide limit gives them one after the other. */
export function layersOf({
  activation: name,
  weights,
  depth,
  sigmaW2,
  sigmaB2,
  q,
}: Chain): readonly ChainLayer[] {
  const phi = activation(name);
  const layers: ChainLayer[] = [];
  for (let at = q; layers.length < depth; at = varianceMap(phi, { sigmaW2, sigmaB2 }, at)) {
    layers.push({ phi, weights, sigmaW2, q: at });
  }
  return layers;
}

/** Weights by seed, the last ones remembered: 100 matrices of 1000 × 1000 take a while. */
export function drawsOf(
  chain: Chain,
  kernels: Kernels,
): (seed: number) => ReturnType<ReturnType<typeof drawsOfPlan>> {
  const network = describeNetwork(buildArchitecture(specOf(chain)));
  const set = chain.sigmaB2 > 0 ? [`layers.*.bias=normal(std=${Math.sqrt(chain.sigmaB2)})`] : [];
  const draw = drawsOfPlan(
    network,
    { model: specOf(chain), seed: 0, scheme: schemeOf(chain), set },
    kernels,
  );
  let last: { readonly seed: number; readonly values: ReturnType<typeof draw> } | null = null;
  return (seed) => {
    if (last?.seed !== seed) last = { seed, values: draw(seed) };
    return last.values;
  };
}

/** The exact Jacobians of so many random networks at one Gaussian input of the norm that q takes. */
export async function measureChain(
  chain: Chain,
  seeds: readonly number[],
  draw: ReturnType<typeof drawsOf>,
): Promise<JacobianMeasurement> {
  const { width, sigmaW2, sigmaB2, q, depth } = chain;
  const x = new Float64Array(width);
  fillNormal(fold(key(0), 'input'), x, 0, 1);
  const size2 = x.reduce((sum, value) => sum + value * value, 0) / width;
  const scale = Math.sqrt((q - sigmaB2) / sigmaW2 / size2);
  const data = Float32Array.from(x, (value) => scale * value);
  const graph = buildArchitecture(specOf(chain));
  const last = chain.activation === 'linear' ? 'layers' : 'activations';
  return measureJacobian(
    modelOf(graph),
    { seeds, draw },
    { input: { dtype: 'float32', shape: [1, width], data } },
    { from: 'input', to: `${last}.${depth - 1}_output` },
  );
}

/** A chain, its law, what was measured, and the numbers of both. */
export interface ComparedChain {
  readonly chain: Chain;
  readonly law: JacobianSpectrum;
  readonly measured: JacobianMeasurement;
  readonly lines: readonly Line[];
}

/** Singular values below this part of the largest are rounding of float32, added up over layers. */
const ROUNDING = 1e-5;
/** A singular value that theory says all of a share have, in float32. */
const ATOM_ERROR = 1e-4;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean, variance, largest singular value and deciles, theory and measurement. */
export function compareChain(chain: Chain, measured: JacobianMeasurement): ComparedChain {
  const layers = layersOf(chain);
  const law = chainSpectrum(layers, 300);
  const values = measured.singularValues ?? [];
  const isPoint = law.variance === 0;
  const places = law.deciles.map((s, i) => ({ s, p: (i + 1) / 10 }));
  const isJudged = (s: number): boolean =>
    s > ROUNDING * law.sMax && law.atoms.every((atom) => Math.abs(atom.s - s) > 1e-9 * s);
  const inside = isPoint ? [] : places.filter(({ s }) => isJudged(s));
  const errors = isPoint
    ? null
    : chainErrors(
        layers,
        chain.width,
        inside.map(({ s }) => s),
      );
  const root = Math.sqrt(measured.draws.mean.length);
  const apart = (theory: number, found: readonly number[], error: number, shift: number): number =>
    (mean(found.map((value) => Math.log(value / theory))) - shift) / (error / root);
  const rounded = (theory: number, found: number): number => Math.log(found / theory) / ATOM_ERROR;
  const lines: Line[] = [
    {
      name: 'mean of s²',
      theory: law.mean,
      measured: measured.mean,
      errors:
        errors === null
          ? rounded(law.mean, measured.mean)
          : apart(law.mean, measured.draws.mean, errors.lnMean, -0.5 * errors.lnMean ** 2),
    },
    {
      name: 'variance of s²',
      theory: law.variance,
      measured: measured.variance,
      errors:
        errors?.lnVariance == null
          ? null
          : apart(law.variance, [measured.variance], errors.lnVariance, 0),
    },
    {
      name: 's_max',
      theory: law.sMax,
      measured: mean(measured.draws.sMax),
      errors:
        errors?.lnSMax == null
          ? rounded(law.sMax, mean(measured.draws.sMax))
          : apart(law.sMax, measured.draws.sMax, errors.lnSMax.error, errors.lnSMax.shift),
    },
    ...places.map(({ s, p }, i): Line => {
      const at = inside.findIndex((place) => place.s === s);
      const below = values.filter((value) => value <= s).length / values.length;
      return {
        name: `${10 * (i + 1)} %`,
        theory: s,
        measured: measured.deciles[i + 1],
        errors: errors === null || at < 0 ? null : (p - below) / (errors.cdf[at] / root),
      };
    }),
  ];
  return { chain, law, measured, lines };
}
