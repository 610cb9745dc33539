import type { Builder } from '../graph/index.ts';

/** What is minimised: writes the mean loss of a batch and which examples are right. */
export interface Loss {
  readonly name: string;
  /** What the targets are: the index of a class, or numbers of the shape of the output. */
  readonly target: 'class' | 'values';
  /**
   * Writes the mean loss over the batch, a float32 scalar. `output` is [batch, classes] or [batch, …, classes], of which
   * `target` has all axes but the last, or any shape for `values`.
   */
  readonly build: Written;
  /** Writes the losses that `build` is the mean of, one for each target. */
  readonly each: Written;
}

/** What writes a loss as nodes of a graph and gives its value. */
export type Written = (b: Builder, output: string, target: string, classes: number) => string;

/** The mean of the losses of all targets. */
function meanOf(each: Written): Written {
  return (b, output, target, classes) =>
    b.node('loss/mean', 'ReduceMean', [each(b, output, target, classes)], { keepdims: 0 });
}

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions {
  /** ε in 0…1, 0 if not given: the share of the target that all classes divide among them. */
  readonly labelSmoothing?: number;
}

/**
 * `-Σ_k t_k ln softmax(y)_k`, where t is `1 - ε + ε/K` for the right class and `ε/K` for the others.
 *
 * Reference: Szegedy et al. 2016, section 7, arXiv:1512.00567.
 */
export function crossEntropy(options: CrossEntropyOptions = {}): Loss {
  const { labelSmoothing = 0 } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new RangeError(
      `crossEntropy: labelSmoothing must be between 0 and 1, got ${labelSmoothing}`,
    );
  }
  const each: Written = (b, output, target, classes) => {
    const targets = oneHot(b, target, classes, [
      labelSmoothing / classes,
      1 - labelSmoothing + labelSmoothing / classes,
    ]);
    const logs = b.node('loss/log_softmax', 'LogSoftmax', [output], { axis: -1 });
    const sum = b.node(
      'loss/example',
      'ReduceSum',
      [b.node('loss/product', 'Mul', [targets, logs]), integers(b, 'loss/last', [-1])],
      { keepdims: 0 },
    );
    return b.node('loss/negative', 'Neg', [sum]);
  };
  return { name: 'cross-entropy', target: 'class', build: meanOf(each), each };
}

const squares: Written = (b, output, target) => {
  const off = b.node('loss/off', 'Sub', [output, target]);
  return b.node('loss/square', 'Mul', [off, off]);
};

/** `(1/n) Σ (y - t)²` over all n elements of the batch. */
export const meanSquaredError: Loss = {
  name: 'mse',
  target: 'values',
  build: meanOf(squares),
  each: squares,
};

const margins: Written = (b, output, target, classes) => {
  const last = integers(b, 'loss/last', [-1]);
  const right = oneHot(b, target, classes, [0, 1]);
  const own = b.node(
    'loss/own',
    'ReduceSum',
    [b.node('loss/own_product', 'Mul', [right, output]), last],
    { keepdims: 1 },
  );
  const margin = b.node('loss/margin', 'Sub', [output, own]);
  // 1 where the class is wrong and 0 where it is right, so that the right one adds nothing.
  const wrong = oneHot(b, target, classes, [1, 0], 'wrong');
  const short = b.node('loss/short', 'Relu', [b.node('loss/with_margin', 'Add', [margin, wrong])]);
  return b.node('loss/example', 'ReduceMean', [short, last], { keepdims: 0 });
};

/**
 * `(1/K) Σ_{k≠t} max(0, 1 - y_t + y_k)` over K classes, of which t is right.
 *
 * Reference: Weston & Watkins 1999; as in PyTorch's MultiMarginLoss.
 */
export const hinge: Loss = {
  name: 'hinge',
  target: 'class',
  build: meanOf(margins),
  each: margins,
};

function integers(b: Builder, name: string, values: readonly number[]): string {
  return b.constant(name, {
    dtype: 'int64',
    shape: [values.length],
    data: BigInt64Array.from(values, BigInt),
  });
}

function oneHot(
  b: Builder,
  target: string,
  classes: number,
  values: readonly [number, number],
  name = 'target',
): string {
  const depth = integers(b, `loss/${name}_classes`, [classes]);
  const offAndOn = b.constant(`loss/${name}_values`, {
    dtype: 'float32',
    shape: [2],
    data: Float32Array.from(values),
  });
  return b.node(`loss/${name}`, 'OneHot', [target, depth, offAndOn], { axis: -1 });
}
