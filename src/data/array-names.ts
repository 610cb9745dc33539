import type { Graph } from '../graph/index.ts';
import type { Tensor } from '../tensor/index.ts';

/** The arrays of a part of a data set. */
export interface PartArrays {
  /** By name of the inputs of the network. */
  readonly inputs: ReadonlyMap<string, NamedArray>;
  readonly target: NamedArray;
}

/** An array and what errors call it. */
export interface NamedArray {
  readonly name: string;
  readonly tensor: Tensor;
}

/** Names of the targets, where none is asked for. */
const TARGETS = ['target', 'targets', 'y', 'label', 'labels'] as const;

/** Names of what the only input is given, besides its own. */
const INPUTS = ['x', 'X', 'input', 'inputs', 'data', 'images', 'features'] as const;

/** The names that an array may have in a part of the data. */
const inPart = (name: string, part: 'train' | 'test'): readonly string[] =>
  part === 'train' ? [name, `train_${name}`, `${name}_train`] : [`test_${name}`, `${name}_test`];

/**
 * The arrays of a file that are for training and for a test: those for training have the names of the inputs (for a network with one
 * input also x, input, data, images, …) and of targets (the one that is asked for, or target, y, label, …), those for a test begin with
 * `test_`. Names such as `x_train` and `y_test`, of Keras, will do. `RangeError` that starts with `file` where one is missing.
 */
export function arraysOf(
  arrays: ReadonlyMap<string, Tensor>,
  graph: Graph,
  file: string,
  target?: string,
): { readonly train: PartArrays; readonly test: PartArrays | null } {
  const isSingle = graph.inputs.length === 1;
  const find = (names: readonly string[], part: 'train' | 'test'): NamedArray | null => {
    for (const name of names) {
      for (const one of inPart(name, part)) {
        const tensor = arrays.get(one);
        if (tensor !== undefined) return { name: one, tensor };
      }
    }
    return null;
  };
  const demand = (names: readonly string[], part: 'train' | 'test', what: string): NamedArray => {
    const found = find(names, part);
    if (found !== null) return found;
    const held = [...arrays.keys()];
    const wanted = names.flatMap((name) => inPart(name, part).slice(0, 1));
    throw new RangeError(
      `${file}: must hold an array ${wanted.join(' or ')} for ${what}, got ${held.length === 0 ? 'no arrays' : held.join(', ')}`,
    );
  };
  const targets = target === undefined ? TARGETS : [target];
  const namesOf = (input: string): readonly string[] =>
    isSingle ? [...new Set([input, ...INPUTS])] : [input];
  const partOf = (part: 'train' | 'test'): PartArrays => ({
    inputs: new Map(
      graph.inputs.map(({ name }) => [name, demand(namesOf(name), part, `the input ${name}`)]),
    ),
    target: demand(targets, part, part === 'train' ? 'the targets' : 'the targets of the test'),
  });
  const isTested =
    find(targets, 'test') !== null ||
    graph.inputs.some(({ name }) => find(namesOf(name), 'test') !== null);
  return { train: partOf('train'), test: isTested ? partOf('test') : null };
}
