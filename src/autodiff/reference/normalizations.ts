import { numberAttribute, numbersAttribute, type Node } from '../../graph/index.ts';
import { filled, type Numbers } from './array.ts';
import { map, zip } from './elementwise.ts';
import { kernel, type Kernel } from './kernel.ts';
import { mean, reduced } from './reductions.ts';

const variance = (values: Float64Array): number => {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
};

const epsilonOf = (node: Node): number => numberAttribute(node, 'epsilon', 1e-5);

/** A vector over axis 1 of an array of this rank. */
function channelwise(vector: Numbers, rank: number): Numbers {
  return { ...vector, shape: [vector.data.length, ...Array.from({ length: rank - 2 }, () => 1)] };
}

function affine(x: Numbers, scale: Numbers, bias: Numbers | undefined): Numbers {
  const scaled = zip(x, scale, (a, b) => a * b);
  return bias === undefined ? scaled : zip(scaled, bias, (a, b) => a + b);
}

/** `(x - mean) / √(variance + ε)`. */
function standard(x: Numbers, centre: Numbers, spread: Numbers, epsilon: number): Numbers {
  const centred = zip(x, centre, (a, b) => a - b);
  return zip(centred, spread, (a, b) => a / Math.sqrt(b + epsilon));
}

function over(x: Numbers, axes: readonly number[], epsilon: number): Numbers {
  return standard(x, reduced(x, axes, mean), reduced(x, axes, variance), epsilon);
}

const others = (x: Numbers): number[] =>
  x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
const spatial = (x: Numbers): number[] => x.shape.map((_, axis) => axis).slice(2);

const batchNorm = kernel(([x, scale, bias, centre, spread], node) => {
  const rank = x.shape.length;
  const [a, b] = [channelwise(scale, rank), channelwise(bias, rank)];
  if (numberAttribute(node, 'training_mode', 0) === 0) {
    const y = standard(x, channelwise(centre, rank), channelwise(spread, rank), epsilonOf(node));
    return affine(y, a, b);
  }
  const momentum = numberAttribute(node, 'momentum', 0.9);
  const [own, ownSpread] = [reduced(x, others(x), mean), reduced(x, others(x), variance)];
  const running = (before: Numbers, now: Numbers): Numbers =>
    filled(
      before.dtype,
      before.shape,
      (index) => before.data[index] * momentum + now.data[index] * (1 - momentum),
    );
  return [
    affine(standard(x, own, ownSpread, epsilonOf(node)), a, b),
    running(centre, own),
    running(spread, ownSpread),
  ];
});

function lastAxes(x: Numbers, node: Node): number[] {
  const axis = numberAttribute(node, 'axis', -1);
  return x.shape.map((_, at) => at).slice(axis < 0 ? axis + x.shape.length : axis);
}

const layerNorm: Kernel = (node, [x, scale, bias]) => {
  if (x === undefined || scale === undefined) return [];
  const axes = lastAxes(x, node);
  const spread = reduced(x, axes, variance);
  return [
    affine(over(x, axes, epsilonOf(node)), scale, bias),
    reduced(x, axes, mean),
    map(spread, (value) => 1 / Math.sqrt(value + epsilonOf(node))),
  ];
};

const localResponse = kernel(([x], node) => {
  const size = numberAttribute(node, 'size', 1);
  const alpha = numberAttribute(node, 'alpha', 1e-4);
  const beta = numberAttribute(node, 'beta', 0.75);
  const bias = numberAttribute(node, 'bias', 1);
  const [, channels, ...rest] = x.shape;
  const stride = rest.reduce((product, extent) => product * extent, 1);
  return filled(x.dtype, x.shape, (index) => {
    const channel = Math.floor(index / stride) % channels;
    const low = Math.max(0, channel - Math.floor((size - 1) / 2));
    const high = Math.min(channels - 1, channel + Math.ceil((size - 1) / 2));
    let sum = 0;
    for (let other = low; other <= high; other++) {
      sum += x.data[index + (other - channel) * stride] ** 2;
    }
    return x.data[index] / (bias + (alpha / size) * sum) ** beta;
  });
});

/** Normalisations, in float64. */
export const normalizations: Readonly<Record<string, Kernel>> = {
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  InstanceNormalization: kernel(([x, scale, bias], node) => {
    const rank = x.shape.length;
    const y = over(x, spatial(x), epsilonOf(node));
    return affine(y, channelwise(scale, rank), channelwise(bias, rank));
  }),
  GroupNormalization: kernel(([x, scale, bias], node) => {
    const rank = x.shape.length;
    const groups = numberAttribute(node, 'num_groups', 1);
    const shape = [x.shape[0], groups, x.data.length / x.shape[0] / groups];
    const y = { ...over({ ...x, shape }, [2], epsilonOf(node)), shape: x.shape };
    return affine(y, channelwise(scale, rank), channelwise(bias, rank));
  }),
  RMSNormalization: kernel(([x, scale], node) => {
    const square = reduced(x, lastAxes(x, node), (values) =>
      mean(values.map((value) => value ** 2)),
    );
    return affine(
      zip(x, square, (a, b) => a / Math.sqrt(b + epsilonOf(node))),
      scale,
      undefined,
    );
  }),
  LRN: localResponse,
  MeanVarianceNormalization: kernel(([x], node) => {
    const axes = numbersAttribute(node, 'axes') ?? [0, 2, 3];
    const centred = zip(x, reduced(x, axes, mean), (a, b) => a - b);
    return zip(centred, reduced(x, axes, variance), (a, b) => a / (Math.sqrt(b) + 1e-9));
  }),
  LpNormalization: kernel(([x], node) => {
    const p = numberAttribute(node, 'p', 2);
    const norm = (values: Float64Array): number =>
      values.reduce((sum, value) => sum + Math.abs(value) ** p, 0) ** (1 / p);
    return zip(x, reduced(x, [numberAttribute(node, 'axis', -1)], norm), (a, b) => a / b);
  }),
};
