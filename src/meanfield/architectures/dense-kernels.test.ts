import { expect, test } from 'vitest';
import {
  meanAndError,
  meanProduct,
  normals,
  times,
  timesTransposed,
} from '../../../test/wide-network.ts';
import { activation } from '../../activation/index.ts';
import { fold, key, type Key } from '../../random/index.ts';
import { nngpKernel, ntkKernel } from './dense-kernels.ts';

const relu = activation('relu');
const tanh = activation('tanh');
const erf = activation('erf');
const inputs = [
  [1, 2, -1],
  [0.5, -1, 2],
  [1, 2, -1],
  [2, 4, -2],
];

test('a deep ReLU kernel and its tangent are those of the arc-cosine recursion', () => {
  const [sigmaW2, sigmaB2, depth] = [1.9, 0.1, 30];
  let gram = inputs.map((x) => inputs.map((y) => (sigmaW2 * dot(x, y)) / 3 + sigmaB2));
  let theta = gram;
  for (let l = 0; l < depth; l++) {
    const next = gram.map((row, i) =>
      row.map((k, j) => {
        const size = Math.sqrt(gram[i][i] * gram[j][j]);
        const angle = Math.acos(Math.min(1, k / size));
        return (
          (sigmaW2 * size * (Math.sin(angle) + (Math.PI - angle) * Math.cos(angle))) /
            (2 * Math.PI) +
          sigmaB2
        );
      }),
    );
    const [below, old] = [gram, theta];
    theta = next.map((row, i) =>
      row.map((k, j) => {
        const angle = Math.acos(Math.min(1, below[i][j] / Math.sqrt(below[i][i] * below[j][j])));
        return k + ((sigmaW2 * (Math.PI - angle)) / (2 * Math.PI)) * old[i][j];
      }),
    );
    gram = next;
  }
  const variances = { sigmaW2, sigmaB2 };
  const nngp = nngpKernel(relu, variances, inputs, { depth });
  const ntk = ntkKernel(relu, variances, inputs, { depth });
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 4; j++) {
      // arccos near 1 loses half the digits of the witness.
      expect(nngp.values[i * 4 + j] / gram[i][j]).toBeCloseTo(1, 8);
      expect(ntk.values[i * 4 + j] / theta[i][j]).toBeCloseTo(1, 7);
    }
  }
});

test('one erf layer has the kernel (2/π) asin and its derivative', () => {
  const variances = { sigmaW2: 1.3, sigmaB2: 0.2 };
  const k = (i: number, j: number): number => (1.3 * dot(inputs[i], inputs[j])) / 3 + 0.2;
  const { values } = ntkKernel(erf, variances, inputs, { depth: 1 });
  for (const [i, j] of [
    [0, 0],
    [0, 1],
    [1, 3],
  ]) {
    const product = (1 + 2 * k(i, i)) * (1 + 2 * k(j, j));
    const second = (2 / Math.PI) * Math.asin((2 * k(i, j)) / Math.sqrt(product));
    const slope = 4 / Math.PI / Math.sqrt(product - 4 * k(i, j) ** 2);
    const expected = 1.3 * second + 0.2 + 1.3 * slope * k(i, j);
    expect(values[i * 4 + j] / expected).toBeCloseTo(1, 10);
  }
});

test('equal inputs have equal rows at any depth, for tanh in the chaotic phase too', () => {
  const { values } = ntkKernel(
    tanh,
    { sigmaW2: 4, sigmaB2: 0.01 },
    [
      [1, 2],
      [1, 2],
      [-2, 1],
    ],
    {
      depth: 40,
    },
  );
  expect(values[1]).toBe(values[0]);
  expect(values[4]).toBe(values[0]);
  expect(values[5]).toBe(values[2]);
  expect(Number.isFinite(values[2])).toBe(true);
});

test('many inputs at once, by series, have the kernels of each pair alone, by quadrature', () => {
  const spread = [
    [1, 2, -1],
    [0.5, -1, 2],
    [1.001, 2, -1],
    [-3, 0.2, 0.1],
    [-1, -2, 1],
  ];
  for (const name of ['tanh', 'gelu', 'softsign', 'elu']) {
    const phi = activation(name);
    const variances = { sigmaW2: 1.6, sigmaB2: 0.1 };
    const options = { depth: 2 };
    const [nngp, ntk] = [nngpKernel, ntkKernel].map((make) =>
      make(phi, variances, spread, options),
    );
    for (const [i, j] of [
      [0, 1],
      [0, 2],
      [3, 4],
      [0, 4],
    ]) {
      const two = [spread[i], spread[j]];
      // Series promise 1e-12 and quadrature 1e-12 of the norms, in each of two layers.
      const size = Math.sqrt(nngp.values[i * 6] * nngp.values[j * 6]);
      const alone = nngpKernel(phi, variances, two, options).values[1];
      expect(Math.abs(nngp.values[i * 5 + j] - alone) / size, `${name} ${i} ${j}`).toBeLessThan(
        1e-11,
      );
      const tangent = ntkKernel(phi, variances, two, options).values[1];
      const scale = Math.sqrt(ntk.values[i * 6] * ntk.values[j * 6]);
      expect(Math.abs(ntk.values[i * 5 + j] - tangent) / scale, `${name} ${i} ${j}`).toBeLessThan(
        1e-10,
      );
    }
  }
});

test('an input of zeros without biases has the kernel 0, or what φ(0) makes of it', () => {
  const zero = [
    [0, 0],
    [1, 1],
  ];
  expect(
    nngpKernel(relu, { sigmaW2: 2, sigmaB2: 0 }, zero, { depth: 3 }).values.slice(0, 3),
  ).toEqual(new Float64Array(3));
  const { values } = nngpKernel(activation('sigmoid'), { sigmaW2: 1, sigmaB2: 0 }, zero, {
    depth: 1,
  });
  expect(values[0]).toBe(0.25);
  expect(values[1]).toBeCloseTo(0.25, 12);
});

/** Tangent kernel of one random network of two hidden layers with two inputs, by its gradients. */
function tangent(run: Key, n: number, [x, y]: [Float64Array, Float64Array]): number {
  const [sigmaW, sigmaB] = [Math.sqrt(1.4), Math.sqrt(0.1)];
  const shapes = [x.length, n, n];
  const w = shapes.map((columns, l) => normals(run, `w${l}`, (l === 2 ? 1 : n) * columns));
  const b = shapes.map((_, l) => normals(run, `b${l}`, l === 2 ? 1 : n));
  const passes = [x, y].map((input) => {
    const seen = [input];
    const h: Float64Array[] = [];
    for (const [l, columns] of shapes.entries()) {
      const out = times(w[l], seen[l]).map(
        (v, i) => (sigmaW * v) / Math.sqrt(columns) + sigmaB * b[l][i],
      );
      h.push(out);
      seen.push(out.map(Math.tanh));
    }
    let g = new Float64Array([1]);
    const deltas = [g];
    for (let l = 2; l > 0; l--) {
      g = timesTransposed(w[l], g).map(
        (v, i) => (sigmaW * v * tanh.df(h[l - 1][i])) / Math.sqrt(shapes[l]),
      );
      deltas.unshift(g);
    }
    return { seen, deltas };
  });
  const [first, second] = passes;
  return shapes.reduce((sum, _, l) => {
    const deltas = meanProduct(first.deltas[l], second.deltas[l]) * first.deltas[l].length;
    return sum + deltas * (1.4 * meanProduct(first.seen[l], second.seen[l]) + 0.1);
  }, 0);
}

test('the tangent kernel of random networks of width 200 is the predicted one', () => {
  const pair = [
    [1, -0.5, 2, 0.3],
    [0.2, 1, 1.5, -1],
  ];
  const arrays = pair.map((x) => Float64Array.from(x)) as [Float64Array, Float64Array];
  const samples = Array.from({ length: 40 }, (_, i) => tangent(fold(key(9), `${i}`), 200, arrays));
  const { mean, error } = meanAndError(samples);
  const value = ntkKernel(tanh, { sigmaW2: 1.4, sigmaB2: 0.1 }, pair, { depth: 2 }).values[1];
  // Four standard errors over networks and a bias of depth / width.
  const tolerance = 4 * error + (2 / 200) * Math.abs(value);
  expect(Math.abs(mean - value), `${mean} ± ${error}, ${value}`).toBeLessThan(tolerance);
});

const dot = (x: readonly number[], y: readonly number[]): number =>
  x.reduce((sum, value, i) => sum + value * y[i], 0);

test('what does not fit or does not stay finite is refused before or where it happens', () => {
  const variances = { sigmaW2: 2, sigmaB2: 0 };
  const many = Array.from({ length: 20000 }, () => [1]);
  expect(() => ntkKernel(relu, variances, many, { depth: 1 })).toThrow(
    new RangeError(
      'ntkKernel: memory must stay within 2 GiB, got 5.96 GiB for 20000 inputs; take at most 11585 or raise mostBytes',
    ),
  );
  expect(() => nngpKernel(relu, variances, [[1, 2], [1]], { depth: 1 })).toThrow(
    new RangeError('nngpKernel: all inputs must have 2 numbers as the first, got 1 in input 1'),
  );
  expect(() => nngpKernel(relu, variances, [], { depth: 1 })).toThrow(
    new RangeError('nngpKernel: inputs must be at least 1 list of at least 1 number, got none'),
  );
  expect(() => nngpKernel(relu, variances, [[Number.NaN]], { depth: 1 })).toThrow(
    new RangeError("nngpKernel: inputs must be finite, got NaN for x·x' of 0 and 0"),
  );
  expect(() => nngpKernel(relu, { sigmaW2: 1e100, sigmaB2: 0 }, [[1]], { depth: 10 })).toThrow(
    new RangeError(
      'nngpKernel: kernels must stay finite, got Infinity in layer 3; lower sigmaW2 to where E φ² does not ' +
        'grow, or depth below 3',
    ),
  );
});
