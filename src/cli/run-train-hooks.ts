import {
  jacobianHook,
  momentsHook,
  type Hook,
  type OpenHook,
  type Trainer,
} from '../experiment/index.ts';
import type { Feeds } from '../measure/index.ts';
import { subjectOf, type Material } from './run-train-subject.ts';
import type { Recipe } from './training-recipe.ts';

/** Examples that measurements are taken on, as many as the network takes where it takes no other number. */
const EXAMPLES = { moments: 64, jacobian: 8 } as const;

/** Name of the hook that evaluates the examples that are held back for validation. */
export const validation = 'validation';

/** The measurements that a recipe asks for. They hold memory until `close`. */
export async function hooksOf(
  material: Material,
  recipe: Recipe,
  trainer: Trainer,
  say: (what: string) => void,
): Promise<{ readonly hooks: readonly Hook[]; readonly close: () => Promise<void> }> {
  const opened: OpenHook[] = [];
  const close = async (): Promise<void> => {
    for (const hook of opened) await hook.close();
  };
  try {
    for (const name of recipe.measure) {
      say(`Compiling the measurement of ${name}`);
      const open = name === 'moments' ? momentsHook : jacobianHook;
      const feeds = examplesOf(material, EXAMPLES[name]);
      opened.push(
        await open(subjectOf(material, recipe), {
          every: recipe.measureEvery,
          feeds,
          threads: recipe.threads,
        }),
      );
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { hooks: [...validationHook(material, recipe, trainer), ...opened], close };
}

/** The first examples of the test set, or of the training set where there is none. */
function examplesOf({ data, graph }: Material, most: number): Feeds {
  const fixed = graph.inputs.map(({ shape }) => shape?.[0]);
  const set = data.test ?? data.train;
  const count = fixed.find((extent) => typeof extent === 'number') ?? Math.min(most, set.count);
  const indices = Uint32Array.from({ length: count }, (_, index) => index % set.count);
  return set.batch(indices, null).inputs;
}

function validationHook({ data }: Material, recipe: Recipe, trainer: Trainer): Hook[] {
  const set = data.validation;
  if (set === null) return [];
  return [
    {
      name: validation,
      every: recipe.evalEvery,
      measure: async () => {
        const { examples, loss, accuracy } = await trainer.evaluate(set);
        return { examples, loss, ...(accuracy === null ? {} : { accuracy }) };
      },
    },
  ];
}
