import type { Architecture } from './architecture.ts';
import { denseStack } from './mlp.ts';
import { readWords } from './text.ts';

const DEFAULTS = '256-256x20-256';

/** A deep linear network: `linear:256-256x20-256` is 21 dense layers with nothing between them. */
export const linear: Architecture = {
  name: 'linear',
  grammar: 'linear:INPUT-WIDTH[xCOUNT]-…-OUTPUT',
  description: 'Dense layers without activations, the deep linear network of the theory.',
  examples: ['linear:256-256x20-256', 'linear:784-10'],
  defaults: `linear:${DEFAULTS}`,
  build: (spec) => {
    readWords(spec, {});
    return denseStack(spec, DEFAULTS, { between: null });
  },
};
