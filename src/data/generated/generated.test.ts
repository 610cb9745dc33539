import { describe, expect, test } from 'vitest';
import { builder, type Dimension, type Graph } from '../../graph/index.ts';
import { gaussianMean, singularValues } from '../../numeric/index.ts';
import { key } from '../../random/index.ts';
import { toFloat64, type DType } from '../../tensor/index.ts';
import { defaultData, generatedData, generators } from './index.ts';
import { treeModes, treeProperties } from './saxe-tree.ts';
import { answer, drawTeacher, teacherActivations } from './teacher.ts';

/** A network with that input and output, which computes nothing. */
function graphOf(
  input: readonly Dimension[],
  output: readonly Dimension[],
  dtype: DType = 'float32',
): Graph {
  const b = builder('net');
  const x = b.input('x', dtype, input);
  b.output('y', b.node('same', 'Identity', [x]), 'float32', output);
  return b.build();
}

const all = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i);

describe('the tree of Saxe', () => {
  test.each([
    { levels: 3, branching: 2, flip: 0.1 },
    { levels: 2, branching: 3, flip: 0.2 },
    { levels: 4, branching: 2, flip: 0.05 },
  ])('has the singular values of its closed form (%o)', (tree) => {
    const properties = 20_000;
    const items = tree.branching ** tree.levels;
    const values = treeProperties(key(1), tree, properties);
    const modes = treeModes(tree, properties).flatMap(({ value, count }) =>
      Array.from({ length: count }, () => value),
    );
    expect(modes).toHaveLength(items);
    // Correlations of items, from means of n = 20000 numbers ±1, are off by at most 1/√n each on average, the matrix of them
    // by no more than its Frobenius norm, items / √n; three times that.
    const gram = Float64Array.from({ length: items * items }, (_, at) => {
      const [a, b] = [Math.floor(at / items) * properties, (at % items) * properties];
      let sum = 0;
      for (let i = 0; i < properties; i++) sum += values[a + i] * values[b + i];
      return sum / properties;
    });
    const found = singularValues(gram, items, items);
    const expected = modes.map((s) => (s * items) ** 2 / properties).toSorted((a, b) => b - a);
    [...found]
      .toSorted((a, b) => b - a)
      .forEach((value, i) => {
        expect(Math.abs(value - expected[i])).toBeLessThan((3 * items) / Math.sqrt(properties));
      });
  });

  test('has items that are one-hot or orthonormal, and properties of ±1', () => {
    const oneHot = generatedData('saxe-tree:3', graphOf(['n', 8], ['n', 20]), { seed: 0 });
    expect(oneHot.note).toBe(
      '8 one-hot items at the leaves of a tree of 3 levels, each with 20 properties of ±1 that change from node to node with probability 0.1.',
    );
    const wide = generatedData('saxe-tree:3', graphOf(['n', 10], ['n', 20]), { seed: 0 });
    for (const { train } of [oneHot, wide]) {
      const { inputs, target } = train.batch(all(8), null);
      const [x, width] = [toFloat64(inputs['x']), inputs['x'].shape[1]];
      for (let a = 0; a < 8; a++) {
        for (let b = 0; b < 8; b++) {
          let dot = 0;
          for (let i = 0; i < width; i++) dot += x[a * width + i] * x[b * width + i];
          expect(dot).toBeCloseTo(a === b ? 1 : 0, 6);
        }
      }
      expect(target.shape).toEqual([8, 20]);
      expect(new Set(Array.from(target.data, Number))).toEqual(new Set([1, -1]));
    }
  });
});

test('a teacher has the covariance of targets and inputs that Stein has', () => {
  const [inputs, width, outputs, count] = [3, 16, 2, 20_000];
  const graph = graphOf(['n', inputs], ['n', outputs]);
  const { train, test: held } = generatedData('teacher:relu:16', graph, { seed: 4 });
  expect([train.count, held?.count, train.target]).toEqual([10_000, 2000, 'values']);
  const model = drawTeacher(key(4), inputs, width, outputs, teacherActivations.get('relu')!);
  const covariance = new Float64Array(outputs * inputs);
  const y = new Float32Array(outputs);
  const x = new Float32Array(inputs);
  const drawn = generatedData('teacher:relu:16', graph, { seed: 4 }).train;
  const examples = toFloat64(drawn.batch(all(10_000), null).inputs['x']);
  for (let i = 0; i < count / 2; i++) {
    // x and −x together: odd moments vanish, the variance of the mean of what is left gets smaller.
    for (const sign of [1, -1]) {
      for (let k = 0; k < inputs; k++) x[k] = sign * examples[i * inputs + k];
      answer(model, x, y);
      for (let o = 0; o < outputs; o++) {
        for (let k = 0; k < inputs; k++) covariance[o * inputs + k] += (y[o] * x[k]) / count;
      }
    }
  }
  // Stein's lemma: E[y xᵀ] = V E[φ'] W = ½ V W for relu. y x has a deviation of about √3, over √20000 numbers: 0.012; five of them.
  for (let o = 0; o < outputs; o++) {
    for (let k = 0; k < inputs; k++) {
      let expected = 0;
      for (let h = 0; h < width; h++) {
        expected += 0.5 * model.second[o * width + h] * model.first[h * inputs + k];
      }
      expect(Math.abs(covariance[o * inputs + k] - expected)).toBeLessThan(0.06);
    }
  }
});

test('the targets of teachers have variance 1 on average', () => {
  let square = 0;
  for (let seed = 0; seed < 100; seed++) {
    const graph = graphOf(['n', 50], ['n', 20]);
    const { target } = generatedData('teacher:tanh:50', graph, { seed }).train.batch(all(10), null);
    target.data.forEach((y) => (square += Number(y) ** 2 / 20_000));
  }
  // Of 100 teachers with 20 outputs each, whose mean squares have a deviation of about √(2/50 + 2/10) = 0.5: 0.011; five of them.
  expect(Math.abs(square - 1)).toBeLessThan(0.06);
});

test('the second moments of what a teacher computes are those of quadrature', () => {
  for (const { f, square } of teacherActivations.values()) {
    expect(square).toBeCloseTo(
      gaussianMean((z) => f(z) ** 2, { breakpoints: [0] }),
      11,
    );
  }
  expect(teacherActivations.get('tanh')!.f(-0.7)).toBeCloseTo(Math.tanh(-0.7), 14);
});

test('noise of a teacher has its deviation and nothing else changes', () => {
  const graph = graphOf(['n', 5], ['n', 1]);
  const clean = generatedData('teacher:tanh:8', graph, { seed: 1 }).train.batch(all(4000), null);
  const noisy = generatedData('teacher:tanh:8:0.5', graph, { seed: 1 }).train.batch(
    all(4000),
    null,
  );
  expect(noisy.inputs).toEqual(clean.inputs);
  let square = 0;
  noisy.target.data.forEach((value, i) => {
    square += (Number(value) - Number(clean.target.data[i])) ** 2 / 4000;
  });
  // The variance of 4000 normal numbers has a relative deviation of √(2/4000) = 0.022; five of them.
  expect(Math.abs(square / 0.25 - 1)).toBeLessThan(0.11);
});

test('without noise every point of a spiral is at the angle of its arm', () => {
  const { train } = generatedData('spirals:4:0', graphOf(['n', 2], ['n', 4]), { seed: 2 });
  const { inputs, target } = train.batch(all(1000), null);
  const points = toFloat64(inputs['x']);
  let square = 0;
  for (let i = 0; i < 1000; i++) {
    const [x, y] = [points[2 * i], points[2 * i + 1]];
    square += (x * x + y * y) / 2000;
    const radius = Math.hypot(x, y) / Math.sqrt(6);
    const arm = 4 * (Math.atan2(y, x) / (2 * Math.PI) - radius) - Number(target.data[i]);
    // Coordinates are rounded to 2⁻²⁴, the angle of a point at radius r so to 2⁻²⁴/r of a radian.
    const off = Math.abs(arm - Math.round(arm / 4) * 4);
    expect(off).toBeLessThan(1e-5);
  }
  // r² of 1000 uniform r has mean ⅓ and a deviation of 0.3 / √1000, 6 / 2 times which is 0.028; five of them.
  expect(Math.abs(square - 1)).toBeLessThan(0.14);
});

describe('parity', () => {
  test('of few bits has every pattern once, and is a product of the chosen ones', () => {
    const graph = graphOf(['n', 6], ['n', 2]);
    const data = generatedData('parity:6:2', graph, { seed: 0 });
    expect(data.note).toBe(
      'All 64 patterns of 6 bits, 54 for training and 10 for the test, and the parity of 2 of them.',
    );
    const rows = [data.train, data.test!].flatMap((set) => {
      const { inputs, target } = set.batch(all(set.count), null);
      const x = toFloat64(inputs['x']);
      return Array.from({ length: set.count }, (_, i) => ({
        bits: [...x.subarray(6 * i, 6 * i + 6)],
        odd: Number(target.data[i]),
      }));
    });
    expect(new Set(rows.map(({ bits }) => bits.join())).size).toBe(64);
    // Of all characters of the cube just one is the target: the Fourier transform has a single coefficient.
    const coefficients = Array.from({ length: 64 }, (_, mask) =>
      rows.reduce(
        (sum, { bits, odd }) =>
          sum +
          (1 - 2 * odd) * bits.reduce((p, bit, i) => (((mask >> i) & 1) === 1 ? p * bit : p), 1),
        0,
      ),
    );
    const found = coefficients.flatMap((value, mask) => (value === 0 ? [] : [[mask, value]]));
    expect(found).toHaveLength(1);
    expect(found[0][1]).toBe(64);
    expect(found[0][0].toString(2).replaceAll('0', '')).toBe('11');
  });

  test('of many bits is drawn, and for one output is ±1', () => {
    const { train } = generatedData('parity:40:3', graphOf(['n', 40], ['n', 1]), { seed: 0 });
    const { inputs, target } = train.batch(all(2000), null);
    const x = toFloat64(inputs['x']);
    expect(target.shape).toEqual([2000, 1]);
    // Correlations of two of 2000 signs have deviation 0.022: only the right triple reaches 1.
    let hits = 0;
    for (let a = 0; a < 40; a++) {
      for (let b = 0; b < a; b++) {
        for (let c = 0; c < b; c++) {
          let i = 0;
          while (i < 2000 && x[40 * i + a] * x[40 * i + b] * x[40 * i + c] === target.data[i]) i++;
          if (i === 2000) hits++;
        }
      }
    }
    expect(hits).toBe(1);
  });
});

describe('copying', () => {
  test('has symbols, a pause, the delimiter, and the same symbols as targets at the end', () => {
    const graph = graphOf(['n', 't'], ['n', 't', 9], 'int64');
    const { train, note } = generatedData('copy:3:5', graph, { seed: 0 });
    const { inputs, target } = train.batch(all(400), null);
    expect([inputs['x'].dtype, inputs['x'].shape, target.shape]).toEqual([
      'int64',
      [400, 11],
      [400, 11],
    ]);
    const tokens = toFloat64(inputs['x']);
    const counts = new Float64Array(8);
    for (let b = 0; b < 400; b++) {
      const sequence = [...tokens.subarray(11 * b, 11 * b + 11)];
      const right = Array.from(target.data.slice(11 * b, 11 * b + 11), Number);
      const symbols = sequence.slice(0, 3);
      expect(sequence.slice(3)).toEqual([8, 8, 8, 8, 9, 8, 8, 8]);
      expect(right).toEqual([8, 8, 8, 8, 8, 8, 8, 8, ...symbols]);
      for (const symbol of symbols) counts[symbol]++;
    }
    // χ² with 7 degrees of freedom has mean 7 and deviation 3.7; five of them.
    expect(counts.reduce((sum, n) => sum + (n - 150) ** 2 / 150, 0)).toBeLessThan(26);
    // 3 ln 8 / 11.
    expect(note).toMatch(/without memory the loss is 0\.567\.$/);
  });

  test('is one-hot for floats, the same sequences as for tokens, also with the steps first', () => {
    const tokens = generatedData('copy', graphOf(['n', 30], ['n', 30, 12], 'int64'), { seed: 3 });
    const steps = generatedData('copy', graphOf([30, 'batch', 11], [30, 'batch', 9], 'float32'), {
      seed: 3,
    });
    const indices = Uint32Array.of(5, 99_999, 5);
    const a = tokens.train.batch(indices, null);
    const b = steps.train.batch(indices, null);
    expect([b.inputs['x'].shape, b.target.shape]).toEqual([
      [30, 3, 11],
      [30, 3],
    ]);
    const [ids, hot] = [toFloat64(a.inputs['x']), toFloat64(b.inputs['x'])];
    for (let n = 0; n < 3; n++) {
      for (let step = 0; step < 30; step++) {
        const row = hot.subarray((step * 3 + n) * 11, (step * 3 + n + 1) * 11);
        expect([row.indexOf(1), row.reduce((sum, x) => sum + x, 0)]).toEqual([
          ids[n * 30 + step],
          1,
        ]);
        expect(b.target.data[step * 3 + n]).toBe(a.target.data[n * 30 + step]);
      }
    }
  });
});

test('every data set says the same for the same seed, and other things for another', () => {
  const graphs: Readonly<Record<string, Graph>> = {
    glyphs: graphOf(['n', 49], ['n', 10]),
    'saxe-tree': graphOf(['n', 33], ['n', 40]),
    teacher: graphOf(['n', 3, 4], ['n', 2, 2]),
    spirals: graphOf(['n', 2], ['n', 3]),
    parity: graphOf(['n', 5], ['n', 2]),
    copy: graphOf(['n', 30], ['n', 30, 9], 'int32'),
  };
  for (const { name } of generators) {
    const [one, again, other] = [7, 7, 8].map((seed) =>
      generatedData(name, graphs[name], { seed, validation: 0.2 }).train.batch(all(12), null),
    );
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  }
});

describe('what is learned where nothing is asked for', () => {
  test.each<[string, Graph]>([
    ['glyphs', graphOf(['n', 784], ['n', 10])],
    ['glyphs', graphOf(['n', 3, 32, 32], ['n', 10])],
    ['glyphs', graphOf(['n', 32, 128], ['n', 1000])],
    ['copy', graphOf(['n', 32], ['n', 32, 1000], 'int64')],
    ['copy', graphOf(['n', 70, 10], ['n', 70, 9])],
  ])('is %s where that fits (%#)', (name, graph) => {
    expect(defaultData(graph)).toBe(name);
  });

  test('is to be said where nothing fits, with what would', () => {
    expect(() => defaultData(graphOf(['n', 2], ['n', 3]))).toThrow(
      /^data: must be given where glyphs do not fit the network, got none \(x: shape must be one that images of 1×28×28 fit, .*, got \[n,2\]\); what fits is saxe-tree, teacher, spirals, parity$/,
    );
    expect(() => defaultData(graphOf(['n', 32], ['n', 10], 'int64'))).toThrow(
      'data: must be given where copy does not fit the network, got none (y: the shape must be [batch,32,9], with scores for the 8 symbols and the blank of copy at every step, got [n,10]); a file of arrays by the names of the inputs, file.npz, can fit',
    );
  });
});

test.each<[string, Graph, string]>([
  [
    'digits',
    graphOf(['n', 784], ['n', 10]),
    'data: must be glyphs, saxe-tree, teacher, spirals, parity or copy, got digits',
  ],
  [
    'glyphs:5',
    graphOf(['n', 784], ['n', 10]),
    'glyphs:5: TRAIN must be a whole number from 10 to 10000000, got "5"',
  ],
  [
    'spirals:',
    graphOf(['n', 2], ['n', 3]),
    'spirals:: ARMS must be a whole number from 2 to 1000, got ""',
  ],
  [
    'spirals:4',
    graphOf(['n', 2], ['n', 3]),
    'y: the shape must be [batch,4], with a score for each class of spirals or more, got [n,3]',
  ],
  [
    'spirals:3:0.1:7',
    graphOf(['n', 2], ['n', 3]),
    'spirals:3:0.1:7: must have at most 2 words behind the name, spirals[:ARMS[:NOISE]], got 3',
  ],
  [
    'parity:5',
    graphOf(['n', 6], ['n', 2]),
    'x: the shape must be [batch,5] for parity:5, got [n,6]',
  ],
  [
    'parity:6:7',
    graphOf(['n', 6], ['n', 2]),
    'parity:6:7: RELEVANT must be a whole number from 1 to 6, got "7"',
  ],
  [
    'saxe-tree:4',
    graphOf(['n', 8], ['n', 2]),
    'saxe-tree:4: the 16 items must be at most 8, the width of x, got 16',
  ],
  [
    'teacher:gelu',
    graphOf(['n', 8], ['n', 2]),
    'teacher:gelu: the activation must be tanh or relu, got "gelu"',
  ],
  [
    'teacher',
    graphOf(['n', 't'], ['n', 2]),
    'x: the shape must be one of which all but the batch are fixed for teacher, got [n,t]',
  ],
  [
    'teacher',
    graphOf(['n', 3], ['n', 't', 2]),
    'y: the shape of the output must be known but for the batch, which comes first, to take values of teacher, got [n,t,2]',
  ],
  [
    'copy:10:50',
    graphOf(['n', 32], ['n', 32, 9], 'int64'),
    'copy:10:50: BLANKS + 2 · SYMBOLS, of at least 1 each, must be the 32 steps of the network, got 10 symbols and 50 blanks',
  ],
  [
    'copy',
    graphOf(['n', 32, 9], ['n', 32, 9]),
    'copy: the network must have one input, of tokens (integers [batch,steps]) or of 10 or more numbers a step (floats [batch,steps,10]), got x (float32 [n,32,9])',
  ],
])('%s is refused where it must be (%#)', (text, graph, message) => {
  expect(() => generatedData(text, graph, { seed: 0 })).toThrow(message);
});
