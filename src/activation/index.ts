export type { Activation, ActivationParameter, Family } from './activation.ts';
export { activations } from './activations.ts';
export { derivativeSecondMoment, firstMoment, overPreactivation, secondMoment } from './moments.ts';
export type { Jump, Nonlinearity } from './nonlinearity.ts';
export { activation, activationText } from './parse.ts';
export { nonlinearity, type UserFunction } from './user-nonlinearity.ts';
