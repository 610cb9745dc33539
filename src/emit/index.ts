import type { Plan } from '../advise/index.ts';
import type { Network } from '../network/index.ts';
import { flaxProgram } from './flax.ts';
import { jaxProgram } from './jax.ts';
import { kerasProgram } from './keras.ts';
import { torchProgram } from './torch.ts';

/** The frameworks that a plan can be written for. */
export const frameworks = ['torch', 'jax', 'flax', 'keras'] as const;

/** One of `frameworks`. */
export type Framework = (typeof frameworks)[number];

const PROGRAMS: {
  readonly [F in Framework]: (plan: Plan, network: Network) => string;
} = { torch: torchProgram, jax: jaxProgram, flax: flaxProgram, keras: kerasProgram };

/**
 * A short program in Python that gives a model in a framework the weights that a plan asks for, by the
 * names of its parameters: the same schemes and standard deviations, drawn by the framework itself.
 * `network` is what the plan was made for. Throws what a scheme throws that is not defined for a tensor.
 */
export function emitProgram(plan: Plan, network: Network, framework: Framework): string {
  return PROGRAMS[framework](plan, network);
}
