// What TF.js draws, for src/init/as/tfjs, as dialects.py does it for the others; `raises` where it throws.
// Usage: node dialects_tfjs.mjs > dialects_tfjs.json, with @tensorflow/tfjs 4.22.0 and its cpu backend, V8.
import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs';

await tf.setBackend('cpu');
console.warn = () => {};

const SIX = {
  glorot_uniform: 'glorotUniform',
  glorot_normal: 'glorotNormal',
  he_uniform: 'heUniform',
  he_normal: 'heNormal',
  lecun_uniform: 'leCunUniform',
  lecun_normal: 'leCunNormal',
};
const MAKERS = {
  ...SIX,
  uniform: 'randomUniform',
  normal: 'randomNormal',
  truncated_normal: 'truncatedNormal',
  variance_scaling: 'varianceScaling',
  orthogonal: 'orthogonal',
  zeros: 'zeros',
  ones: 'ones',
  constant: 'constant',
  identity: 'identity',
};
const NAMES = { low: 'minval', high: 'maxval', std: 'stddev' };
const PAIRS = [
  [1, [3, 5]],
  [42, [300, 1001]],
  [7, [3, 3, 7, 9]],
  [2 ** 31 - 1, [5, 1, 4]],
  [2 ** 32 + 5, [2, 3, 3, 4, 5]],
  [2 ** 53 - 1, [4, 9]],
  [3, [1, 1]],
  [4, [1, 2, 1, 2, 3, 4]],
  [5, []],
  [6, [1]],
  [8, [7]],
  [10, [1000]],
  [11, [0, 3]],
];

function* cases() {
  for (const scheme of ['uniform', 'normal', 'truncated_normal', 'variance_scaling', ...Object.keys(SIX)]) {
    for (const [seed, shape] of PAIRS) yield [scheme, seed, shape, {}];
  }
  for (const scheme of ['uniform', 'glorot_uniform', 'he_uniform']) yield [scheme, 0, [9, 8], {}];
  for (const [low, high] of [[0, 1], [-0.3, 0.7], [1, 0], [-1, 0]]) yield ['uniform', 21, [33, 31], { low, high }];
  for (const scheme of ['normal', 'truncated_normal']) {
    for (const [mean, std] of [[0, 1], [1, 0.02], [-2.5, 3], [0.5, 0]]) yield [scheme, 22, [33, 31], { mean, std }];
  }
  for (const mode of ['fanIn', 'fanOut', 'fanAvg']) {
    for (const distribution of ['normal', 'uniform', 'truncatedNormal']) {
      for (const scale of [1, 0.3, 0]) {
        for (const shape of [[24, 37], [3, 2, 5, 11]]) yield ['variance_scaling', 23, shape, { scale, mode, distribution }];
      }
    }
  }
  yield ['variance_scaling', 23, [3, 4], { scale: -1 }];
  for (const [seed, shape, gain] of [[1, [3, 5], 1], [2, [40, 30], 1.5], [3, [20, 40], 0], [4, [5, 5, 7, 32], 2], [5, [7], 1]]) {
    yield ['orthogonal', seed, shape, { gain }];
  }
  for (const shape of [[3, 3], [2, 3], [3]]) yield ['identity', 1, shape, { gain: -2 }];
  for (const scheme of ['zeros', 'ones']) for (const shape of [[], [3], [2, 3]]) yield [scheme, 1, shape, {}];
  for (const value of [0.1, -3.5]) yield ['constant', 1, [2, 3], { value }];
}

const lines = [];
for (const [scheme, seed, shape, options] of cases()) {
  const given = Object.fromEntries(Object.entries(options).map(([name, value]) => [NAMES[name] ?? name, value]));
  const found = { scheme, seed, shape, options };
  try {
    const values = tf.initializers[MAKERS[scheme]]({ ...given, seed }).apply(shape, 'float32').dataSync();
    if (scheme === 'orthogonal') {
      found.step = Math.max(1, Math.floor(values.length / 97));
      found.values = Array.from(values).filter((_, i) => i % found.step === 0);
    } else {
      found.sha256 = createHash('sha256').update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)).digest('hex');
    }
  } catch (error) {
    found.raises = error.constructor.name;
  }
  lines.push(JSON.stringify(found));
}
process.stdout.write(`[\n${lines.join(',\n')}\n]\n`);
