import { describe, expect, test } from 'vitest';
import { gradient, gradientName } from '../autodiff/index.ts';
import { builder, encodeModel, modelOf, type Builder, type Graph } from '../graph/index.ts';
import { openSession } from '../runtime/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { nextName, rolesOf, stackName, stateName, stepsGraph } from '../train/index.ts';
import { adam, adamw } from './adam.ts';
import type { Optimizer } from './optimizer.ts';
import { rmsprop } from './rmsprop.ts';
import { constant, cosine, type Schedule } from './schedule.ts';
import { sgd } from './sgd.ts';

const f32 = (shape: readonly number[], values: readonly number[]): Tensor<'float32'> => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});

/** A function of `x` with one minimum. */
interface Landscape {
  readonly start: readonly number[];
  readonly minimum: readonly number[];
  readonly build: (b: Builder, x: string) => string;
}

/** `½ Σ a (x - t)²`, whose curvatures differ by a factor of 30. */
const parabola: Landscape = {
  start: [0, 0, 0, 0],
  minimum: [1, -2, 0.5, 3],
  build: (b, x) => {
    const t = b.constant('t', f32([4], [1, -2, 0.5, 3]));
    const off = b.node('off', 'Sub', [x, t]);
    const half = b.constant('half_a', f32([4], [0.5, 0.05, 1, 1.5]));
    const each = b.node('each', 'Mul', [half, b.node('square', 'Mul', [off, off])]);
    return b.node('sum', 'ReduceSum', [each], { keepdims: 0 });
  },
};

/** `(1 - x₀)² + 100 (x₁ - x₀²)²`. */
const rosenbrock: Landscape = {
  start: [-1.2, 1],
  minimum: [1, 1],
  build: (b, x) => {
    const number = (name: string, value: number): string => b.constant(name, f32([], [value]));
    const split = { axis: 0, num_outputs: 2 };
    const x0 = b.node('part', 'Split', [x], split, 2);
    const short = b.node('short', 'Sub', [number('one', 1), x0]);
    const bent = b.node('bent', 'Mul', [x0, x0]);
    const across = b.node('across', 'Sub', ['part_output_1', bent]);
    const steep = b.node('steep', 'Mul', [
      number('hundred', 100),
      b.node('across2', 'Mul', [across, across]),
    ]);
    const both = b.node('both', 'Add', [b.node('short2', 'Mul', [short, short]), steep]);
    return b.node('sum', 'ReduceSum', [both], { keepdims: 0 });
  },
};

/** One step of an optimizer downhill. */
function stepOf({ start, build }: Landscape, optimizer: Optimizer): Graph {
  const shape = [start.length];
  const height = builder('height');
  height.output('loss', build(height, height.input('x', 'float32', shape)), 'float32', []);
  const slopes = gradient(height.build(), { of: ['loss'], keep: ['loss'], loss: 'sum' });
  const outputs = slopes.outputs.filter(({ name }) => name === 'loss');
  const b = builder('step', { ...slopes, outputs });
  const learningRate = b.input('learning_rate', 'float32', []);
  const step = b.input('step', 'float64', []);
  const kept = optimizer.state.map((slot) => b.input(stateName(slot, 'x'), 'float32', shape));
  const update = optimizer.update(b, { learningRate, step });
  const slot = { name: 'x', parameter: 'x', gradient: gradientName('x'), state: kept };
  const { parameter, state } = update(slot);
  b.output(nextName('x'), parameter, 'float32', shape);
  state.forEach((value, at) => b.output(nextName(kept[at]), value, 'float32', shape));
  return b.build();
}

/** Where many steps lead to. */
async function endOf(
  landscape: Landscape,
  optimizer: Optimizer,
  schedule: Schedule,
  steps: number,
): Promise<number[]> {
  const step = stepOf(landscape, optimizer);
  const shape = [landscape.start.length];
  const feeds = rolesOf(step).carried.map((name) => {
    const values = name === 'x' ? landscape.start : landscape.start.map(() => 0);
    return [name, f32(shape, values)] as const;
  });
  const session = await openSession(encodeModel(modelOf(stepsGraph(step))));
  const made = await session.run({
    ...Object.fromEntries(feeds),
    steps: { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(steps)) },
    first_step: { dtype: 'float64', shape: [], data: Float64Array.of(1) },
    [stackName('learning_rate')]: f32(
      [steps],
      Array.from({ length: steps }, (_, index) => schedule(index)),
    ),
  });
  await session.close();
  return Array.from(made[nextName('x')].data, Number);
}

/** How far from the minimum counts as there; the starts are 1 to 3 away. */
const THERE = 1e-3;

/**
 * Steps to the parabola, then to Rosenbrock's valley. Gradient descent comes closer by `1 - η λ` a step along the flattest
 * direction: λ = 0.1 and 0.4. RMSProp and Adam take steps of about η, however flat it is, and so need an η that
 * falls to 0.
 */
const WAYS: readonly (readonly [string, Optimizer, readonly Way[]])[] = [
  ['sgd', sgd(), [way(0.5, 400), way(1e-3, 24_000)]],
  ['momentum', sgd({ momentum: 0.9 }), [way(0.1, 400), way(5e-4, 6000)]],
  ['nesterov', sgd({ momentum: 0.9, nesterov: true }), [way(0.1, 400), way(5e-4, 6000)]],
  ['rmsprop', rmsprop(), [falling(0.05, 600), falling(0.005, 10_000)]],
  ['adam', adam(), [falling(0.1, 600), falling(0.05, 5000)]],
  ['adamw', adamw({ weightDecay: 0 }), [falling(0.1, 600), falling(0.05, 5000)]],
];

interface Way {
  readonly schedule: Schedule;
  readonly steps: number;
}

function way(rate: number, steps: number): Way {
  return { schedule: constant(rate), steps };
}

function falling(rate: number, steps: number): Way {
  return { schedule: cosine(rate, steps), steps };
}

describe.each(WAYS)('%s', (_name, optimizer, [first, second]) => {
  test('reaches the minimum of a parabola', async () => {
    const end = await endOf(parabola, optimizer, first.schedule, first.steps);
    end.forEach((value, i) => expect(Math.abs(value - parabola.minimum[i])).toBeLessThan(THERE));
  });

  test('reaches the minimum of Rosenbrock’s valley', async () => {
    const end = await endOf(rosenbrock, optimizer, second.schedule, second.steps);
    end.forEach((value, i) => expect(Math.abs(value - rosenbrock.minimum[i])).toBeLessThan(THERE));
  });
});

test('weight decay draws the minimum of a parabola towards 0 by a/(a + λ)', async () => {
  // ½ a (x - t)² + ½ λ x² has its minimum at a t/(a + λ).
  const [a, t, lambda] = [[1, 0.1, 2, 3], parabola.minimum, 0.5];
  const end = await endOf(parabola, sgd({ weightDecay: lambda }), constant(0.3), 400);
  // Steps of η (a + λ) (x - x*) below half of 2⁻²³ |x| are lost: η (a + λ) ≥ 0.18.
  const rounding = (value: number): number => (8 * 2 ** -24 * Math.abs(value)) / 0.18;
  end.forEach((value, i) => {
    const expected = (a[i] * t[i]) / (a[i] + lambda);
    expect(Math.abs(value - expected)).toBeLessThan(rounding(t[i]));
  });
});
