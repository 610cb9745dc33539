import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { builder, type Dimension, type Graph } from '../graph/index.ts';
import { key } from '../random/index.ts';
import { decodeNpz, sizeOf, toFloat64, type DType, type Tensor } from '../tensor/index.ts';
import { readCsv } from './csv.ts';
import { arrayData, tableData, type LearningData, type LearningSet } from './index.ts';

interface Golden {
  readonly keras: {
    readonly file: string;
    readonly x_train: number[];
    readonly x_test: number[];
    readonly y_train: number[];
    readonly y_test: number[];
  };
  readonly rows: { readonly file: string; readonly x: number[]; readonly target: number[] };
  readonly table: {
    readonly indexed: string;
    readonly plain: string;
    readonly bare: string;
    readonly height: number[];
    readonly kind: string[];
    readonly price: number[];
  };
}
// Files of numpy and pandas, with the numbers in them: test/golden/learning_files.py.
const golden = JSON.parse(
  readFileSync(new URL('../../test/golden/learning_files.json', import.meta.url), 'utf8'),
) as Golden;

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

const everything = (set: LearningSet | null) =>
  set!.batch(
    Uint32Array.from({ length: set!.count }, (_, i) => i),
    null,
  );
const npz = (file: string) => decodeNpz(Uint8Array.from(Buffer.from(file, 'base64')), 'data.npz');

describe('arrays of numpy', () => {
  test('with the names of Keras are images and classes, normalised by those for training', () => {
    const graph = graphOf(['n', 3, 4, 4], ['n', 10]);
    const data = arrayData(npz(golden.keras.file), graph, 'data.npz', key(0), {});
    for (const [set, x, y] of [
      [data.train, golden.keras.x_train, golden.keras.y_train],
      [data.test, golden.keras.x_test, golden.keras.y_test],
    ] as const) {
      const { inputs, target } = everything(set);
      expect(inputs['x'].shape).toEqual([y.length, 3, 4, 4]);
      toFloat64(inputs['x']).forEach((value, i) => expect(value).toBeCloseTo(x[i], 6));
      expect(Array.from(target.data, Number)).toEqual(y);
    }
    expect(data.train.classes).toEqual(['0', '1', '2']);
    expect(data.note).toBe(
      '12 examples of data.npz for training and 5 for the test; each channel of images with mean 0 and variance 1 over those for training.',
    );
  });

  test('of floats are taken as they are, in rows, a tenth held back for a test', () => {
    const graph = graphOf(['n', 3], ['n', 2]);
    const data = arrayData(npz(golden.rows.file), graph, 'data.npz', key(0), { validation: 0.1 });
    expect([data.train.count, data.validation?.count, data.test?.count]).toEqual([17, 1, 2]);
    const seen = [data.train, data.validation, data.test].flatMap((set) => {
      const { inputs, target } = everything(set);
      return Array.from({ length: set!.count }, (_, i) =>
        [
          ...toFloat64(inputs['x']).subarray(3 * i, 3 * i + 3),
          ...toFloat64(target).subarray(2 * i, 2 * i + 2),
        ].join(),
      );
    });
    const expected = Array.from({ length: 20 }, (_, i) =>
      [
        ...golden.rows.x.slice(3 * i, 3 * i + 3),
        ...golden.rows.target.slice(2 * i, 2 * i + 2),
      ].join(),
    );
    expect(seen.toSorted()).toEqual(expected.toSorted());
  });

  test('of tokens keep their dtype and their classes at every step', () => {
    const arrays = new Map<string, Tensor>([
      [
        'x',
        { dtype: 'int32', shape: [4, 3], data: Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1) },
      ],
      [
        'y',
        { dtype: 'uint8', shape: [4, 3], data: Uint8Array.of(0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1) },
      ],
      ['test_x', { dtype: 'int32', shape: [1, 3], data: Int32Array.of(1, 1, 1) }],
      ['test_y', { dtype: 'uint8', shape: [1, 3], data: Uint8Array.of(4, 4, 4) }],
    ]);
    const { train } = arrayData(arrays, graphOf(['n', 't'], ['n', 3, 5], 'int64'), 'f', key(0), {});
    const { inputs, target } = train.batch(Uint32Array.of(2, 0), null);
    expect([inputs['x'].dtype, inputs['x'].shape]).toEqual(['int64', [2, 3]]);
    expect([...inputs['x'].data].map(Number)).toEqual([6, 7, 8, 0, 1, 2]);
    expect([target.shape, [...target.data].map(Number)]).toEqual([
      [2, 3],
      [1, 2, 3, 0, 1, 2],
    ]);
  });

  const float = (shape: readonly number[], fill = 0): Tensor => ({
    dtype: 'float32',
    shape,
    data: new Float32Array(sizeOf(shape)).fill(fill),
  });
  const whole = (values: readonly number[]): Tensor => ({
    dtype: 'int64',
    shape: [values.length],
    data: BigInt64Array.from(values, BigInt),
  });
  const vector = graphOf(['n', 3], ['n', 2]);
  test.each<[Record<string, Tensor>, string, string?]>([
    [
      {},
      'f.npz: must hold an array x or X or input or inputs or data or images or features for the input x, got no arrays',
    ],
    [
      { x: float([4, 3]) },
      'f.npz: must hold an array target or targets or y or label or labels for the targets, got x',
    ],
    [
      { x: float([4, 3]), y: whole([0, 1, 0]) },
      'f.npz: y must have as many examples as x, 4, got [3]',
    ],
    [
      { x: float([4, 3]), y: whole([0, 1, 0, 2]) },
      'y: the shape must be [batch,3], with a score for each class of f.npz or more, got [n,2]',
    ],
    [
      { x: float([4, 3]), y: whole([0, 1, -1, 0]) },
      'f.npz: y must be classes from 0 to 999999, got -1 for example 2',
    ],
    [
      { x: float([4, 3]), y: float([4, 3]) },
      'f.npz: y must be whole numbers, which are classes, or values in the shape of the output, [examples,2], got float32 [4,3]',
    ],
    [
      { x: float([4, 5]), y: float([4, 2]) },
      'x: the shape must be [batch,5] for x of f.npz, got [n,3]',
    ],
    [
      { x: float([4, 3], NaN), y: float([4, 2]) },
      'f.npz: x must be finite in float32, got NaN in example 0',
    ],
    [
      { x: float([0, 3]), y: float([0, 2]) },
      'f.npz: x must have examples along its first axis, got [0,3]',
    ],
    [
      { x: float([1, 3]), y: float([1, 2]) },
      'f.npz: there must be at least 2 examples to hold some back, got 1',
    ],
    [
      { x: float([4, 3]), test_x: float([4, 3]), y: float([4, 2]) },
      'f.npz: must hold an array test_target or test_targets or test_y or test_label or test_labels for the targets of the test, got x, test_x, y',
    ],
    [
      { x: float([4, 3]), y: float([4, 2]) },
      'f.npz: must hold an array age for the targets, got x, y',
      'age',
    ],
  ])('that are no data for the network get one sentence (%#)', (arrays, message, target) => {
    const given = new Map(Object.entries(arrays));
    expect(() =>
      arrayData(given, vector, 'f.npz', key(0), target === undefined ? {} : { target }),
    ).toThrow(message);
  });
});

describe('tables of pandas', () => {
  const read = (text: string, graph: Graph, target?: string): LearningData =>
    tableData(text, graph, 't.csv', key(0), target === undefined ? {} : { target });

  test('have classes of text, numbers without the index, mean 0 and variance 1', () => {
    const text = golden.table.indexed.replaceAll(/,[^,\n]*$/gm, '');
    const data = read(text, graphOf(['n', 3], ['n', 3]));
    expect(data.note).toBe(
      '18 rows of t.csv for training and 2, held back, for the test; 3 columns with mean 0 and variance 1 over those for training, the first, without a name, left out; column kind is one of 3 classes.',
    );
    expect(data.train.classes).toEqual(['egg', 'egg "fried"', 'ham, raw']);
    const { inputs } = everything(data.train);
    const x = toFloat64(inputs['x']);
    for (let c = 0; c < 3; c++) {
      const own = x.filter((_, i) => i % 3 === c);
      const square = own.reduce((sum, v) => sum + v * v, 0) / 18;
      expect(own.reduce((sum, v) => sum + v, 0) / 18).toBeCloseTo(0, 6);
      // The third column of numbers is constant.
      expect(square).toBeCloseTo(c === 2 ? 0 : 1, 5);
    }
    // In the order of their heights all rows have their kinds, and scaled heights are on a line over heights.
    const rows = [data.train, data.test].flatMap((set) => {
      const all = everything(set);
      const numbers = toFloat64(all.inputs['x']);
      return Array.from({ length: set!.count }, (_, i) => ({
        z: numbers[3 * i],
        kind: set!.classes[Number(all.target.data[i])],
      }));
    });
    const found = rows.toSorted((one, other) => one.z - other.z);
    const expected = golden.table.height
      .map((height, i) => ({ height, kind: golden.table.kind[i] }))
      .toSorted((one, other) => one.height - other.height);
    expect(found.map(({ kind }) => kind)).toEqual(expected.map(({ kind }) => kind));
    const slope = (found[19].z - found[0].z) / (expected[19].height - expected[0].height);
    found.forEach(({ z }, i) => {
      expect(z).toBeCloseTo(found[0].z + slope * (expected[i].height - expected[0].height), 5);
    });
  });

  test('have values that are scaled, by a name or the last column, with CR LF or without names', () => {
    const numbers = golden.table.plain
      .split('\r\n')
      .map((line) => line.replaceAll(/"(?:[^"]|"")*"|(?<=,)egg(?=,)|kind/g, '7'))
      .join('\r\n');
    const graph = graphOf(['n', 4], ['n', 1]);
    const named = read(numbers, graph, 'price');
    const bare = read(golden.table.bare, graphOf(['n', 3], ['n', 1]));
    expect(everything(named.train).target).toEqual(everything(bare.train).target);
    const y = toFloat64(everything(bare.train).target);
    expect(y.reduce((sum, v) => sum + v * v, 0) / 18).toBeCloseTo(1, 5);
    expect(bare.note).toMatch(
      /3 columns with mean 0 and variance 1 over those for training; column 4, of mean [\d.]+ and deviation [\d.]+, is a value and scaled alike\.$/,
    );
    // By another name the same numbers are to be guessed from the price.
    const ages = read(numbers, graph, 'age');
    expect(ages.train.target).toBe('values');
  });

  test('have classes of whole numbers where the output has scores', () => {
    const text = Array.from({ length: 30 }, (_, i) => `${i * i},${i % 3}`).join('\n');
    const scores = read(text, graphOf(['n', 1], ['n', 3]));
    expect([scores.train.target, scores.train.classes]).toEqual(['class', ['0', '1', '2']]);
    expect(read(text, graphOf(['n', 1], ['n', 1])).train.target).toBe('values');
  });

  const two = graphOf(['n', 2], ['n', 2]);
  test.each<[string, string, string?]>([
    ['', 't.csv: must have at least 2 lines, got 0'],
    ['a,b,c', 't.csv: must have at least 2 lines, got 1'],
    ['a,b,c\n1,2,0\n3,x,1\n', 't.csv: line 3, column b: must be a number, got "x"'],
    ['a,b,c\n1,2,0\n3,,1\n', 't.csv: line 3, column b: must be a number, got ""'],
    ['1,2,0\n"a\nb",3,1\n', 't.csv: line 2, column 1: must be a number, got "a\\nb"'],
    ['a,b,c\n1,2,0\n\n3,4\n', 't.csv: line 4: must have 3 fields like those before it, got 2'],
    [
      'a,b,c\n1,2,0\n3,4,2\n',
      't.csv: line 3, column c: must be a class from 0 to 1, for the 2 scores of the output, got 2',
    ],
    ['a,b,c\n1,2,0\n3,4,\n', 't.csv: line 3, column c: must have a target, got nothing'],
    [
      'a,b,c\n1,2,0\n3,4,1\n',
      't.csv: must have a column named d for the targets, got a, b, c',
      'd',
    ],
    [
      '1,2,0\n3,4,1\n',
      't.csv: must have a column named d for the targets, got 3 columns without names, which are called 1 to 3',
      'd',
    ],
    ['a\n1\n2\n', 't.csv: must have columns besides the target, got a alone'],
    ['a,b\n1,0\n2,1\n', 'x: the shape must be [batch,1] for the 1 columns of t.csv, got [n,2]'],
    ['a,b,c\n1,2,0\n', 't.csv: there must be at least 2 examples to hold some back, got 1'],
    [
      '1,2,"0\n3,4,1\n',
      't.csv: line 1: a field that begins with a quote must end with one, got the end of the file',
    ],
    ['1,2"3,0\n', 't.csv: line 1: a field with quotes in it must begin with one, got "2\\""'],
    ['1,"2"3,0\n', 't.csv: line 1: a field must end with its quote, got "3,0\\n" behind it'],
  ])('that are none get one sentence (%#)', (text, message, target) => {
    expect(() => read(text, two, target)).toThrow(message);
  });
});

test('what is written as RFC 4180 says is read as it was', () => {
  const field = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[a",\r\n ]*$/),
    fc.double({ noNaN: true }).map(String),
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 5 }),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      (rows, end, isEnded) => {
        const quoted = (text: string): string =>
          /[",\r\n]/.test(text) || text.startsWith('\uFEFF')
            ? `"${text.replaceAll('"', '""')}"`
            : text;
        const text = rows.map((row) => row.map(quoted).join(',')).join(end);
        const found: (readonly string[])[] = [];
        readCsv(isEnded && text !== '' ? text + end : text, 'f', (fields) => found.push(fields));
        expect(found).toEqual(rows);
      },
    ),
  );
});
