import type { Dialect } from '../dialect.ts';
import { tfjsBuild } from './build.ts';
import { tfjsFunctions } from './functions.ts';

/** TensorFlow.js. */
export const tfjs: Dialect = {
  name: 'tfjs',
  promise:
    'equal to the last bit to TF.js 4.22, quirks included: truncation is not made up for, distribution truncatedNormal is uniform, std, low or high of 0 count as left out, vectors have fan √n, and seed 0 has no normal numbers, as TF.js takes a random seed for it; orthogonal within 2e-6, where the Gaussian matrix is nearly singular 1e-5; a network has the defaults of its layers, the i-th drawn tensor with seed + i.',
  functions: tfjsFunctions,
  build: tfjsBuild,
};
