import { generators } from './generated/index.ts';

/** Data that networks can learn, as help and lists show them. */
export interface DataSetInfo {
  readonly name: string;
  /** How they are asked for. */
  readonly form: string;
  readonly description: string;
}

/** All data that a network can learn: made from a seed, published, one's own. */
export const dataSets: readonly DataSetInfo[] = [
  ...generators.map(({ name, form, description }) => ({ name, form, description })),
  {
    name: 'mnist',
    form: 'mnist:DIR',
    description:
      'Handwritten digits, 28 × 28 in grey, 60000 for training and 10000 for the test: the four IDX files, gzipped or not. LeCun et al. 1998.',
  },
  {
    name: 'fashion-mnist',
    form: 'fashion-mnist:DIR',
    description: 'Ten kinds of clothing in the files and sizes of MNIST. Xiao et al. 2017.',
  },
  {
    name: 'cifar10',
    form: 'cifar10:DIR',
    description:
      'Photographs of ten things, 32 × 32 in colour, 50000 for training and 10000 for the test: the binary files, gzipped or not. Krizhevsky 2009.',
  },
  {
    name: 'npz',
    form: 'FILE.npz',
    description:
      'Arrays by the names of the inputs and target (or y, label, labels, targets), for a test test_…; or x_train, y_train, x_test, y_test. ' +
      'Whole numbers as targets are classes, floats are values.',
  },
  {
    name: 'csv',
    form: 'FILE.csv',
    description:
      'A table of numbers whose last column, or the one that --target names, is the target: classes where it holds text, or whole numbers for an ' +
      'output of several scores, else values. With a line of names or without.',
  },
];
