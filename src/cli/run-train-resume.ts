import { join } from 'node:path';
import { openRunFolder, runFiles, type FoundRun } from '../files/index.ts';
import { trainingText } from '../report/index.ts';
import { UsageError } from './failure.ts';
import { printJson, printText, textOptions } from './print.ts';
import { conductRun, evaluateAtEnd, type TrainingResult } from './run-train-conduct.ts';
import { openFor, readMaterial } from './run-train-subject.ts';
import { trainingProgress } from './training-progress.ts';
import type { Recipe, TrainOptions } from './training-recipe.ts';
import { asRecord, checkFiles, versionNote, type TrainingRecord } from './training-record.ts';

/** Options that may be given with `--resume`. */
const ALLOWED = new Set(['resume', 'steps', 'json']);

/** Goes on with a run from its last checkpoint, or from its start where it has none yet. */
export async function resumeTraining(
  model: string | undefined,
  path: string,
  options: TrainOptions,
  given: ReadonlySet<string>,
): Promise<void> {
  if (model !== undefined) {
    throw new UsageError(
      `--resume: goes on as ${join(path, runFiles.run)} says, so a model must be left out, got ${model}`,
    );
  }
  const other = [...given].find((name) => !ALLOWED.has(name));
  if (other !== undefined) {
    const flag = `--${other.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new UsageError(
      `--resume: goes on as ${join(path, runFiles.run)} says, so ${flag} must be left out`,
    );
  }
  const found = openRunFolder(path);
  try {
    await goOn(found, options);
  } finally {
    found.folder.close();
  }
}

async function goOn(found: FoundRun, options: TrainOptions): Promise<void> {
  const { folder, checkpoint } = found;
  const record = asRecord(join(folder.path, runFiles.run), found.run);
  const result = asResult(join(folder.path, runFiles.result), found.result);
  const recipe = longer(record.recipe, options.steps, checkpoint?.step ?? 0);
  if (result !== null && (result.outcome === 'diverged' || result.steps >= recipe.steps)) {
    sayEnded(record, result, folder.path, options);
    return;
  }
  const bar = trainingProgress(recipe.steps, 0);
  try {
    bar.say('Checking files');
    await checkFiles(record);
    const note = await versionNote(record);
    if (note !== null) bar.note(note);
    const material = await readMaterial(
      record.model,
      record.weights,
      record.data,
      bar.say,
      recipe.output,
    );
    const trainer = await openFor(material, recipe, bar.say);
    try {
      if (checkpoint !== null) trainer.restore(checkpoint.state);
      if (recipe !== record.recipe) folder.write('run', { ...record, recipe });
      folder.rewind(checkpoint);
      bar.end();
      const ready = { material, recipe, trainer, checkpoint, data: record.data.text };
      const from =
        result === null || checkpoint === null
          ? checkpoint
          : await evaluateAtEnd(ready, folder, checkpoint);
      folder.reopen();
      await conductRun({ ...ready, folder, checkpoint: from }, options);
    } finally {
      await trainer.close();
    }
  } finally {
    bar.end();
  }
}

/** A recipe of so many steps. */
function longer(recipe: Recipe, steps: number | undefined, taken: number): Recipe {
  if (steps === undefined || steps === recipe.steps) return recipe;
  if (steps < taken) {
    throw new UsageError(
      `--steps: must be at least the ${taken} steps that were taken, got ${steps}`,
    );
  }
  return { ...recipe, steps };
}

function asResult(path: string, found: unknown): TrainingResult | null {
  if (found === null) return null;
  if (isResult(found)) return found;
  throw new RangeError(`${path}: must be the result of a run, got something else`);
}

function isResult(found: unknown): found is TrainingResult {
  if (typeof found !== 'object' || found === null) return false;
  const { outcome, steps, seconds }: Readonly<Record<string, unknown>> = { ...found };
  return (
    (outcome === 'finished' || outcome === 'diverged') &&
    typeof steps === 'number' &&
    typeof seconds === 'number'
  );
}

/** Says again what came of a run that has ended. */
function sayEnded(
  { model, data, recipe }: TrainingRecord,
  result: TrainingResult,
  path: string,
  { json }: TrainOptions,
): void {
  if (json === true) {
    printJson(result);
    return;
  }
  const report = {
    model,
    data: data.text,
    ...result,
    planned: recipe.steps,
    course: { loss: [], accuracy: [], heldLoss: [], heldAccuracy: [] },
    folder: path,
    files: [runFiles.result, runFiles.metrics, runFiles.curve],
    hints:
      result.outcome === 'diverged'
        ? ['The run has ended, so there is nothing to go on with.']
        : [`The run has ended; with --steps and more than ${result.steps} it goes on.`],
  };
  printText(trainingText(report, textOptions()));
}
