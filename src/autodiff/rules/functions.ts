import { emit } from '../emit.ts';
import { add, div, mul, neg, plus, sub, times } from '../ops.ts';
import { scalar, type Scope } from '../scope.ts';
import { rule, type Rule } from './rule.ts';

/** A function of one value: `x̄ = ȳ · f'(x)`, with `f'` written from `x` and `y = f(x)`. */
function slope(write: (s: Scope, x: string, y: string) => string): Rule {
  return rule((s, { inputs: [x], outputs: [y] }, g) => [() => mul(s, g, write(s, x, y))]);
}

/** `ȳ / d(x)`. */
function over(write: (s: Scope, x: string, y: string) => string): Rule {
  return rule((s, { inputs: [x], outputs: [y] }, g) => [() => div(s, g, write(s, x, y))]);
}

const square = (s: Scope, x: string): string => mul(s, x, x);
const sqrt = (s: Scope, x: string): string => emit(s, 'Sqrt', [x]);

/** `1 - x`. */
function oneMinus(s: Scope, x: string): string {
  return sub(s, scalar(s, 1, x), x);
}

/** Functions of mathematics, element by element. */
export const functions: Readonly<Record<string, Rule>> = {
  Identity: rule((_, __, g) => [() => g]),
  Neg: rule((s, _, g) => [() => neg(s, g)]),
  Abs: slope((s, x) => emit(s, 'Sign', [x])),
  Reciprocal: rule((s, { outputs: [y] }, g) => [() => neg(s, mul(s, g, square(s, y)))]),
  Sqrt: over((s, _, y) => times(s, 2, y)),
  Exp: slope((_, __, y) => y),
  Log: over((_, x) => x),
  Sin: slope((s, x) => emit(s, 'Cos', [x])),
  Cos: slope((s, x) => neg(s, emit(s, 'Sin', [x]))),
  Tan: slope((s, _, y) => plus(s, square(s, y), 1)),
  Asin: over((s, x) => sqrt(s, oneMinus(s, square(s, x)))),
  Acos: over((s, x) => neg(s, sqrt(s, oneMinus(s, square(s, x))))),
  Atan: over((s, x) => plus(s, square(s, x), 1)),
  Sinh: slope((s, x) => emit(s, 'Cosh', [x])),
  Cosh: slope((s, x) => emit(s, 'Sinh', [x])),
  Tanh: slope((s, _, y) => oneMinus(s, square(s, y))),
  Asinh: over((s, x) => sqrt(s, plus(s, square(s, x), 1))),
  Acosh: over((s, x) => sqrt(s, plus(s, square(s, x), -1))),
  Atanh: over((s, x) => oneMinus(s, square(s, x))),
  Erf: slope((s, x) => times(s, 2 / Math.sqrt(Math.PI), emit(s, 'Exp', [neg(s, square(s, x))]))),
  Sigmoid: slope((s, _, y) => mul(s, y, oneMinus(s, y))),
  Softplus: slope((s, x) => emit(s, 'Sigmoid', [x])),
  Softsign: over((s, x) => square(s, plus(s, emit(s, 'Abs', [x]), 1))),
  Gelu: rule((s, { inputs: [x], attributes }, g) => [
    () => mul(s, g, attributes.approximate === 'tanh' ? tanhGelu(s, x) : exactGelu(s, x)),
  ]),
};

/** `Φ(x) + x φ(x) = ½ + ½ erf u + u exp(-u² - ½ ln π)` with `u = x/√2`, in few passes over the data. */
function exactGelu(s: Scope, x: string): string {
  const u = times(s, Math.SQRT1_2, x);
  const phi = plus(s, times(s, 0.5, emit(s, 'Erf', [u])), 0.5);
  const exponent = sub(s, scalar(s, -0.5 * Math.log(Math.PI), x), square(s, u));
  return add(s, phi, mul(s, u, emit(s, 'Exp', [exponent])));
}

/** `½(1 + t) + ½x(1 - t²)u'` with `t = tanh u`, `u = √(2/π)(x + 0.044715x³)`. */
function tanhGelu(s: Scope, x: string): string {
  const c = Math.sqrt(2 / Math.PI);
  const x2 = square(s, x);
  const u = times(s, c, mul(s, x, plus(s, times(s, 0.044715, x2), 1)));
  const t = emit(s, 'Tanh', [u]);
  const du = times(s, c, plus(s, times(s, 3 * 0.044715, x2), 1));
  const curved = mul(s, mul(s, x, oneMinus(s, square(s, t))), du);
  return times(s, 0.5, add(s, plus(s, t, 1), curved));
}
