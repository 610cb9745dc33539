import { activation, type Activation, type Nonlinearity } from '../../activation/index.ts';
import type { Builder } from '../../graph/index.ts';
import type { Shaping } from './shape.ts';

/** The numbers of `φ̂(x) = outputScale · (φ(inputScale · x + inputShift) + outputShift)`. */
export type Transform = Pick<
  Shaping,
  'inputScale' | 'inputShift' | 'outputShift' | 'outputScale' | 'negativeSlope'
>;

/** `φ` itself, or the leaky ReLU with the slope that shaping gave it. */
export function withSlope<T extends Nonlinearity>(
  phi: T,
  { negativeSlope }: Transform,
): T | Activation {
  return negativeSlope === null ? phi : activation(`leaky_relu:${negativeSlope}`);
}

/**
 * The shaped activation `φ̂(x) = γ(φ(αx + β) + δ)` as a nonlinearity of its own, for maps and spectra.
 * `phi` is what was shaped. Closed forms stay where the transform is a scale alone.
 */
export function shapedNonlinearity(phi: Nonlinearity, transform: Transform): Nonlinearity {
  const base = withSlope(phi, transform);
  const { inputScale, inputShift, outputShift, outputScale } = transform;
  const gain = outputScale * inputScale;
  const isScale = inputShift === 0 && outputShift === 0;
  const input2 = inputScale * inputScale;
  const output2 = outputScale * outputScale;
  const { secondMoment, derivativeSecondMoment, covariance, derivativeCovariance } = base;
  return {
    name: `shaped ${phi.name}`,
    f: (x) => outputScale * (base.f(inputScale * x + inputShift) + outputShift),
    df: (x) => gain * base.df(inputScale * x + inputShift),
    breakpoints: base.breakpoints.map((x) => (x - inputShift) / inputScale),
    ...(base.jumps !== undefined && {
      jumps: base.jumps.map(({ at, height }) => ({
        at: (at - inputShift) / inputScale,
        height: outputScale * height,
      })),
    }),
    homogeneous: isScale && base.homogeneous,
    odd: isScale && base.odd,
    ...(isScale &&
      secondMoment !== undefined && {
        secondMoment: (q: number) => output2 * secondMoment(input2 * q),
      }),
    ...(inputShift === 0 &&
      derivativeSecondMoment !== undefined && {
        derivativeSecondMoment: (q: number) => gain * gain * derivativeSecondMoment(input2 * q),
      }),
    ...(isScale &&
      covariance !== undefined && {
        covariance: (q1: number, q2: number, k: number) =>
          output2 * covariance(input2 * q1, input2 * q2, input2 * k),
      }),
    ...(inputShift === 0 &&
      derivativeCovariance !== undefined && {
        derivativeCovariance: (q1: number, q2: number, k: number) =>
          gain * gain * derivativeCovariance(input2 * q1, input2 * q2, input2 * k),
      }),
  };
}

/**
 * Applies a shaped activation to the value `x` of a graph: `Mul`, `Add`, `φ`, `Add`, `Mul` with stored
 * scalars, less those that change nothing. Returns the name of the result. The last node is called `name`,
 * everything else `name/…`.
 */
export function buildShaped(
  builder: Builder,
  name: string,
  x: string,
  phi: Activation,
  transform: Transform,
): string {
  const { inputScale, inputShift, outputShift, outputScale } = transform;
  const base = withSlope(phi, transform);
  type Step = (nodeName: string, value: string) => string;
  const apply =
    (operator: 'Add' | 'Mul', what: string, number: number): Step =>
    (nodeName, value) => {
      const data = Float32Array.of(number);
      const constant = builder.constant(`${name}/${what}`, { dtype: 'float32', shape: [], data });
      return builder.node(nodeName, operator, [value, constant]);
    };
  const steps: (readonly [string, Step])[] = [];
  if (inputScale !== 1) steps.push(['scaled', apply('Mul', 'input_scale', inputScale)]);
  if (inputShift !== 0) steps.push(['shifted', apply('Add', 'input_shift', inputShift)]);
  steps.push(['activation', (nodeName, value) => base.build(builder, nodeName, value)]);
  if (outputShift !== 0) steps.push(['centred', apply('Add', 'output_shift', outputShift)]);
  if (outputScale !== 1) steps.push(['rescaled', apply('Mul', 'output_scale', outputScale)]);
  return steps.reduce(
    (value, [what, step], i) => step(i === steps.length - 1 ? name : `${name}/${what}`, value),
    x,
  );
}
