import { drawsOfPlan } from '../src/advise/index.ts';
import { isFloat, type Tensor } from '../src/tensor/index.ts';
import { buildArchitecture, describeNetwork } from '../src/network/index.ts';
import type { Kernels } from '../src/random/index.ts';
import { crossEntropy, type Trained } from '../src/train/index.ts';
import { openSteps, type Steps, type Weights } from './steps.ts';

/** The classes of MNIST and of CIFAR-10. */
export const CLASSES = 10;

/** A network of equal dense layers. */
export interface Dense {
  readonly inputs: number;
  readonly width: number;
  /** Hidden layers. */
  readonly depth: number;
  readonly activation: string;
}

/** Variances and law of the weights. */
export interface DenseLaw {
  readonly weights: 'gaussian' | 'orthogonal';
  readonly sigmaW2: number;
  readonly sigmaB2: number;
}

/** As `stepzero` takes it. */
export const denseSpec = ({ inputs, width, depth, activation }: Dense): string =>
  `mlp:${inputs}-${width}x${depth}-${CLASSES}:${activation}`;

/** The scheme of the weights, as `stepzero` takes it. */
export const denseScheme = ({ weights, sigmaW2 }: DenseLaw): string =>
  weights === 'orthogonal'
    ? `orthogonal(gain=${Math.sqrt(sigmaW2)})`
    : `variance_scaling(scale=${sigmaW2}, mode=fan_in, distribution=normal)`;

/** The weights of a network by a law and a seed. */
export function denseWeights(dense: Dense, law: DenseLaw, seed: number, kernels: Kernels): Weights {
  const spec = denseSpec(dense);
  const set = law.sigmaB2 > 0 ? [`layers.*.bias=normal(std=${Math.sqrt(law.sigmaB2)})`] : [];
  const options = { model: spec, seed: 0, scheme: denseScheme(law), set };
  const draw = drawsOfPlan(describeNetwork(buildArchitecture(spec)), options, kernels);
  return Object.fromEntries<Tensor>(draw(seed));
}

/** Gradient descent on the cross-entropy of the network, compiled for any weights and rates. */
export function openDense(dense: Dense): Promise<Steps> {
  const graph = buildArchitecture(denseSpec(dense));
  const parameters = [...graph.constants.values()]
    .filter(({ dtype }) => isFloat(dtype))
    .map(({ name, shape }): Trained => ({ name, shape }));
  return openSteps({ graph, parameters, classes: CLASSES, loss: crossEntropy() });
}
