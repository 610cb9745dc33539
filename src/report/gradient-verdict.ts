import type { MeasuredLayer } from '../measure/index.ts';
import { formatNumber } from './number.ts';

/** Factor on the squared length of gradients beyond which they are lost: six depth scales, as in predictions. */
const LOST = Math.exp(6);

/** What becomes of gradients whose squared length changes by a factor on the way back. */
export type GradientFate = 'live' | 'vanish' | 'explode';

/** Gradients are lost beyond a factor of e⁶, either way. */
export function fateOfGradient(factor: number): GradientFate {
  return factor > LOST ? 'explode' : factor < 1 / LOST ? 'vanish' : 'live';
}

/** What becomes of the gradient on its way back. */
export interface GradientCourse {
  /** The first linear layer that a gradient reaches. */
  readonly first: MeasuredLayer;
  /** The last hidden one, or the residual sum behind it. */
  readonly last: MeasuredLayer;
  /** Squared length of the gradient at the first over that at the last. */
  readonly factor: number;
}

const lengthOf = ({ gradientSecondMoment, size }: MeasuredLayer): number =>
  (gradientSecondMoment ?? 0) * size;

/**
 * By how much the squared length of gradients, `size · E g²`, changes from the last hidden linear layer,
 * or the residual sum between it and the head, back to the first (of two layers at least); `null` where gradients
 * were not measured, or not finite or 0.
 */
export function gradientCourse(layers: readonly MeasuredLayer[]): GradientCourse | null {
  const linear = layers.filter(({ kind }) => kind === 'linear');
  const hidden = (linear.length > 1 ? linear.slice(0, -1) : linear).filter(isReached);
  const [first, lastLinear] = [hidden.at(0), hidden.at(-1)];
  if (first === undefined || lastLinear === undefined || first === lastLinear) return null;
  const head = layers.indexOf(linear[linear.length - 1]);
  const last =
    layers
      .slice(layers.indexOf(lastLinear), head)
      .findLast((layer) => layer.kind === 'sum' && isReached(layer)) ?? lastLinear;
  const factor = lengthOf(first) / lengthOf(last);
  return factor > 0 && factor < Infinity ? { first, last, factor } : null;
}

const isReached = ({ gradientSecondMoment }: MeasuredLayer): boolean =>
  gradientSecondMoment !== null;

/** What becomes of the gradient, in a sentence; `null` where it was not measured. */
export function gradientSentence(layers: readonly MeasuredLayer[]): string | null {
  const wild = layers.findLast(({ gradientNotFinite }) => gradientNotFinite !== undefined);
  if (wild !== undefined) {
    return `On the way back, gradients are not finite from \`${wild.name}\` on.`;
  }
  const course = gradientCourse(layers);
  if (course === null) {
    const reached = layers.filter(({ gradientSecondMoment }) => gradientSecondMoment !== null);
    return reached.length > 1 && reached.every(({ gradientSecondMoment: g }) => g === 0)
      ? 'No gradient leaves the output: it is 0 in every layer.'
      : null;
  }
  const { first, last, factor } = course;
  const fate = fateOfGradient(factor);
  const times = formatNumber(Number(factor.toPrecision(3)));
  return `Gradients ${fate}: their squared length at \`${first.name}\` is ${times} times that at \`${last.name}\`.`;
}
