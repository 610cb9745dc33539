import { resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { checkRunFolder, createRunFolder } from '../files/index.ts';
import { UsageError } from './failure.ts';
import { resumeTraining } from './run-train-resume.ts';
import { conductRun } from './run-train-conduct.ts';
import { openFor, readMaterial } from './run-train-subject.ts';
import { usualRun } from './training-defaults.ts';
import { trainingProgress } from './training-progress.ts';
import { checkTogether, recipeOf, type TrainOptions } from './training-recipe.ts';
import { absoluteData, recordOf } from './training-record.ts';
import type { WeightOptions } from './weights.ts';

/**
 * Trains a network, or goes on with a run that was interrupted. `given` are the options on the command line, by their names in
 * `options`.
 */
export async function runTrain(
  model: string | undefined,
  options: TrainOptions,
  given: ReadonlySet<string>,
): Promise<void> {
  if (options.resume !== undefined) {
    await resumeTraining(model, options.resume, options, given);
    return;
  }
  if (model === undefined) {
    throw new UsageError(
      'model: must be an ONNX file, an architecture, or --resume DIR, got nothing',
    );
  }
  checkTogether(options);
  if (options.out !== undefined) checkRunFolder(options.out);
  const bar = trainingProgress(0, 0);
  try {
    const weights = weightOptions(options);
    const wanted = {
      text: options.data ?? null,
      target: options.target ?? null,
      validation: options.validation ?? 0,
      augment: options.augment === true,
    };
    const material = await readMaterial(model, weights, wanted, bar.say, options.output ?? null);
    const recipe = recipeOf(
      options,
      material.network,
      material.data,
      usualRun(material.graph, material.network, material.data),
    );
    const trainer = await openFor(material, recipe, bar.say);
    try {
      const folder =
        options.out === undefined
          ? null
          : createRunFolder(
              options.out,
              await recordOf(
                {
                  model: material.loaded.path === null ? model : resolve(model),
                  weights,
                  data: { ...material.wanted, text: absoluteData(material.wanted.text) },
                  recipe,
                },
                material.files,
              ),
            );
      try {
        bar.end();
        await conductRun(
          { material, recipe, trainer, folder, checkpoint: null, data: material.wanted.text },
          options,
        );
      } finally {
        folder?.close();
      }
    } finally {
      await trainer.close();
    }
  } finally {
    bar.end();
  }
}

/** The options of the weights alone, with absolute paths. */
function weightOptions({ seed, scheme, base, set, keep, as, asIs }: TrainOptions): WeightOptions {
  return {
    seed,
    ...(scheme === undefined ? {} : { scheme }),
    ...(base === undefined ? {} : { base: existsSync(base) ? resolve(base) : base }),
    ...(set === undefined ? {} : { set }),
    ...(keep === undefined ? {} : { keep }),
    ...(as === undefined ? {} : { as }),
    ...(asIs === undefined ? {} : { asIs }),
  };
}
