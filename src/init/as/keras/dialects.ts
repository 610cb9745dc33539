import type { Dialect } from '../dialect.ts';
import { kerasOnJax, kerasOnTensorflow, kerasOnTorch, tensorflow } from './backends.ts';
import { kerasBuild } from './build.ts';
import { kerasFunctions, type KerasBackend } from './functions.ts';

function dialectOf(backend: KerasBackend, promise: string): Dialect {
  const functions = kerasFunctions(backend);
  return { name: backend.name, promise, functions, build: kerasBuild(backend.name, functions) };
}

const NETWORK =
  'a network is what keras.utils.set_random_seed and layers with their defaults, made in the order of use, give (every linear projection a Dense, no Dropout between)';

/** TensorFlow 2's own initializers, `init_ops_v2`, by stateless random ops. */
export const tf: Dialect = dialectOf(
  tensorflow,
  `equal to the last bit to TensorFlow 2.21 on the CPU (x86-64, GNU C library, float32), stateless seed [seed, 0]; orthogonal within 2e-6, where the Gaussian matrix is nearly singular 1e-5; ${NETWORK}.`,
);

/** Keras 3 on the JAX backend. */
export const kerasJax: Dialect = dialectOf(
  kerasOnJax,
  `equal to the last bit to Keras 3.15 on JAX 0.10 on the CPU (x86-64, float32), seeds below 2^32; orthogonal within 2e-6, where the Gaussian matrix is nearly singular 1e-5; ${NETWORK}.`,
);

/** Keras 3 on the PyTorch backend. */
export const kerasTorch: Dialect = dialectOf(
  kerasOnTorch,
  `equal to the last bit to Keras 3.15 on PyTorch 2.13 on the CPU (x86-64 with AVX2, float32); orthogonal within 2e-6, where the Gaussian matrix is nearly singular 1e-5; ${NETWORK}.`,
);

/** Keras 3 on the TensorFlow backend. */
export const kerasTf: Dialect = dialectOf(
  kerasOnTensorflow,
  `equal to the last bit to Keras 3.15 on TensorFlow 2.21 on the CPU (x86-64, GNU C library, float32); orthogonal within 2e-6, where the Gaussian matrix is nearly singular 1e-5; ${NETWORK}.`,
);
