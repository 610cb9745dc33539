import type { Graph } from '../graph/index.ts';
import { fold, type Key } from '../random/index.ts';
import { TEST_SHARE, type ArrayDataOptions } from './array-data.ts';
import { sharesOf } from './image-data.ts';
import { checkScores, floatInput } from './inputs.ts';
import type { LearningData } from './learning-set.ts';
import { axesFor, numberFeed, outputShape } from './number-feed.ts';
import { divided, partOf } from './part.ts';
import { setOf } from './set-of.ts';
import { numberOf, readTable, type Table } from './table.ts';
import type { Targets } from './targets.ts';

/**
 * A CSV file to learn (see `readTable`): every column gets mean 0 and variance 1 over the rows for training, a constant one 0. The target
 * is a class where it holds text, or whole numbers for an output of several scores, else a value, which gets mean 0 and variance 1, too. A
 * tenth of the rows, drawn from `key`, is held back for a test. `RangeError` with file, line and column for what cannot be.
 */
export function tableData(
  text: string,
  graph: Graph,
  file: string,
  key: Key,
  options: ArrayDataOptions,
): LearningData {
  const table = readTable(text, file, options.target);
  const width = table.names.length;
  const count = table.targets.length;
  const input = floatInput(graph, file);
  const axes = axesFor(input, width, `the ${width} columns of ${file}`);
  const { rest, held } = divided(fold(key, 'test'), count, TEST_SHARE, file);
  const numbers = standardised(table.numbers, width, rest).values;
  const targets = tableTargets(table, graph, file, rest);
  const feed = numberFeed(input, axes, (index, out, at) =>
    out.set(numbers.subarray(index * width, (index + 1) * width), at),
  );
  const all = setOf({ name: file, split: 'train', count }, [feed], targets.targets);
  const training = partOf(all, 'train', rest);
  return {
    ...sharesOf(training, key, options),
    test: partOf(all, 'test', held),
    note: `${rest.length} rows of ${file} for training and ${held.length}, held back, for the test; ${width} ${width === 1 ? 'column' : 'columns'} with mean 0 and variance 1 over those for training${table.hasIndex ? ', the first, without a name, left out' : ''}; ${targets.note}.`,
  };
}

/** Columns with mean 0 and variance 1 over some of the rows; those that are constant there are 0 where they have that value. */
function standardised(
  numbers: Float64Array,
  width: number,
  rows: Uint32Array,
): { readonly values: Float32Array; readonly mean: Float64Array; readonly std: Float64Array } {
  const mean = new Float64Array(width);
  const std = new Float64Array(width);
  for (const row of rows) {
    for (let c = 0; c < width; c++) mean[c] += numbers[row * width + c] / rows.length;
  }
  for (const row of rows) {
    for (let c = 0; c < width; c++) {
      std[c] += (numbers[row * width + c] - mean[c]) ** 2 / rows.length;
    }
  }
  for (let c = 0; c < width; c++) {
    // What rounding leaves of a constant column is no variance.
    const isConstant = std[c] <= (1e-12 * mean[c]) ** 2;
    std[c] = isConstant ? 1 : Math.sqrt(std[c]);
  }
  const values = new Float32Array(numbers.length);
  for (let at = 0; at < values.length; at += width) {
    for (let c = 0; c < width; c++) values[at + c] = (numbers[at + c] - mean[c]) / std[c];
  }
  return { values, mean, std };
}

interface TableTargets {
  readonly targets: Targets;
  /** What they are, in words that end a sentence. */
  readonly note: string;
}

function tableTargets(
  { targets, targetName, lines }: Table,
  graph: Graph,
  file: string,
  rows: Uint32Array,
): TableTargets {
  const empty = targets.findIndex((text) => text.trim() === '');
  if (empty >= 0) {
    throw new RangeError(
      `${file}: line ${lines[empty]}, column ${targetName}: must have a target, got nothing`,
    );
  }
  const numbers = targets.map(numberOf);
  if (numbers.some((value) => value === null)) {
    const classes = [...new Set(targets)].toSorted();
    checkScores(graph, file, classes.length);
    const places = new Map(classes.map((name, index) => [name, index]));
    const own = targets.map((text) => places.get(text) ?? 0);
    return {
      targets: { kind: 'class', classes, of: (at) => own[at] },
      note: `column ${targetName} is one of ${classes.length} classes`,
    };
  }
  const known = numbers.map((value) => value ?? 0);
  const scores = graph.outputs.at(0)?.shape?.at(-1);
  if (typeof scores === 'number' && scores > 1) {
    const wrong = known.findIndex(
      (value) => !Number.isInteger(value) || value < 0 || value >= scores,
    );
    if (wrong >= 0) {
      throw new RangeError(
        `${file}: line ${lines[wrong]}, column ${targetName}: must be a class from 0 to ${scores - 1}, for the ${scores} scores of the output, got ${targets[wrong]}`,
      );
    }
    const most = known.reduce((largest, value) => Math.max(largest, value), 0);
    checkScores(graph, file, most + 1);
    const classes = Array.from({ length: most + 1 }, (_, index) => String(index));
    return {
      targets: { kind: 'class', classes, of: (at) => known[at] },
      note: `column ${targetName} is one of ${most + 1} classes`,
    };
  }
  const shape = outputShape(graph, file);
  const { values, mean, std } = standardised(Float64Array.from(known), 1, rows);
  return {
    targets: { kind: 'values', shape, write: (index, out, at) => (out[at] = values[index]) },
    note: `column ${targetName}, of mean ${Number(mean[0].toPrecision(4))} and deviation ${Number(std[0].toPrecision(4))}, is a value and scaled alike`,
  };
}
