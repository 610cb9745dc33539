import { gaussianMean } from '../numeric/index.ts';
import type { Nonlinearity } from './nonlinearity.ts';

/** `E φ(√q z)²`, `z ~ N(0, 1)`: by the closed form where there is one, else by quadrature. */
export function secondMoment(activation: Nonlinearity, q: number): number {
  checkScale('secondMoment', q);
  return activation.secondMoment?.(q) ?? secondMomentByQuadrature(activation, q);
}

/**
 * `E φ'(√q z)²`, `z ~ N(0, 1)`: by the closed form where there is one, else by quadrature. Infinite where
 * `φ` itself jumps.
 */
export function derivativeSecondMoment(activation: Nonlinearity, q: number): number {
  checkScale('derivativeSecondMoment', q);
  if ((activation.jumps ?? []).length > 0) return Infinity;
  return activation.derivativeSecondMoment?.(q) ?? derivativeByQuadrature(activation, q);
}

/** `E φ(√q z)`, `z ~ N(0, 1)`: zero for odd activations, else by quadrature. */
export function firstMoment(activation: Nonlinearity, q: number): number {
  checkScale('firstMoment', q);
  return activation.odd ? 0 : overPreactivation(activation, q, activation.f);
}

/** `E φ(√q z)²` by quadrature, whether or not a closed form is known. */
export function secondMomentByQuadrature(activation: Nonlinearity, q: number): number {
  return overPreactivation(activation, q, (x) => activation.f(x) ** 2);
}

/** `E φ'(√q z)²` by quadrature, whether or not a closed form is known. */
export function derivativeByQuadrature(activation: Nonlinearity, q: number): number {
  return overPreactivation(activation, q, (x) => activation.df(x) ** 2);
}

/**
 * `E g(√q z)`, `z ~ N(0, 1)`, of a function that is smooth between the breakpoints of the activation, for
 * `q > 0`, by quadrature.
 */
export function overPreactivation(
  activation: Nonlinearity,
  q: number,
  g: (x: number) => number,
): number {
  const std = Math.sqrt(q);
  const { breakpoints: kinks, features = [] } = activation;
  const breakpoints = [...kinks, ...features].map((x) => x / std);
  // An activation bends near x = 0: if that is narrow in z, panels have to lead up to it.
  for (let x = 1; x < std; x *= 4) breakpoints.push(-x / std, x / std);
  return gaussianMean((z) => g(std * z), { breakpoints });
}

function checkScale(where: string, q: number): void {
  if (!(q > 0 && Number.isFinite(q))) {
    throw new RangeError(`${where}: q must be positive and finite, got ${q}`);
  }
}
