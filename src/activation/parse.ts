import { closest } from 'fastest-levenshtein';
import type { Activation } from './activation.ts';
import { activations } from './activations.ts';

const BY_NAME: ReadonlyMap<string, Activation> = new Map(activations.map((a) => [a.name, a]));

/** Other names that people know an activation by, for the advice in an error. */
const KNOWN_AS: Readonly<Record<string, string>> = {
  identity: 'linear',
  none: 'linear',
  swish: 'silu',
  quick_gelu: 'gelu',
  gelu_new: 'gelu_tanh',
  rectifier: 'relu',
  logistic: 'sigmoid',
  atan: 'arctan',
  siren: 'sin',
};

/**
 * The activation that a text names: `tanh`, `leaky_relu`, or with its parameter `leaky_relu:0.2`.
 * `RangeError` for an unknown name, a parameter where there is none or a value that is not allowed.
 */
export function activation(text: string): Activation {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const found = BY_NAME.get(name);
  if (found === undefined) {
    const alike = closest(name.toLowerCase().replaceAll(/[\s-]+/g, '_'), [
      ...BY_NAME.keys(),
      ...Object.keys(KNOWN_AS),
    ]);
    throw new RangeError(
      `activation: name must be one of ${[...BY_NAME.keys()].join(', ')}, got ${name}; ` +
        `the nearest is ${KNOWN_AS[alike] ?? alike}`,
    );
  }
  if (colon < 0) return found;
  if (found.parameter === undefined) {
    throw new RangeError(`activation: ${name} must stand without a parameter, got ${text}`);
  }
  const { parameter } = found;
  const digits = text.slice(colon + 1).trim();
  const value = digits === '' ? Number.NaN : Number(digits);
  if (Number.isNaN(value)) {
    throw new RangeError(`activation: ${parameter.name} must be a number, got ${text}`);
  }
  return parameter.with(value);
}

/** The text that names an activation, such as `tanh` or `leaky_relu:0.2`; `activation` reads it back. */
export function activationText({ name, parameter }: Activation): string {
  return parameter === undefined ? name : `${name}:${parameter.value}`;
}
