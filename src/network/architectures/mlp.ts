import { activation, type Activation } from '../../activation/index.ts';
import { builder, type Graph } from '../../graph/index.ts';
import type { Architecture } from './architecture.ts';
import { dense } from './parts.ts';
import { widthsOf } from './sizes.ts';
import { readWords, type ArchitectureText } from './text.ts';

const DEFAULTS = '784-512x10-10';

/** A multilayer perceptron: `mlp:784-512x10-10:relu` has ten hidden layers of 512. */
export const mlp: Architecture = {
  name: 'mlp',
  grammar: 'mlp:INPUT-WIDTH[xCOUNT]-…-OUTPUT[:ACTIVATION]',
  description:
    'Dense layers with an activation after each but the last (relu if none is named). ' +
    'WIDTHxCOUNT is COUNT hidden layers of that width.',
  examples: ['mlp:784-512x10-10:relu', 'mlp:784-300-100-10:tanh', 'mlp:32-64x5-1:leaky_relu:0.2'],
  defaults: `mlp:${DEFAULTS}:relu`,
  build: (spec) => {
    const words = readWords(spec, { activations: true });
    return denseStack(spec, DEFAULTS, words.activation ?? activation('relu'));
  },
};

/** Dense layers `layers.0`, `layers.1`, … with an activation between them, if there is one. */
export function denseStack(
  spec: ArchitectureText,
  defaults: string,
  between: Activation | null,
): Graph {
  const rule = `widths must be positive integers like ${defaults}`;
  const widths = widthsOf({ name: spec.name, rule }, spec.sizes ?? defaults);
  const last = widths.length - 1;
  const b = builder(spec.text);
  let x = b.input('input', 'float32', ['batch', widths[0]]);
  for (let layer = 0; layer < last; layer++) {
    x = dense(b, `layers.${layer}`, x, widths[layer], widths[layer + 1]);
    if (between !== null && layer < last - 1) x = between.build(b, `activations.${layer}`, x);
  }
  b.output('output', x, 'float32', ['batch', widths[last]]);
  return b.build();
}
