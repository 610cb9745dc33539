import { join } from 'node:path';
import { train, type RunResult, type Trainer, type Watch } from '../experiment/index.ts';
import { runFiles, writeModelFile, type Checkpoint, type RunFolder } from '../files/index.ts';
import {
  courseRecorder,
  formatCount,
  trainingChart,
  trainingText,
  type CourseRecorder,
} from '../report/index.ts';
import { bytesText } from './memory.ts';
import { printJson, printText, textOptions } from './print.ts';
import { hooksOf, validation } from './run-train-hooks.ts';
import type { Material } from './run-train-subject.ts';
import { evaluated } from './training-defaults.ts';
import { trainingProgress } from './training-progress.ts';
import { recipeWords, scheduleOf, type Recipe } from './training-recipe.ts';
import { stopOnSignal } from './training-signal.ts';

/** A run that is ready to start or to go on. */
export interface Ready {
  readonly material: Material;
  readonly recipe: Recipe;
  readonly trainer: Trainer;
  /** Where it is kept, `null` where nothing is written. */
  readonly folder: RunFolder | null;
  /** From where it goes on, `null` for its start; its state is the trainer's. */
  readonly checkpoint: Checkpoint | null;
  /** What the data are called. */
  readonly data: string;
}

/** What `--json` prints and `result.json` holds. */
export type TrainingResult = RunResult;

/** Trains, keeps what is to be kept, and says what came of it. A signal stops it in good order. */
export async function conductRun(
  ready: Ready,
  options: { readonly json?: boolean },
): Promise<void> {
  const { material, recipe, trainer, folder, checkpoint, data } = ready;
  const from = checkpoint?.step ?? 0;
  const bar = trainingProgress(recipe.steps, from);
  for (const line of introduction(ready)) bar.note(line);
  const recorder = courseRecorder(recipe.steps);
  if (folder !== null) recall(recorder, folder);
  const { hooks, close } = await hooksOf(material, recipe, trainer, bar.say);
  const { signal, stopped, release } = stopOnSignal(bar.note);
  let result: RunResult;
  try {
    result = await train(trainer, material.data, {
      batch: recipe.batch,
      steps: recipe.steps,
      schedule: scheduleOf(recipe),
      seed: recipe.seed,
      evalEvery: recipe.evalEvery,
      evalExamples: evaluated,
      from,
      hooks,
      watch: watchOf(ready, recorder, bar),
      signal,
      checkpointSeconds: recipe.checkpointSeconds,
    });
  } finally {
    release();
    bar.end();
    await close();
  }
  result = {
    outcome: result.outcome,
    steps: result.steps,
    finalLoss: result.finalLoss,
    trainAccuracy: result.trainAccuracy,
    testAccuracy: result.testAccuracy,
    stepsPerSecond: result.stepsPerSecond,
    seconds: (checkpoint?.seconds ?? 0) + result.seconds,
  };
  const course = recorder.course();
  const { label } = material.loaded;
  const title = { model: label, data, steps: result.steps };
  if (folder !== null) await keep(ready, folder, result, await trainingChart(course, title));
  if (options.json === true) printJson(result);
  else {
    const report = {
      model: label,
      data,
      ...result,
      planned: recipe.steps,
      course,
      folder: folder?.path ?? null,
      files: filesAfter(result),
      hints: hintsFor(ready, result),
    };
    printText(trainingText(report, textOptions()));
  }
  if (result.outcome === 'stopped') process.exitCode = stopped();
}

/**
 * Records the evaluation that a run that goes on beyond its end makes where it ended, with a checkpoint behind it, so that its
 * metrics are those of a run that was as long from the start.
 */
export async function evaluateAtEnd(
  { material, recipe, trainer }: Omit<Ready, 'folder'>,
  folder: RunFolder,
  { step, seconds, state }: Checkpoint,
): Promise<Checkpoint> {
  const { train: training, test } = material.data;
  // They are there if an earlier attempt to go on got so far.
  const last = folder.records().at(-1);
  const isThere =
    last?.['step'] === step && (test === null ? 'train' : 'test') === last['evaluation'];
  if (step % recipe.evalEvery === 0 && !isThere) {
    for (const set of test === null ? [training] : [training, test]) {
      const { examples, loss, accuracy } = await trainer.evaluate(set, evaluated);
      folder.record([{ step, evaluation: set.split, examples, loss, accuracy }]);
    }
  }
  return folder.checkpoint(step, seconds, state);
}

/** What is to be trained how, and what it takes. */
function introduction({ material, recipe, trainer, checkpoint, data }: Ready): string[] {
  const { parameters, rolledLayers, bytes } = trainer.cost(recipe.batch);
  const { train: set, test, note } = material.data;
  const layers = rolledLayers > 0 ? `, ${rolledLayers} layers in loops` : '';
  const memory = bytes > 0 ? `, about ${bytesText(bytes)} for a step` : '';
  return [
    `${material.loaded.label}: ${formatCount(parameters)} parameters${layers}${memory}, weights ${material.label}, seed ${recipe.seed}`,
    `${data}: ${set.count} training${test === null ? '' : ` and ${test.count} test`} examples; ${note}`,
    `${recipe.loss}, ${recipeWords(recipe)}, ${recipe.steps} steps of ${recipe.batch} examples`,
    ...trainer.notes,
    ...(checkpoint === null ? [] : [`Going on from step ${checkpoint.step}`]),
  ];
}

/** Lets the course of an earlier part of the run be seen too. */
function recall(recorder: CourseRecorder, folder: RunFolder): void {
  for (const record of folder.records()) {
    const { step, loss, accuracy, evaluation } = record;
    if (typeof step !== 'number' || !('loss' in record)) continue;
    const [l, a] = [loss, accuracy].map((value) => (typeof value === 'number' ? value : null));
    if (evaluation === undefined) recorder.step(step, l, a);
    else if (evaluation === 'test') recorder.held(step, l, a);
  }
}

type Bar = ReturnType<typeof trainingProgress>;

function watchOf({ folder, checkpoint }: Ready, recorder: CourseRecorder, bar: Bar): Watch {
  const begun = performance.now();
  const before = checkpoint?.seconds ?? 0;
  let isFinite = true;
  return {
    steps: (metrics) => {
      folder?.record(metrics);
      for (const { step, loss, accuracy } of metrics) recorder.step(step, loss, accuracy);
      bar.steps(metrics);
      isFinite = metrics.every((one) => Number.isFinite(one.loss + one.gradientNorm));
    },
    evaluated: (step, split, evaluation) => {
      const { examples, loss, accuracy } = evaluation;
      folder?.record([{ step, evaluation: split, examples, loss, accuracy }]);
      if (split === 'test') recorder.held(step, loss, accuracy);
      bar.evaluated(step, split === 'train' ? 'training' : split, evaluation);
    },
    measured: (step, name, values) => {
      if (name === validation) {
        const { examples, loss, accuracy = null } = values;
        folder?.record([{ step, evaluation: validation, examples, loss, accuracy }]);
        bar.evaluated(step, validation, { examples, loss, accuracy });
        return;
      }
      folder?.record([{ step, measurement: name, values }]);
      bar.measured(step, name, values);
    },
    ...(folder === null
      ? {}
      : {
          checkpoint: async (step, state) => {
            // From the last one on, a run that has diverged does so again.
            if (!isFinite) return;
            folder.checkpoint(step, before + (performance.now() - begun) / 1000, state);
          },
        }),
  };
}

/** Writes what a run leaves; what it came to last, so that a run without it has not ended. */
async function keep(
  { material, trainer }: Ready,
  folder: RunFolder,
  result: RunResult,
  curve: string,
): Promise<void> {
  const { model, path } = material.loaded;
  folder.write('curve', curve);
  const values = new Map([...material.weights, ...trainer.weights()]);
  const source = path === null ? {} : { source: path };
  await writeModelFile(join(folder.path, runFiles.model), model, values, source);
  if (result.outcome !== 'stopped') folder.write('result', result);
}

function filesAfter({ outcome }: RunResult): string[] {
  return [
    `the ${outcome === 'diverged' ? 'network before that step' : 'trained network'} in ${runFiles.model}`,
    `the steps in ${runFiles.metrics}`,
    `their picture in ${runFiles.curve}`,
  ];
}

function hintsFor({ recipe, folder }: Ready, { outcome, steps }: RunResult): string[] {
  if (outcome === 'diverged') {
    if (steps === 1) {
      return [
        `The weights at step zero make it overflow, before anything was learnt: "stepzero measure" shows where.`,
      ];
    }
    return [
      `A smaller step may keep it finite: --lr ${Number((recipe.learningRate / 10).toPrecision(3))}, --clip 1 or --warm-up 100; or other weights, which "stepzero compare" measures.`,
    ];
  }
  if (outcome === 'finished') return [];
  return folder === null
    ? ['Nothing was kept; with --out DIR a run can go on where it was stopped.']
    : [`stepzero train --resume ${folder.path} goes on from here.`];
}
