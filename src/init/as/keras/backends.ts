import { sizeOf, type Tensor } from '../../../tensor/index.ts';
import { scaleAndShift } from '../define-function.ts';
import { jaxNormal, jaxTruncatedNormal, jaxUniform } from '../jax/random.ts';
import type { JaxKey } from '../jax/threefry.ts';
import { tfKey, type TfKey } from '../tensorflow/philox.ts';
import { tfNormal, tfTruncatedNormal, tfUniform } from '../tensorflow/random.ts';
import { fillTorchNormal } from '../torch/box-muller.ts';
import { bits24, torchGenerator, type TorchGenerator } from '../torch/mersenne.ts';
import type { KerasBackend } from './functions.ts';

const kerasCall = (className: string): string => `keras.initializers.${className}`;

/** `[seed, 0]` as words is the key itself, which is not the key that JAX makes of that seed. */
function rawKey(seed: number): JaxKey {
  if (seed >= 2 ** 32) {
    throw new RangeError(`keras-jax: seed must be an integer in 0…2^32-1, got ${seed}`);
  }
  return [seed, 0];
}

/** Keras 3 on JAX. */
export const kerasOnJax: KerasBackend = {
  name: 'keras-jax',
  call: kerasCall,
  uniform: (seed, shape, low, high) => jaxUniform(rawKey(seed), shape, low, high),
  normal: (seed, shape, mean, std) => scaleAndShift(jaxNormal(rawKey(seed), shape), std, mean),
  truncatedNormal: (seed, shape, mean, std) =>
    scaleAndShift(jaxTruncatedNormal(rawKey(seed), -2, 2, shape), std, mean),
};

function tensorflowBackend(
  names: Pick<KerasBackend, 'name' | 'call'>,
  keyOf: (seed: number) => TfKey,
): KerasBackend {
  return {
    ...names,
    uniform: (seed, shape, low, high) => {
      const from = Math.fround(low);
      return scaleAndShift(tfUniform(keyOf(seed), shape), Math.fround(high) - from, from);
    },
    normal: (seed, shape, mean, std) => scaleAndShift(tfNormal(keyOf(seed), shape), std, mean),
    truncatedNormal: (seed, shape, mean, std) =>
      scaleAndShift(tfTruncatedNormal(keyOf(seed), shape), std, mean),
  };
}

/** What is no class there but a function. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  HeNormal: 'he_normal',
  HeUniform: 'he_uniform',
  LecunNormal: 'lecun_normal',
  LecunUniform: 'lecun_uniform',
};

/** Keras's initializers as TensorFlow 2 has them by itself: stateless ops of the seed `[seed, 0]`. */
export const tensorflow: KerasBackend = tensorflowBackend(
  { name: 'tf', call: (className) => `init_ops_v2.${FUNCTIONS[className] ?? className}` },
  (seed) => tfKey(seed, 0),
);

/** Keras 3 on TensorFlow, which takes seeds modulo 2³¹ - 2. */
export const kerasOnTensorflow: KerasBackend = tensorflowBackend(
  { name: 'keras-tf', call: kerasCall },
  (seed) => tfKey(seed % (2 ** 31 - 2), 0),
);

/** `torch.Generator().manual_seed(seed mod 2³²)` draws one tensor. */
function torchTensor(
  seed: number,
  shape: readonly number[],
  fill: (generator: TorchGenerator, data: Float32Array) => void,
): Tensor<'float32'> {
  const data = new Float32Array(sizeOf(shape));
  fill(torchGenerator(seed), data);
  return { dtype: 'float32', shape, data };
}

/**
 * The first of four normal numbers of each element that is within two deviations, or the first of all
 * where none is.
 */
function torchTruncated(seed: number, shape: readonly number[]): Tensor<'float32'> {
  const { data: four } = kerasOnTorch.normal(seed, [...shape, 4], 0, 1);
  const data = new Float32Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) {
    let at = 4 * i;
    while (at < 4 * i + 4 && !(Math.abs(four[at]) < 2)) at++;
    data[i] = four[at < 4 * i + 4 ? at : 4 * i];
  }
  return { dtype: 'float32', shape, data };
}

/** Keras 3 on PyTorch. */
export const kerasOnTorch: KerasBackend = {
  name: 'keras-torch',
  call: kerasCall,
  uniform: (seed, shape, low, high) => {
    const unit = torchTensor(seed, shape, (generator, data) => {
      for (let i = 0; i < data.length; i++) data[i] = bits24(generator) * 2 ** -24;
    });
    return scaleAndShift(unit, high - low, low);
  },
  normal: (seed, shape, mean, std) =>
    torchTensor(seed, shape, (generator, data) => fillTorchNormal(generator, data, mean, std)),
  truncatedNormal: (seed, shape, mean, std) =>
    scaleAndShift(torchTruncated(seed, shape), std, mean),
};
