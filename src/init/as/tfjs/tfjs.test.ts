import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { tfjsFunctions } from './functions.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const { initializers } = tf;
const REAL = {
  uniform: initializers.randomUniform,
  normal: initializers.randomNormal,
  truncated_normal: initializers.truncatedNormal,
  glorot_uniform: initializers.glorotUniform,
  glorot_normal: initializers.glorotNormal,
  he_normal: initializers.heNormal,
  he_uniform: initializers.heUniform,
  lecun_normal: initializers.leCunNormal,
  lecun_uniform: initializers.leCunUniform,
};

test.each(Object.keys(REAL) as (keyof typeof REAL)[])(
  '%s of any shape and seed is that of TF.js itself',
  (scheme) => {
    const { draw, options } = tfjsFunctions[scheme];
    const shapes = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 5 });
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 2 ** 53 - 1 }), (shape, seed) => {
        const real = REAL[scheme]({ seed }).apply(shape, 'float32').dataSync();
        expect(draw(seed, shape, options).data).toEqual(real);
      }),
      { numRuns: 40, seed: 1 },
    );
  },
);
