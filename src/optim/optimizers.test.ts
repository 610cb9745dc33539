import { expect, test } from 'vitest';
import golden from '../../test/golden/optimizers.json' with { type: 'json' };
import { gradient, gradientName } from '../autodiff/index.ts';
import { builder, encodeModel, modelOf, type Graph } from '../graph/index.ts';
import { openSession } from '../runtime/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { adam, adamw } from './adam.ts';
import { clipByGlobalNorm } from './clip.ts';
import type { Optimizer } from './optimizer.ts';
import { rmsprop } from './rmsprop.ts';
import { sgd } from './sgd.ts';

const f32 = (shape: readonly number[], values: readonly number[]): Tensor<'float32'> => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});

/** `(1 - x₀)² + 100 (x₁ - x₀²)² + ½ Σ a (w - t)²`, as in golden/optimizers.py. */
function landscape(): Graph {
  const b = builder('landscape');
  const x = b.input('x', 'float32', [2]);
  const w = b.input('w', 'float32', [2, 3]);
  const number = (name: string, value: number): string => b.constant(name, f32([], [value]));
  const at = (index: number): string =>
    b.node(`x${index}`, 'Gather', [
      x,
      b.constant(`index${index}`, {
        dtype: 'int64',
        shape: [],
        data: BigInt64Array.of(BigInt(index)),
      }),
    ]);
  const [x0, x1] = [at(0), at(1)];
  const short = b.node('short', 'Sub', [number('one', 1), x0]);
  const across = b.node('across', 'Sub', [x1, b.node('square', 'Mul', [x0, x0])]);
  const steep = b.node('steep', 'Mul', [
    number('hundred', 100),
    b.node('across2', 'Mul', [across, across]),
  ]);
  const off = b.node('off', 'Sub', [w, b.constant('t', f32([2, 3], [1, -2, 0.5, 0.25, 3, -1]))]);
  const curved = b.node('curved', 'Mul', [
    b.constant('a', f32([2, 3], [1, 0.1, 2, 0.5, 3, 0.02])),
    b.node('off2', 'Mul', [off, off]),
  ]);
  const parabola = b.node('parabola', 'Mul', [
    number('half', 0.5),
    b.node('total', 'ReduceSum', [curved], { keepdims: 0 }),
  ]);
  const valley = b.node('valley', 'Add', [b.node('short2', 'Mul', [short, short]), steep]);
  b.output('loss', b.node('sum', 'Add', [valley, parabola]), 'float32', []);
  return b.build();
}

const PARAMETERS = ['x', 'w'];
const SHAPES = { x: [2], w: [2, 3] } as const;

/** One step of an optimizer as a graph: `x`, `w`, their state and the clock in, `new(…)` of each out. */
function stepOf(optimizer: Optimizer, clip: number | null): Graph {
  const slopes = gradient(landscape(), { of: ['loss'], loss: 'sum' });
  const b = builder('step', { ...slopes, outputs: [] });
  const learningRate = b.input('rate', 'float32', []);
  const step = b.input('step', 'float64', []);
  const raw = PARAMETERS.map((name) => gradientName(name));
  const gradients = clip === null ? raw : clipByGlobalNorm(b, raw, clip).gradients;
  const update = optimizer.update(b, { learningRate, step });
  PARAMETERS.forEach((name, index) => {
    const shape = name === 'x' ? SHAPES.x : SHAPES.w;
    const kept = optimizer.state.map((slot) => b.input(`${slot}(${name})`, 'float32', shape));
    const slot = { name, parameter: name, gradient: gradients[index], state: kept };
    const { parameter, state } = update(slot);
    b.output(`new(${name})`, parameter, 'float32', shape);
    state.forEach((value, at) => b.output(`new(${kept[at]})`, value, 'float32', shape));
  });
  return b.build();
}

type Numbers = Readonly<Record<string, Tensor>>;

function startOf(optimizer: Optimizer): Record<string, Tensor> {
  const values: Record<string, Tensor> = {
    x: f32([2], [-1.2, 1]),
    w: f32([2, 3], [0, 0, 0, 0, 0, 0]),
  };
  for (const slot of optimizer.state) {
    values[`${slot}(x)`] = f32([2], [0, 0]);
    values[`${slot}(w)`] = f32([2, 3], [0, 0, 0, 0, 0, 0]);
  }
  return values;
}

const clock = (rate: number, step: number): Numbers => ({
  rate: f32([], [rate]),
  step: { dtype: 'float64', shape: [], data: Float64Array.of(step) },
});

const CASES: readonly (readonly [keyof typeof golden.cases, Optimizer, number | null])[] = [
  ['sgd', sgd(), null],
  ['sgd(weightDecay=0.1)', sgd({ weightDecay: 0.1 }), null],
  ['momentum', sgd({ momentum: 0.9 }), null],
  ['nesterov', sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.01 }), null],
  ['momentum, clipped at 10', sgd({ momentum: 0.5 }), 10],
  ['rmsprop', rmsprop(), null],
  [
    'rmsprop(alpha=0.9, epsilon=1e-3, weightDecay=0.1)',
    rmsprop({ alpha: 0.9, epsilon: 1e-3, weightDecay: 0.1 }),
    null,
  ],
  ['adam', adam(), null],
  [
    'adam(beta1=0.8, beta2=0.9, weightDecay=0.1)',
    adam({ beta1: 0.8, beta2: 0.9, weightDecay: 0.1 }),
    null,
  ],
  ['adamw', adamw({ weightDecay: 0.2 }), null],
];

test.each(CASES)(
  '%s: 20 steps in onnxruntime are those of PyTorch, up to the rounding of float32',
  async (name, optimizer, clip) => {
    const { rate, steps } = golden.cases[name];
    const session = await openSession(encodeModel(modelOf(stepOf(optimizer, clip))));
    let values = startOf(optimizer);
    for (const [index, expected] of steps.entries()) {
      const made = await session.run({ ...values, ...clock(rate, index + 1) });
      values = Object.fromEntries(
        Object.keys(values).map((key) => [key, made[`new(${key})`]] as const),
      );
      const found = [...values.x.data, ...values.w.data].map(Number);
      // Each step rounds a dozen times at 2⁻²⁴ of numbers up to 3; Rosenbrock's valley, whose largest curvature is
      // 1330 there, multiplies what was off by at most |1 - η 1330| < 1.4 at η = 1e-3, and Adam's step of η
      // takes the sign and size of g anew.
      const bound = 12 * 3 * 2 ** -24 * (index + 1) * 4;
      found.forEach((value, at) => {
        expect(Math.abs(value - expected[at]), `step ${index + 1}`).toBeLessThan(bound);
      });
    }
    await session.close();
  },
);
