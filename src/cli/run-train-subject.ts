import { resolve } from 'node:path';
import { openTrainer, withOpenBatch, type Subject, type Trainer } from '../experiment/index.ts';
import { learningData } from '../files/index.ts';
import { defaultData, withFirstOutput, type LearningData } from '../data/index.ts';
import type { Graph, Values } from '../graph/index.ts';
import { describeNetwork, type Network } from '../network/index.ts';
import { openThreads } from '../threads/index.ts';
import { loadModel, readPlaces, type Loaded } from './load.ts';
import { checkMemory } from './memory.ts';
import { optimizerOf, lossOf, type Recipe } from './training-recipe.ts';
import { absoluteData, dataFiles, type DataRecord } from './training-record.ts';
import { weightsOf, type WeightOptions } from './weights.ts';

/** A network with its weights at step zero and what it is to learn. */
export interface Material {
  readonly loaded: Loaded;
  /** The network as it is trained, with any number of examples where that is possible. */
  readonly graph: Graph;
  readonly network: Network;
  readonly weights: Values;
  /** What the weights are, as in `weights he_normal`. */
  readonly label: string;
  readonly wanted: DataRecord;
  readonly data: LearningData;
  /** The files that all of this was read from. */
  readonly files: readonly string[];
}

/** Reads the network and the data, and draws the weights at step zero. */
export async function readMaterial(
  model: string,
  options: WeightOptions,
  asked: Omit<DataRecord, 'text'> & { readonly text: string | null },
  say: (what: string) => void,
  output: string | null,
): Promise<Material> {
  say(`Reading ${model}`);
  const loaded = loadModel(model);
  const network = describeNetwork(loaded.model.graph);
  const graph = withOpenBatch(loaded.model.graph);
  const learning = output === null ? graph : withFirstOutput(graph, output);
  const wanted = { ...asked, text: asked.text ?? defaultData(learning) };
  say(`Reading ${wanted.text}`);
  const data = learningData(wanted.text, learning, {
    seed: options.seed,
    ...(wanted.validation === 0 ? {} : { validation: wanted.validation }),
    ...(wanted.augment ? { augment: true } : {}),
    ...(wanted.target === null ? {} : { target: wanted.target }),
  });
  say('Drawing weights');
  const { weights, label } = await drawn(loaded, network, options);
  const places = readPlaces(loaded).map(({ path }) => resolve(path));
  const base = options.base === undefined ? [] : basePaths(options.base);
  return {
    loaded,
    graph,
    network,
    weights,
    label,
    wanted,
    data,
    files: [...new Set([...places, ...base, ...dataFiles(absoluteData(wanted.text))])],
  };
}

function basePaths(base: string): string[] {
  return readPlaces(loadModel(base)).map(({ path }) => resolve(path));
}

async function drawn(
  loaded: Loaded,
  network: Network,
  options: WeightOptions,
): Promise<{ readonly weights: Values; readonly label: string }> {
  const { kernels, close } = openThreads();
  try {
    const { ensemble, label } = weightsOf(loaded, network, options, 1, kernels);
    return { weights: ensemble.draw(ensemble.seeds[0]), label };
  } finally {
    await close();
  }
}

/** What is trained by a recipe. */
export function subjectOf({ loaded, graph, network, weights }: Material, recipe: Recipe): Subject {
  const { output } = recipe;
  return {
    name: loaded.label,
    graph,
    network,
    weights,
    loss: lossOf(recipe),
    ...(output === null ? {} : { output }),
  };
}

/** Compiles the step of a recipe. `RangeError` where it does not fit into the memory. */
export async function openFor(
  material: Material,
  recipe: Recipe,
  say: (what: string) => void,
): Promise<Trainer> {
  const { loaded } = material;
  say(`Compiling a step of ${loaded.label}`);
  const { clip, checkpointEvery, device, threads } = recipe;
  const trainer = await openTrainer(subjectOf(material, recipe), {
    optimizer: optimizerOf(recipe),
    device,
    threads,
    ...(clip === null ? {} : { clip }),
    ...(checkpointEvery === null ? {} : { checkpointEvery }),
  });
  try {
    checkMemory(
      loaded.label,
      `a step of ${recipe.batch} examples`,
      trainer.cost(recipe.batch).bytes,
    );
  } catch (error) {
    await trainer.close();
    throw error;
  }
  return trainer;
}
