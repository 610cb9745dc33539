import type { Dialect } from '../dialect.ts';
import { flaxBuild } from './build.ts';
import { jaxFunctions } from './functions.ts';

/** JAX on the CPU, `jax.nn.initializers` on keys of its default generator. */
export const jax: Dialect = {
  name: 'jax',
  promise:
    'equal to the last bit to JAX 0.10 on the CPU (x86-64, float32), key jax.random.key(seed), of which JAX keeps the low 32 bits; orthogonal and delta_orthogonal within 2e-6, where the Gaussian matrix is nearly singular 1e-5; a network has the defaults of Flax linen, the i-th of its n drawn tensors with jax.random.split(key, n)[i].',
  functions: jaxFunctions,
  build: flaxBuild,
};
