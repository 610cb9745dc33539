import type { Activation } from './activation.ts';
import { clippedSecondMoment, insideProbability } from './hard-tanh.ts';
import { positive } from './parameter.ts';

/**
 * `φ(x) = min(max(alpha · x + ½, 0), 1)`. ONNX and Keras 2 have `alpha = 0.2`; PyTorch and Keras 3
 * have 1/6, which ONNX files from PyTorch say in the attribute.
 */
export function hardSigmoid(alpha: number = 0.2): Activation {
  positive('hard_sigmoid', 'alpha', alpha);
  const edge = 0.5 / alpha;
  const slope2 = alpha * alpha;
  return {
    name: 'hard_sigmoid',
    parameter: { name: 'alpha', value: alpha, default: 0.2, with: hardSigmoid },
    f: (x) => Math.min(Math.max(alpha * x + 0.5, 0), 1),
    df: (x) => (x > -edge && x <= edge ? alpha : 0),
    breakpoints: [-edge, edge],
    family: 'sigmoidal',
    homogeneous: false,
    odd: false,
    saturates: { low: 0, high: 1 },
    secondMoment: (q) => 0.25 * (1 + clippedSecondMoment(4 * slope2 * q)),
    derivativeSecondMoment: (q) => slope2 * insideProbability(4 * slope2 * q),
    build: (builder, name, x) => builder.node(name, 'HardSigmoid', [x], { alpha, beta: 0.5 }),
  };
}
