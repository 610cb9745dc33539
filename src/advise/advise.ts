import type { Network, ParameterInfo } from '../network/index.ts';
import { overrideFor, type Overrides } from './overrides.ts';
import {
  FORGET_BIAS,
  KEEP,
  type Choice,
  type Plan,
  type PlanEntry,
  type PlannedBlock,
} from './plan.ts';
import { ruleFor, type Advice } from './rules/index.ts';
import { isDrawn, meanOf, specOfParameter, stdOf } from './spec.ts';
import { whyNot } from './why-not.ts';

/** Options of `advise`. */
export interface AdviseOptions extends Overrides {
  /** The name of the model, for the plan. */
  readonly model: string;
  readonly seed: number;
}

/**
 * Makes the plan for a network: for every stored float tensor a scheme with its options, the standard
 * deviation, and the reason. `RangeError` if a scheme asked for fits no weight, if a network scheme does
 * not apply, if a pattern matches nothing, or if a weight is computed at run time and not kept.
 */
export function advise(network: Network, options: AdviseOptions): Plan {
  const override = overrideFor(network, options);
  const parameters = network.parameters.map((parameter) => {
    const { advice, unfit } = override(parameter);
    if (advice === null && parameter.problem !== null && !parameter.problem.includes('not known')) {
      throw new RangeError(
        `${parameter.problem}; fold it into a stored tensor, or keep ${parameter.name} as it is with --keep`,
      );
    }
    const own = advice ?? ruleFor(parameter.role)(parameter, network);
    return entryFor(parameter, unfit === null ? own : { ...own, reason: `${own.reason} ${unfit}` });
  });
  const { model, seed } = options;
  return { version: 1, model, seed, parameters, whyNot: whyNot(network) };
}

/** The entry of a plan that an advice makes of a parameter. */
export function entryFor(parameter: ParameterInfo, advice: Advice): PlanEntry {
  const blocks = blocksFor(parameter, advice);
  const std = spread(parameter, advice, blocks);
  return {
    name: parameter.name,
    shape: parameter.shape,
    role: parameter.role,
    fanIn: parameter.fanIn,
    fanOut: parameter.fanOut,
    activation: parameter.followedBy,
    precededBy: parameter.precededBy,
    scheme: advice.scheme,
    options: advice.options,
    blocks,
    std,
    bound: std === null ? null : Math.sqrt(3) * std,
    reason: advice.reason,
    reference: advice.reference,
  };
}

function blocksFor(parameter: ParameterInfo, advice: Advice): PlannedBlock[] {
  if (advice.scheme === KEEP) return [];
  return parameter.blocks.map((block): PlannedBlock => {
    const whole: Choice =
      advice.scheme === FORGET_BIAS
        ? { scheme: 'zeros', options: {} }
        : { scheme: advice.scheme, options: advice.options };
    const { scheme, options } = advice.blockChoices?.[block.name] ?? whole;
    return { ...block, scheme, options };
  });
}

/** Standard deviation of one element of the whole tensor; over blocks, of their mixture. */
function spread(
  parameter: ParameterInfo,
  advice: Advice,
  blocks: readonly PlannedBlock[],
): number | null {
  if (advice.scheme === KEEP) return null;
  if (blocks.length === 0) {
    return isDrawn(advice) ? stdOf(advice, specOfParameter(parameter), parameter.name) : null;
  }
  let elements = 0;
  let sum = 0;
  let squares = 0;
  for (const block of blocks) {
    const size = block.shape.reduce((product, extent) => product * extent, 1);
    const spec = specOfParameter(parameter, block);
    const where = `${parameter.name} (${block.name})`;
    const [mean, std] = [meanOf(block, spec, where), stdOf(block, spec, where)];
    elements += size;
    sum += size * mean;
    squares += size * (std ** 2 + mean ** 2);
  }
  return elements === 0 ? 0 : Math.sqrt(Math.max(0, squares / elements - (sum / elements) ** 2));
}
