import { emit } from '../emit.ts';
import {
  add,
  castLike,
  div,
  exceeds,
  indicator,
  keepWhere,
  mul,
  neg,
  plus,
  sumTo,
  times,
} from '../ops.ts';
import { scalar, typeOf, type Scope } from '../scope.ts';
import { isFloat } from '../../tensor/index.ts';
import { rule, type Lazy, type Rule } from './rule.ts';

const total: Rule = rule((s, { inputs }, g) => inputs.map((x) => () => sumTo(s, g, x)));

const mean: Rule = rule((s, { inputs }, g) =>
  inputs.map((x) => () => sumTo(s, times(s, 1 / inputs.length, g), x)),
);

/** `max` and `min`: the cotangent goes to the input that is the result, in equal parts where several are. */
const extreme: Rule = rule((s, { inputs, outputs: [y] }, g) => {
  const isIt = (x: string): string => indicator(s, emit(s, 'Equal', [x, y]), g);
  if (inputs.length === 1) return [() => g];
  const share = (): string => {
    const count = inputs.map(isIt).reduce((sum, one) => add(s, sum, one));
    return div(s, g, count);
  };
  return inputs.map((x) => () => sumTo(s, mul(s, isIt(x), share()), x));
});

/** `∂xᵖ/∂x = p xᵖ⁻¹` and `∂xᵖ/∂p = xᵖ ln x`, which is 0 where `x ≤ 0`. */
const power: Rule = rule((s, { inputs: [x, p], outputs: [y] }, g) => {
  const exponent = typeOf(s, p).value;
  const ofBase = (): string => {
    if (exponent?.length === 1) {
      if (exponent[0] === 1) return sumTo(s, g, x);
      if (exponent[0] === 2) return sumTo(s, times(s, 2, mul(s, g, x)), x);
      const lower = emit(s, 'Pow', [x, scalar(s, exponent[0] - 1, x)]);
      return sumTo(s, times(s, exponent[0], mul(s, g, lower)), x);
    }
    const as = castLike(s, p, x);
    const slope = mul(s, as, emit(s, 'Pow', [x, plus(s, as, -1)]));
    const isFlat = emit(s, 'Equal', [as, scalar(s, 0, x)]);
    return sumTo(s, mul(s, g, emit(s, 'Where', [isFlat, scalar(s, 0, x), slope])), x);
  };
  const ofExponent = (): string => {
    const isPositive = exceeds(s, x, 0);
    const log = emit(s, 'Log', [emit(s, 'Where', [isPositive, x, scalar(s, 1, x)])]);
    return sumTo(s, castLike(s, mul(s, mul(s, g, y), log), p), p);
  };
  return [ofBase, ofExponent];
});

const clip: Rule = rule((s, { inputs: [x, low = '', high = ''] }, g) => {
  const isBelow = (): string => emit(s, 'Less', [x, low]);
  const isAbove = (): string => emit(s, 'Greater', [x, high]);
  const sides = [...(low === '' ? [] : [isBelow]), ...(high === '' ? [] : [isAbove])];
  const inside = (): string => {
    if (sides.length === 0) return g;
    const out = sides.map((side) => side()).reduce((a, b) => emit(s, 'Or', [a, b]));
    return keepWhere(s, emit(s, 'Not', [out]), g);
  };
  return [
    inside,
    () => sumTo(s, keepWhere(s, isBelow(), g), low),
    () => sumTo(s, keepWhere(s, isAbove(), g), high),
  ];
});

/** `mod(a, b) = a - b ⌊a/b⌋`, or with `trunc` for `fmod`, from the values themselves. */
const remainder: Rule = rule((s, { inputs: [a, b], outputs: [y] }, g) => {
  const quotient = (): string => div(s, emit(s, 'Sub', [a, y]), b);
  return [() => sumTo(s, g, a), () => sumTo(s, neg(s, mul(s, g, quotient())), b)];
});

function onlyFloat(s: Scope, value: string, write: () => string): Lazy {
  const { dtype } = typeOf(s, value);
  return dtype === null || isFloat(dtype) ? write : null;
}

/** Arithmetic with broadcasting. */
export const arithmetic: Readonly<Record<string, Rule>> = {
  Add: total,
  Sum: total,
  Mean: mean,
  Sub: rule((s, { inputs: [a, b] }, g) => [() => sumTo(s, g, a), () => sumTo(s, neg(s, g), b)]),
  Mul: rule((s, { inputs: [a, b] }, g) => [
    () => sumTo(s, mul(s, g, b), a),
    () => sumTo(s, mul(s, g, a), b),
  ]),
  Div: rule((s, { inputs: [a, b], outputs: [y] }, g) => [
    () => sumTo(s, div(s, g, b), a),
    () => sumTo(s, neg(s, div(s, mul(s, g, y), b)), b),
  ]),
  Pow: power,
  Mod: remainder,
  Max: extreme,
  Min: extreme,
  Clip: clip,
  Where: rule((s, { inputs: [condition, a, b] }, g) => [
    null,
    onlyFloat(s, a, () => sumTo(s, keepWhere(s, condition, g), a)),
    onlyFloat(s, b, () => sumTo(s, keepWhere(s, emit(s, 'Not', [condition]), g), b)),
  ]),
  CumSum: rule((s, { inputs: [, axis], attributes }, g) => [
    () =>
      emit(s, 'CumSum', [g, axis], { ...attributes, reverse: attributes.reverse === 1 ? 0 : 1 }),
  ]),
};
