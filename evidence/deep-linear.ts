import { builder, type Graph } from '../src/graph/index.ts';
import { fold, haarColumns, type Key } from '../src/random/index.ts';
import type { Tensor } from '../src/tensor/index.ts';
import type { StepOptions, Trained } from '../src/train/index.ts';
import type { Modes, SecondMoments } from './second-moments.ts';
import { openSteps, type Steps, type Weights } from './steps.ts';

const float = (data: Float64Array, shape: readonly number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
});

/** What the weights of a linear network are called, as `linear:…` names them. */
export const weightName = (layer: number): string => `layers.${layer}.weight`;

/** Shapes of the weights between `layers` layers of neurons, input and output counted. */
export function weightShapes(
  layers: number,
  hidden: number,
  { inputs, classes }: SecondMoments,
): readonly Trained[] {
  const widths = [inputs, ...Array.from({ length: layers - 2 }, () => hidden), classes];
  return widths
    .slice(1)
    .map((out, layer) => ({ name: weightName(layer), shape: [out, widths[layer]] }));
}

/** The map of a deep linear network, `T = W_n … W_1`, multiplied from the side of the few outputs. */
function mapGraph(shapes: readonly Trained[]): Graph {
  const b = builder('deep linear');
  for (const { name, shape } of shapes) b.parameter(name, shape);
  const last = shapes.length - 1;
  let product = shapes[last].name;
  for (let layer = last - 1; layer >= 0; layer--) {
    product = b.node(`product.${layer}`, 'MatMul', [product, shapes[layer].name]);
  }
  b.output('map', product, 'float32', [shapes[last].shape[0], shapes[0].shape[1]]);
  return b.build();
}

/**
 * Half the mean squared error of all examples, `½ Tr(T Σ11 Tᵀ) - Tr(T Σ31ᵀ) + ½ mean |y|²`; the target is Σ31.
 *
 * Reference: Saxe et al. 2014, eq. 13, arXiv:1312.6120
 */
function halfSquaredError({ inputs, sigma11, size }: SecondMoments): StepOptions['loss'] {
  return {
    name: 'half squared error',
    target: 'values',
    build: (b, map, sigma31) => {
      const scalar = (name: string, value: number): string =>
        b.constant(name, { dtype: 'float32', shape: [], data: Float32Array.of(value) });
      const correlations = b.constant('sigma11', float(sigma11, [inputs, inputs]));
      const half = b.node('loss/half', 'Mul', [
        b.node('loss/correlated', 'MatMul', [map, correlations]),
        scalar('loss/one_half', 0.5),
      ]);
      const off = b.node('loss/off', 'Sub', [half, sigma31]);
      const product = b.node('loss/product', 'Mul', [map, off]);
      const sum = b.node('loss/sum', 'ReduceSum', [product], { keepdims: 0 });
      return b.node('loss/whole', 'Add', [sum, scalar('loss/size', size / 2)]);
    },
  };
}

/** A deep linear network with its loss, compiled; it holds memory until it is closed. */
export interface DeepLinear {
  readonly shapes: readonly Trained[];
  /** The loss before every one of so many steps, and the weights after them. */
  readonly descend: (
    weights: Weights,
    rate: number,
    steps: number,
  ) => Promise<{ readonly weights: Weights; readonly losses: ArrayLike<number> }>;
  readonly close: Steps['close'];
}

/** Full-batch gradient descent of a deep linear network, which no example has to pass through. */
export async function openDeepLinear(
  layers: number,
  hidden: number,
  moments: SecondMoments,
): Promise<DeepLinear> {
  const { inputs, classes, sigma31 } = moments;
  const shapes = weightShapes(layers, hidden, moments);
  const steps = await openSteps({
    graph: mapGraph(shapes),
    parameters: shapes,
    classes: inputs,
    loss: halfSquaredError(moments),
  });
  return {
    shapes,
    descend: async (start, rate, count) => {
      const target = new Float32Array(count * sigma31.length);
      for (let step = 0; step < count; step++) target.set(sigma31, step * sigma31.length);
      const shape = [count, classes, inputs];
      const fresh = { target: { dtype: 'float32' as const, shape, data: target } };
      const { weights, metrics } = await steps.take(start, fresh, count, rate);
      return { weights, losses: metrics['loss'] };
    },
    close: steps.close,
  };
}

/**
 * Weights in which every mode has strength u0, each layer the same part of it, and no mode disturbs another:
 * `W_l = a R_{l+1} R_lᵀ` with `a^{N_l - 1} = u0`, R_1 and R_{N_l} the singular vectors of Σ31, the others random.
 *
 * Reference: Saxe et al. 2014, section 3, arXiv:1312.6120
 */
export function decoupledWeights(
  shapes: readonly Trained[],
  u0: number,
  { inputs, classes, left, right }: Modes,
  root: Key,
): Weights {
  const last = shapes.length - 1;
  const [hidden] = shapes[0].shape;
  const a = u0 ** (1 / shapes.length);
  const modes = left.length;
  let frame = haarColumns(fold(root, weightName(0)), hidden, modes);
  const weights: [string, Tensor][] = [];
  const outer = (
    rows: number,
    columns: number,
    u: (mode: number, row: number) => number,
    v: (mode: number, column: number) => number,
  ): Tensor => {
    const data = new Float64Array(rows * columns);
    for (let mode = 0; mode < modes; mode++) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) data[i * columns + j] += a * u(mode, i) * v(mode, j);
      }
    }
    return float(data, [rows, columns]);
  };
  const framed = (mode: number, row: number): number => frame[mode * hidden + row];
  weights.push([shapes[0].name, outer(hidden, inputs, framed, (mode, j) => right[mode][j])]);
  for (const { name } of shapes.slice(1, last)) {
    // Rows of the weight are the columns of the Haar matrix, which is as random.
    const rotation = haarColumns(fold(root, name), hidden, hidden);
    weights.push([
      name,
      float(
        rotation.map((value) => a * value),
        [hidden, hidden],
      ),
    ]);
    frame = Float64Array.from({ length: modes * hidden }, (_, at) => {
      const [mode, row] = [Math.floor(at / hidden), at % hidden];
      let sum = 0;
      for (let k = 0; k < hidden; k++) sum += rotation[row * hidden + k] * framed(mode, k);
      return sum;
    });
  }
  const { name } = shapes[last];
  weights.push([name, outer(classes, hidden, (mode, i) => left[mode][i], framed)]);
  return Object.fromEntries(weights);
}

/** The strength of every mode, `u_i = left_iᵀ W_n … W_1 right_i`. */
export function strengths(
  shapes: readonly Trained[],
  weights: Weights,
  { left, right }: Modes,
): readonly number[] {
  return right.map((v, mode) => {
    let x = v;
    for (const { name, shape } of shapes) {
      const w = weights[name].data as Float32Array;
      const [rows, columns] = shape;
      x = Float64Array.from({ length: rows }, (_, i) => {
        let sum = 0;
        for (let j = 0; j < columns; j++) sum += w[i * columns + j] * x[j];
        return sum;
      });
    }
    return x.reduce((sum, value, i) => sum + value * left[mode][i], 0);
  });
}
